"""Which reference prices does the provider give on a scripted day, and in which bad manners?"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from random import Random

from tests.end_to_end.prices import UNKNOWN, Answer, answer
from tests.oracle_reading import Slot

Period = tuple[str, str]


def price_script(random: Random, day: str, slots: Iterable[Slot]) -> dict[Period, list[Answer]]:
    """Return the answers for each of *slots*, one pattern after the other."""
    patterns = cycle(range(13))
    return {(day, slot.label): _pattern(next(patterns), random, day, slot.label) for slot in slots}


def observations(given: Sequence[tuple[str, str, Answer]]) -> list[Mapping[str, object]]:
    """Return, of all answers in the order given, those that observe something of the period asked for."""
    found = []
    for day, label, said in given:
        try:
            fields = json.loads(said.body, parse_float=str, parse_int=str)
        except ValueError:
            continue
        if said.status == 200 and (fields.get("delivery_day"), fields.get("delivery_hour")) == (day, label):
            found.append(fields)
    return found


def _pattern(number: int, random: Random, day: str, label: str) -> list[Answer]:
    def at(clock: str, **fields: object) -> Answer:
        return answer(day, label, last_update=f"{day}T{clock}Z", **fields)

    def some() -> float:
        return round(random.uniform(-80, 250), random.choice((0, 1, 2, 6)))

    other = "05-06" if label != "05-06" else "06-07"
    patterns: tuple[list[Answer], ...] = (
        [at("09:15:45", value=some())],
        [at("09:00:00", value=some()), at("08:00:00", value=some()), at("10:00:00.5", value=some())],
        [at("09:00:00", value=None), at("09:10:00", value=some())],
        [at("09:00:00", value=some()), at("09:10:00")],
        [UNKNOWN, at("09:00:00", value=some())],
        [Answer(500, b"out of order"), at("09:00:00", value=some())],
        [answer(day, other, value=1.0, last_update=f"{day}T09:00:00Z"), at("09:00:00", value=some())],
        [at("09:00:00", value="-12.345678"), at("09:10:00", value=0)],
        [at("09:00:00", value=1, unit="usd"), at("09:10:00", value=some(), unit="euro/mwh")],
        [at("09:00:00", value=some()), at("09:00:00", value=some())],
        [at("09:00:00", value=some())] * 3,
        [answer(day, label, value=5), at("09:10:00", value=some())],
        [Answer(200, b'{"delivery_day": "20'), at("09:10:00", value=some())],
    )
    return patterns[number]
