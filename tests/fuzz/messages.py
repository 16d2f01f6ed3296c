"""Which messages might a hostile or broken exchange send? Confirmations changed in every way, from one seed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Final

from domain.periods import FIRST_DAY, LAST_DAY
from tests.fuzz.odd_texts import DAYS, LABELS, ODD, ODD_NUMBERS, OWN_FIELDS, TIMES, odd_text

UNTOUCHED: Final = 0.3
GARBLED: Final = 0.3
ALIEN: Final = 0.03
"""Shares of the messages: as the exchange writes them, with changed bytes, and no confirmation at all."""

HUGE_ONE_IN: Final = 20_000
MEGABYTE: Final = 2**20

Texts = dict[str, str]
"""A confirmation: the JSON text of each field."""


class Messages:
    """An endless source of messages; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._seed = seed
        self._number = 0
        self._previous = b""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self._number += 1
            self._previous = message = self._next()
            yield message

    def _next(self) -> bytes:
        random = self._random
        if random.randrange(HUGE_ONE_IN) == 0:
            return random.choice(_HUGE)(random)
        if random.random() < ALIEN:
            return random.choice(_ALIENS)(random)
        texts = self._confirmation()
        if (chance := random.random()) < UNTOUCHED:
            return _written(texts)
        for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
            random.choice(_CHANGES)(random, texts)
        message = random.choice(_LAYOUTS)(random, texts)
        if chance > 1 - GARBLED:
            for _ in range(random.choice((1, 1, 1, 2, 8))):
                message = random.choice(_GARBLES)(random, message, self._previous)
        return message

    def _confirmation(self) -> Texts:
        """Return a valid deal; now and then one with the identity of another, of the same or other content."""
        random = self._random
        known = random.random() < 0.15
        number = random.randrange(50) if known else self._number
        return {
            "id": f'"{self._seed}-{number}"',
            "price": "20.5" if known else f"{random.randrange(-50_000, 300_000) / 100}",
            "quantity": f"{random.choice((5, 7)) if known else random.randrange(1, 5_000) / 10}",
            "direction": random.choice(('"buy"', '"sell"')),
            "delivery_day": f'"{"2023-02-06" if known else self._day()}"',
            "delivery_hour": f'"{"08-09" if known else self._one_of(LABELS)}"',
            "trader_id": f'"trader_{random.randrange(1 if known else 12)}"',
            "execution_time": f'"{TIMES[0] if known else self._one_of(TIMES)}"',
        }

    def _day(self) -> str:
        """Return one of few days, or now and then any: each new one has its periods worked out and kept."""
        if self._random.randrange(200):
            return self._one_of(DAYS)
        return str(FIRST_DAY + timedelta(days=self._random.randrange((LAST_DAY - FIRST_DAY).days)))

    def _one_of(self, texts: Sequence[str]) -> str:
        """Return mostly what the exchange writes, which comes first."""
        return texts[0] if self._random.random() < 0.75 else self._random.choice(texts)


def _object(texts: Mapping[str, str], comma: str = ", ", colon: str = ": ") -> str:
    return "{" + comma.join(f'"{name}"{colon}{text}' for name, text in texts.items()) + "}"


def _written(texts: Texts, envelope: str = "deal_confirmation") -> bytes:
    return f'{{"{envelope}": {_object(texts)}}}'.encode("utf-8", "surrogatepass")


def _set_odd(random: Random, texts: Texts) -> None:
    texts[random.choice(OWN_FIELDS)] = odd_text(random)


def _set_number(random: Random, texts: Texts) -> None:
    text = random.choice(ODD_NUMBERS)
    texts[random.choice(("price", "quantity"))] = f'"{text}"' if random.random() < 0.3 else text


def _set_period(random: Random, texts: Texts) -> None:
    texts["delivery_day"] = f'"{random.choice(DAYS)}"'
    texts["delivery_hour"] = f'"{random.choice(LABELS)}"'
    texts["execution_time"] = f'"{random.choice(TIMES)}"'


