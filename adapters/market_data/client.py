"""How is the market-data provider asked? Moves bytes; what they mean is read in ``market_data_answers``."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import aiohttp
from yarl import URL

from adapters.market_data.answers import LONGEST_ANSWER, read_http_date, read_retry_after
from domain.errors import ProviderUnreachableError
from domain.periods import DeliveryPeriod

ANSWER_WITHIN_S: Final = 35
"""Answers come up to 30 s late."""

CONNECT_WITHIN_S: Final = 5


@dataclass(frozen=True)
class ProviderAnswer:
    """An answer as it came, cut one byte past what is ever read.

    ``retry_after_s`` is how long the provider asks to be left alone, ``None`` where it does
    not say; ``location`` is where it would send us instead.
    """

    status: int
    body: bytes
    received_at: datetime
    retry_after_s: float | None
    location: str | None


class MarketDataClient:
    """Asks the provider at *base_url* for one period at a time; *clock* gives the aware UTC time.

    A query of the base URL, like a key, goes with every request.
    """

    def __init__(self, base_url: str, session: aiohttp.ClientSession, clock: Callable[[], datetime]) -> None:
        base = URL(base_url)
        path = f"{base.raw_path.rstrip('/')}/reference-price"
        self._url = base.with_path(path, encoded=True, keep_query=True)
        self._session = session
        self._clock = clock

    async def ask(self, period: DeliveryPeriod) -> ProviderAnswer:
        """Return the answer to exactly one request, whatever its status.

        Redirects are not followed: every hop would be a request that the limits do not know of.
        Raises :class:`ProviderUnreachableError` without a whole answer in time.
        """
        asked = {"delivery_day": period.day.isoformat(), "delivery_hour": period.label}
        try:
            async with self._session.get(self._url, params=asked, allow_redirects=False) as response:
                body = await _at_most(response.content, LONGEST_ANSWER + 1)
        except TimeoutError as error:
            raise ProviderUnreachableError(f"no answer from {self._url.host} in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderUnreachableError(f"no whole answer from {self._url.host}: {type(error).__name__}") from error
        now = self._clock()
        provider_now = read_http_date(response.headers.get("Date"), now)
        retry_after_s = read_retry_after(response.headers.get("Retry-After"), provider_now)
        return ProviderAnswer(response.status, body, now, retry_after_s, response.headers.get("Location"))


@asynccontextmanager
async def open_market_data(
    base_url: str, clock: Callable[[], datetime], *, answer_within_s: float = ANSWER_WITHIN_S
) -> AsyncIterator[MarketDataClient]:
    """Yield a client of the provider at *base_url*: no proxy, no cookies, one connection a request."""
    session = aiohttp.ClientSession(
        # A kept connection may be gone by the next request, which would then be spent for nothing.
        connector=aiohttp.TCPConnector(force_close=True, limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "wattbook"},
        timeout=aiohttp.ClientTimeout(total=answer_within_s, connect=CONNECT_WITHIN_S),
        trust_env=False,
        middlewares=(_send_once,),
    )
    async with session:
        yield MarketDataClient(base_url, session, clock)


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a request whose connection was lost: a repetition has no permit."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ProviderUnreachableError(f"no answer from {request.url.host}: {type(error).__name__}") from error


async def _at_most(content: aiohttp.StreamReader, size: int) -> bytes:
    body = bytearray()
    while len(body) < size and (chunk := await content.read(size - len(body))):
        body += chunk
    return bytes(body)
