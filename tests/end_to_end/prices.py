"""Which market-data provider do the end-to-end tests ask? One that answers what it is told, period by period."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from tests.scripted_provider import ScriptedProvider, scripted_provider

NOT_FOUND = 404


@dataclass(frozen=True)
class Answer:
    """One answer: its status and its bytes."""

    status: int
    body: bytes


UNKNOWN = Answer(NOT_FOUND, b'{"error": "no such price"}')


def answer(day: str, label: str, **fields: object) -> Answer:
    """Return the documented answer for a period, with *fields* in it; a value of ``...`` leaves one out."""
    known: dict[str, object] = {"delivery_day": day, "delivery_hour": label, "unit": "euro"} | fields
    return Answer(200, json.dumps({name: value for name, value in known.items() if value is not ...}).encode())


class MarketData:
    """Gives each period's answers in their order, the last one for ever; of other periods it knows nothing."""

    def __init__(self, server: ScriptedProvider) -> None:
        self._server = server
        self._script: dict[tuple[str, str], list[Answer]] = {}
        self.given: list[tuple[str, str, Answer]] = []
        server.handler = self._handle

    @property
    def url(self) -> str:
        return self._server.base_url

    def will_say(self, script: Mapping[tuple[str, str], Sequence[Answer]]) -> None:
        """Add the answers to be given for (day, label)."""
        for period, answers in script.items():
            self._script[period] = list(answers)

    @property
    def finished(self) -> bool:
        """Whether every period's last answer was given."""
        return all(
            any((day, label, answers[-1]) == given for given in self.given) and len(answers) == 1
            for (day, label), answers in self._script.items()
        )

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        day, label = request.query["delivery_day"], request.query["delivery_hour"]
        answers = self._script.get((day, label), [UNKNOWN])
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        self.given.append((day, label, now))
        return web.Response(status=now.status, body=now.body)


@asynccontextmanager
async def market_data() -> AsyncIterator[MarketData]:
    """Yield a provider that listens on loopback."""
    async with scripted_provider() as server:
        yield MarketData(server)
