"""How does the market-data provider serve its answers, and how many?"""

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from aiohttp import web

from domain.errors import CannotListenError
from domain.request_limits import RequestLimit
from simulator.answers import Answer, Answers, refused
from simulator.limits import SlidingWindows


@dataclass(frozen=True)
class Asked:
    """One request that came, and the status it was answered with."""

    day: str
    label: str
    status: int


class MarketDataServer:
    """Serves ``GET {url}/reference-price`` from any source of answers, within limits of its own.

    ``port`` 0 takes a free one; :attr:`url` says which. ``retry_after`` says whether a
    refusal tells how long to wait. :attr:`asked` keeps the latest requests.
    """

    def __init__(
        self,
        answers: Answers,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Sequence[RequestLimit] = (),
        retry_after: bool = True,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self.answers = answers
        self.asked: deque[Asked] = deque(maxlen=10_000)
        self._host, self._port, self._retry_after = host, port, retry_after
        self._windows = SlidingWindows(limits)
        self._seconds = seconds
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "MarketDataServer":
        """Listen; raise :class:`CannotListenError` where the address cannot be had."""
        app = web.Application()
        app.router.add_get("/v1/reference-price", self._reference_price)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise CannotListenError(self._host, self._port, error) from error
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening; answers under way are given up."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The base URL to configure: ``/reference-price`` is appended to it."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/v1"

    async def _reference_price(self, request: web.Request) -> web.StreamResponse:
        day, label = request.query.get("delivery_day"), request.query.get("delivery_hour")
        answer = await self._decide(day, label)
        self.asked.append(Asked(day or "", label or "", answer.status))
        await asyncio.sleep(answer.delay_s)
        if answer.cut:
            return await _cut_short(request, answer)
        return web.Response(
            text=answer.body, status=answer.status, headers=answer.headers, content_type=answer.content_type
        )

    async def _decide(self, day: str | None, label: str | None) -> Answer:
        seconds = self._seconds or asyncio.get_running_loop().time
        wait_s = self._windows.admit(seconds())
        if wait_s:
            told = {"Retry-After": str(math.ceil(wait_s))} if self._retry_after else {}
            return Answer(json.dumps({"error": "too many requests"}), 429, told)
        if day is None or label is None:
            return refused(400, "delivery_day and delivery_hour are needed")
        return await self.answers.answer(day, label)


async def _cut_short(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Promise the whole body, send half of it and cut the connection."""
    body = answer.body.encode()
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_type = answer.content_type
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
