"""Which JSON did the exchange write? Every number with all its digits, and every key that comes twice kept in doubt."""

import json
import re
from typing import Any, Final

DEEPEST_NESTING: Final = 64

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ALIKE = bytes.maketrans(b"{}", b"[]")


class _Written(str):
    """A JSON value that is no name, as written: never equal to a string of the same characters."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class Integer(str):
    """A JSON number without fraction and exponent: its digits as written, and equal to them as a string."""

    __slots__ = ()


class Fractional(_Written):
    """A JSON number with a fraction or an exponent, as written."""

    __slots__ = ()


class NoNumber(_Written):
    """What JSON does not have and some writers write all the same: ``NaN`` or ``Infinity``, as written."""

    __slots__ = ()


class _Doubled(dict[str, Any]):
    """An object that gives a key more than once; in doubt are those with different values."""

    __slots__ = ("keys_in_doubt",)

    keys_in_doubt: set[str]


def decoded(raw: bytes) -> Any:
    """Return the value that *raw* writes in UTF-8.

    Raises ``ValueError`` where it is no JSON or nests too deep, and what runs out with an input
    made for that: ``RecursionError`` or ``MemoryError``.
    """
    if raw.count(b"[") + raw.count(b"{") > DEEPEST_NESTING and _is_deep(raw):
        raise ValueError("the brackets nest too deep")
    return _DECODER.decode(raw.decode("utf-8"))


def in_doubt(found: dict[str, Any], names: tuple[str, ...]) -> set[str]:
    """Return those of *names* to which the object gives two different values."""
    return found.keys_in_doubt.intersection(names) if isinstance(found, _Doubled) else set()


def has_no_number(value: object) -> bool:
    """Tell whether a :class:`NoNumber` is anywhere in *value*."""
    match value:
        case NoNumber():
            return True
        case dict():
            return any(map(has_no_number, value.values()))
        case list():
            return any(map(has_no_number, value))
    return False


def _is_deep(raw: bytes) -> bool:
    """Tell whether the brackets of *raw* nest too deep; the decoder's own limit moves with the stack it runs on."""
    brackets = _STRING.sub(b"", raw).translate(_ALIKE, _NO_BRACKETS)
    if brackets.count(b"[") != brackets.count(b"]"):
        # No JSON at all, and without this one could make the loop below take its time.
        return True
    for _ in range(DEEPEST_NESTING):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    if any(has_no_number(value) for name, value in pairs if value is not found[name]):
        raise ValueError("what is no JSON stands under a key that comes twice")
    doubled = _Doubled(found)
    doubled.keys_in_doubt = {name for name, value in pairs if value != found[name]}
    return doubled


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Integer, parse_float=Fractional, parse_constant=NoNumber
)