def _leave_out(random: Random, texts: Texts) -> None:
    texts.pop(random.choice(OWN_FIELDS), None)


def _add(random: Random, texts: Texts) -> None:
    texts[random.choice(("venue", "", "ID", "price ", "deal_confirmation", "n\\u0000", "\\u0069d"))] = odd_text(random)


def _double(random: Random, texts: Texts) -> None:
    """Write a key twice: what stands for its value goes on into the next pair."""
    field = random.choice([*texts, "id"])
    first = random.choice((texts.get(field, '"1"'), odd_text(random)))
    texts[field] = f'{first}, "{field}": {random.choice((texts.get(field, "1"), odd_text(random)))}'


def _swap(random: Random, texts: Texts) -> None:
    one, other = random.choice(OWN_FIELDS), random.choice(OWN_FIELDS)
    texts[one], texts[other] = texts.get(other, "0"), texts.get(one, "0")


def _requote(random: Random, texts: Texts) -> None:
    field = random.choice([*texts, "id"])
    text = texts.get(field, "1")
    texts[field] = text.strip('"') if text.startswith('"') else f'"{text}"'


_CHANGES: Final[tuple[Callable[[Random, Texts], None], ...]] = (
    _set_odd, _set_odd, _set_number, _set_period, _leave_out, _add, _double, _swap, _requote,
)  # fmt: skip


def _as_usual(random: Random, texts: Texts) -> bytes:
    return _written(texts)


def _other_envelope(random: Random, texts: Texts) -> bytes:
    return _written(texts, random.choice(("trade_confirmation", "Deal_confirmation", "deal", "")))


def _blank(random: Random, texts: Texts) -> bytes:
    blank = random.choice(("", " ", "\n\t", "\r\n", "\v", "\u00a0", "\0"))
    inner = _object(dict(random.sample(list(texts.items()), len(texts))), blank + "," + blank, blank + ":" + blank)
    return f'{blank}{{{blank}"deal_confirmation"{blank}:{inner}{blank}}}{blank}'.encode("utf-8", "surrogatepass")


def _beside(random: Random, texts: Texts) -> bytes:
    beside = f'"{random.choice(("trade_confirmation", "deal_confirmation", "x", "heartbeat"))}": '
    beside += random.choice((odd_text(random), _object(texts)))
    pair = f'"deal_confirmation": {_object(texts)}'
    return ("{" + ", ".join(random.sample((pair, beside), 2)) + "}").encode("utf-8", "surrogatepass")


def _escaped(random: Random, texts: Texts) -> bytes:
    """Escape some letters and digits: in a string that says the same, elsewhere it is no JSON."""
    text = _written(texts).decode("utf-8", "replace")
    return "".join(f"\\u{ord(c):04x}" if c.isalnum() and random.random() < 0.05 else c for c in text).encode()


def _wrapped(random: Random, texts: Texts) -> bytes:
    raw = _written(texts)
    text = raw.decode("utf-8", "replace")
    match random.randrange(6):
        case 0:
            return b"[" + raw + b"]"
        case 1:
            return json.dumps(text).encode()
        case 2:
            return raw + raw
        case 3:
            return b"\xef\xbb\xbf" + raw
        case 4:
            return text.encode(random.choice(("utf-16", "utf-32", "utf-16-le", "cp1140")), "replace")
    nested = random.choice((55, 61, 62, 63, 64, 65, 80, 500))
    texts["x"] = "[" * nested + "]" * nested
    return _written(texts)


_LAYOUTS: Final[tuple[Callable[[Random, Texts], bytes], ...]] = (
    _as_usual, _as_usual, _as_usual, _as_usual, _other_envelope, _blank, _beside, _escaped, _wrapped,
)  # fmt: skip


