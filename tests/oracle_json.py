"""Which JSON does a message hold? Read once more, apart from Wattbook's own code, with every doubt kept."""

import json
import re
from typing import Final

_DEEPEST: Final = 64
"""How many brackets may be in each other: a bound that Wattbook sets itself."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)


def parsed(raw: bytes) -> object:
    """Return the value that *raw* writes, its numbers as text, or ``None`` where it is no JSON."""
    try:
        value: object = json.loads(
            raw.decode(), object_pairs_hook=_object, parse_float=Number, parse_int=Whole, parse_constant=Constant
        )
    except (ValueError, RecursionError):
        return None
    deep = raw.count(b"[") + raw.count(b"{") > _DEEPEST and _depth(raw) > _DEEPEST
    return None if deep else value


class _Written(str):
    """A value of JSON that is no string, verbatim; equal to no string."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and str(self) == str(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class Whole(str):
    """A number without fraction and exponent: the same as its digits in a string."""


class Number(_Written):
    """A number with one of them."""


class Constant(_Written):
    """``NaN`` or an infinity, which are no JSON; in a field of the deal only that field is wrong."""


class Twice(dict[str, object]):
    """An object that gives a key twice; doubtful where the values differ."""

    doubtful: set[str]


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    last = dict(pairs)
    if len(last) == len(pairs):
        return last
    if any(has_constant(value) for name, value in pairs if value is not last[name]):
        raise ValueError("a constant that is no JSON, where nothing tells what it was for")
    twice = Twice(last)
    twice.doubtful = {name for name, value in pairs if value != last[name]}
    return twice


def has_constant(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(has_constant, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Constant)


def _depth(raw: bytes) -> int:
    """Return how many brackets of a JSON text are in each other, those in strings apart."""
    depth = deepest = 0
    for token in _TOKEN.finditer(raw):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        deepest = max(deepest, depth)
    return deepest
