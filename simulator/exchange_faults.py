"""How does the exchange misbehave in what it says?

Everything follows from the deal and the seed, so an exchange that starts again
misbehaves in the same words.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from simulator.deals import VARIANTS, SimulatedDeal, confirmation

_QUANTITY: Final = 2
_PRICE: Final = 1
_DIRECTION: Final = 3
_LABEL: Final = 5
_TRADER: Final = 6
_HUGE_BYTES: Final = 3 << 20


@dataclass(frozen=True)
class ExchangeFaults:
    """What goes wrong, and how often. Rates are per deal, from 0 to 1; seconds are real, 0 is never.

    ``shuffle_s`` is how late, in seconds of the market's time, a deal may be told.
    """

    drop_every_s: float = 0
    outage_s: float = 0
    drop_one: bool = False
    silence_every_s: float = 0
    silence_for_s: float = 0
    repeat_on_connect: int = 0
    split: bool = False
    burst: int = 1
    shuffle_s: float = 0
    variants: bool = False
    duplicate_rate: float = 0
    conflict_rate: float = 0
    garbage_rate: float = 0


HICCUPS: Final = ExchangeFaults(drop_every_s=240, drop_one=True, repeat_on_connect=5, duplicate_rate=0.01)
"""A good day: a few duplicates, and now and then one connection lost."""


class Utterance(NamedTuple):
    """One message: ``text`` is as in :meth:`simulator.exchange.ExchangeServer.send`."""

    message: str | bytes
    text: bool | None = None


def utterances(deal: SimulatedDeal, faults: ExchangeFaults, seed: int) -> Iterator[Utterance]:
    """Return all that is said about *deal*, the true confirmation first."""
    if not (faults.variants or faults.duplicate_rate or faults.conflict_rate or faults.garbage_rate):
        yield Utterance(deal.message())
        return
    rng = random.Random(f"{seed}/said/{'/'.join(deal.identity)}")
    variants = [variant for variant in VARIANTS if faults.variants and rng.random() < 0.2]
    yield Utterance(deal.said_as(variants) if variants else deal.message())
    if rng.random() < faults.duplicate_rate:
        yield Utterance(deal.message())
    if rng.random() < faults.conflict_rate:
        yield Utterance(deal.contradicted().message())
    if rng.random() < faults.garbage_rate:
        yield rng.choices(list(GARBAGE.values()), weights=[1 if kind == "huge" else 4 for kind in GARBAGE])[0](deal)


def _with(deal: SimulatedDeal, column: int, value: str) -> str:
    """Return a message about another id in which one column is wrong."""
    fields = list(deal.row())
    fields[0] = f"X{deal.deal_id}"
    fields[column] = value
    return confirmation(tuple(fields))


def _ambiguous(deal: SimulatedDeal) -> Utterance:
    """On the autumn day the doubled hour without its letter, else an hour that no day has."""
    label = deal.period.label
    return Utterance(_with(deal, _LABEL, label[:-1] if label[-1] in "AB" else "24-25"))


def _not_utf8(deal: SimulatedDeal) -> Utterance:
    return Utterance(_with(deal, _TRADER, "trader_~").encode().replace(b"~", b"\xff\xfe"), text=True)


def _noise(deal: SimulatedDeal) -> Utterance:
    return Utterance(random.Random(f"noise/{deal.deal_id}").randbytes(64))


GARBAGE: Final[dict[str, Callable[[SimulatedDeal], Utterance]]] = {
    "nan": lambda deal: Utterance(_with(deal, _PRICE, "NaN")),
    "negative_quantity": lambda deal: Utterance(_with(deal, _QUANTITY, "-5.5")),
    "zero_quantity": lambda deal: Utterance(_with(deal, _QUANTITY, "0")),
    "unknown_direction": lambda deal: Utterance(_with(deal, _DIRECTION, "hold")),
    "no_such_hour": _ambiguous,
    "broken_json": lambda deal: Utterance(_with(deal, _QUANTITY, "7")[:-9]),
    "noise": _noise,
    "not_utf8": _not_utf8,
    "huge": lambda deal: Utterance(f'{{"snapshot": "{deal.deal_id}", "book": "{"0" * _HUGE_BYTES}"}}'),
}
"""Messages that are no valid deal, by what is wrong with them."""