def _flip(random: Random, raw: bytes, _: bytes) -> bytes:
    place = random.randrange(len(raw) + 1)
    return (
        raw[:place] + bytes((byte ^ (1 << random.randrange(8))) for byte in raw[place : place + 1]) + raw[place + 1 :]
    )


def _insert(random: Random, raw: bytes, _: bytes) -> bytes:
    place = random.randrange(len(raw) + 1)
    return raw[:place] + random.choice((random.randbytes(random.randrange(1, 6)), *_SPOILERS)) + raw[place:]


def _cut_off(random: Random, raw: bytes, _: bytes) -> bytes:
    return raw[: random.randrange(len(raw) + 1)]


def _cut_out(random: Random, raw: bytes, _: bytes) -> bytes:
    place = random.randrange(len(raw) + 1)
    return raw[:place] + raw[place + random.randrange(1, 12) :]


def _repeat(random: Random, raw: bytes, _: bytes) -> bytes:
    place = random.randrange(len(raw) + 1)
    return raw[:place] + raw[place : place + random.randrange(1, 60)] + raw[place:]


def _splice(random: Random, raw: bytes, previous: bytes) -> bytes:
    previous = previous[:4_096]
    return raw[: random.randrange(len(raw) + 1)] + previous[random.randrange(len(previous) + 1) :]


_GARBLES: Final[tuple[Callable[[Random, bytes, bytes], bytes], ...]] = (
    _flip, _flip, _insert, _insert, _cut_off, _cut_out, _repeat, _splice,
)  # fmt: skip

_SPOILERS: Final = (
    b"\0", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"NaN", b"-Infinity", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"\\ud800", b"\\u0000", b"\xe2\x80\xa8", b"1e", b"//", b"/**/", b"\x80", b"\x1f", b"'",
)  # fmt: skip

_ALIENS: Final[tuple[Callable[[Random], bytes], ...]] = (
    lambda random: b"",
    lambda random: random.randbytes(random.randrange(1, 200)),
    lambda random: random.choice(ODD).encode("utf-8", "surrogatepass"),
    lambda random: b"\0" * random.randrange(1, 50),
    lambda random: f'{{"deal_confirmation": {odd_text(random)}}}'.encode("utf-8", "surrogatepass"),
    lambda random: b'{"heartbeat": ' + str(random.getrandbits(60)).encode() + b"}",
)


def _size(random: Random) -> int:
    return random.randrange(MEGABYTE // 2, 3 * MEGABYTE)


_HUGE: Final[tuple[Callable[[Random], bytes], ...]] = (
    lambda random: random.randbytes(_size(random)),
    lambda random: b'{"deal_confirmation": ' * (_size(random) // 22),
    lambda random: b"[" * _size(random),
    lambda random: b'{"deal_confirmation": {"id": "' + b"\\u00e9" * (_size(random) // 6) + b'"}}',
    lambda random: b'{"deal_confirmation": {"id": 1, "price": ' + b"9" * _size(random) + b"}}",
    lambda random: b'{"deal_confirmation": {"id": 1, "price": 1.' + b"0" * _size(random) + b"}}",
    lambda random: b'{"deal_confirmation": {"id": 1, "price": 1e' + b"9" * _size(random) + b"}}",
    lambda random: (
        b'{"deal_confirmation": {'
        + b", ".join(b'"%d": %d' % (key, random.getrandbits(40)) for key in range(_size(random) // 24))
        + b"}}"
    ),
    lambda random: _written(
        {
            "id": f'"huge-{random.getrandbits(60)}"', "price": "1", "quantity": "1", "direction": '"buy"',
            "delivery_day": '"2023-02-06"', "delivery_hour": '"08-09"', "trader_id": '"huge"',
            "execution_time": f'"2023-02-06T06:13:45.{"1" * 2_000}Z"', "note": f'"{"n" * _size(random)}"',
        }
    ),
)  # fmt: skip
