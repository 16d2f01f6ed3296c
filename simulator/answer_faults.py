"""How does the market-data provider misbehave in what it answers?"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from simulator.answers import Answer, Answers, refused
from simulator.deals import rfc3339

_HANG_S: Final = 120.0
_HOUR = re.compile(r'"delivery_hour": "[^"]*"')
_UPDATE = re.compile(r'"last_update": "([^"]*)"')
_VALUE = re.compile(r'"value": [^,]*')
_UNIT = re.compile(r'"unit": "[^"]*"')

Spoil = Callable[[Answer, random.Random], Answer]
"""Turns a good answer into a bad one."""


class FaultyAnswers:
    """Spoils a share of another source's answers, and answers late."""

    def __init__(
        self, source: Answers, seed: int, rate: float = 0, kinds: Sequence[str] = (), delay_s: float = 0
    ) -> None:
        self._source, self._rate, self._delay_s = source, rate, delay_s
        self._rng = random.Random(f"{seed}/answers")
        self._kinds = [ANSWER_FAULTS[kind] for kind in kinds or ANSWER_FAULTS]

    async def answer(self, day: str, label: str) -> Answer:
        """Return the source's answer, perhaps spoilt, up to ``delay_s`` seconds late."""
        answer = await self._source.answer(day, label)
        if self._rng.random() < self._rate:
            answer = self._rng.choice(self._kinds)(answer, self._rng)
        return answer.after(self._rng.uniform(0, self._delay_s))


def _older(answer: Answer, rng: random.Random) -> Answer:
    """Spoil the time: an hour or two before the answer that came last, with another value."""

    def earlier(found: re.Match[str]) -> str:
        moment = datetime.fromisoformat(found[1]) - timedelta(minutes=rng.randint(60, 120))
        return f'"last_update": "{rfc3339(moment)}"'

    return replace(answer, body=_UPDATE.sub(earlier, _VALUE.sub('"value": 1.5', answer.body)))


def _another_hour(answer: Answer, rng: random.Random) -> Answer:
    asked = _HOUR.search(answer.body)
    hours = [f'"delivery_hour": "{hour:02}-{hour + 1:02}"' for hour in range(24)]
    return replace(
        answer, body=_HOUR.sub(rng.choice([said for said in hours if not asked or said != asked[0]]), answer.body)
    )


ANSWER_FAULTS: Final[dict[str, Spoil]] = {
    "too-many": lambda answer, rng: refused(429, "too many requests"),
    "too-many-retry-after": lambda answer, rng: refused(
        429, "too many requests", **{"Retry-After": str(rng.randint(1, 5))}
    ),
    "server-error": lambda answer, rng: Answer("Internal Server Error", 500, content_type="text/plain"),
    "unavailable": lambda answer, rng: refused(503, "maintenance"),
    "time-out": lambda answer, rng: answer.after(_HANG_S),
    "half": lambda answer, rng: replace(answer, cut=True),
    "html": lambda answer, rng: Answer("<!doctype html><title>Gateway</title>", content_type="text/html"),
    "another-hour": _another_hour,
    "older": _older,
    "null": lambda answer, rng: replace(answer, body=_VALUE.sub('"value": null', answer.body)),
    "missing": lambda answer, rng: replace(answer, body=re.sub(r'"value": [^,]*, ', "", answer.body)),
    "not-found": lambda answer, rng: refused(404, "no deals yet"),
    "other-unit": lambda answer, rng: replace(answer, body=_UNIT.sub('"unit": "pence/kwh"', answer.body)),
    "no-update": lambda answer, rng: replace(answer, body=re.sub(r', "last_update": "[^"]*"', "", answer.body)),
}
"""The bad answers, by name, as ``--faults`` takes them."""
