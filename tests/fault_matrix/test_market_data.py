"""What the market-data provider does wrong changes no price that stands, and several recorders keep its limits."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from aiohttp import web

from adapters.event_log.writer import EventLog
from adapters.postgres.installation import install
from domain.events import ReferencePriceUpdated
from domain.periods import parse_period
from domain.request_limits import RequestLimit
from projections import READ_MODELS
from tests.end_to_end.processes import Wattbook
from tests.fault_matrix.invariants import stored_log
from tests.poller import BERLIN, Desk, paused, polling
from tests.scripted_provider import Handler, ScriptedProvider, drop, half, price, scripted_provider
from tests.waiting import eventually

DAY = "2023-02-06"
HOUR = parse_period(date(2023, 2, 6), "12-13", BERLIN)
STANDS = ReferencePriceUpdated(
    period=HOUR,
    value=Decimal(100),
    last_update=datetime(2023, 2, 6, 9, 15, 45, tzinfo=UTC),
    fetched_at=datetime(2023, 2, 6, 9, 16, tzinfo=UTC),
    original=b'{"value": 100.0}',
)


class LoggedDesk(Desk):
    """A desk with a deal in one hour, whose prices go into the real log."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(HOUR)
        self._log = log

    async def record(self, event: ReferencePriceUpdated) -> bool:
        (outcome,) = await self._log.append([event])
        return outcome.kind == "recorded" and await super().record(event)


def says(body: str, status: int = 200, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body.encode(), headers=named)

    return answer


def tells(value: str, last_update: str = "2023-02-06T09:15:45Z", unit: str = "euro", hour: str = "12-13") -> Handler:
    known = f'"delivery_day": "{DAY}", "delivery_hour": "{hour}", "unit": "{unit}", "last_update": "{last_update}"'
    return says(f"{{{known}{value}}}")


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


MISBEHAVIOUR: dict[str, Handler] = {
    "429": says("", 429),
    "429 with Retry-After": says("", 429, Retry_After="3600"),
    "500": says("out of order", 500),
    "no answer in time": never,
    "closed without an answer": drop,
    "half an answer": half,
    "HTML": says("<html>maintenance</html>", Content_Type="text/html"),
    "another hour than asked": tells(', "value": -1', hour="03-04"),
    "another unit": tells(', "value": 5', unit="cent"),
    "another schema": says('{"price": {"amount": 1}}'),
    "a redirect": says("", 302, Location="http://127.0.0.1:1/v2"),
    "the same answer again": tells(', "value": 100.0'),
    "the other name of the unit": tells(', "value": 100', unit="euro/mwh"),
    "404": says("", 404),
    "undefined without a last update": says('{"value": null}'),
}


@pytest.fixture
def installed(database: str) -> str:
    install(database, READ_MODELS)
    return database


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with scripted_provider() as scripted:
        yield scripted


@pytest.mark.parametrize("fault", MISBEHAVIOUR)
async def test_row_24_no_misbehaviour_of_the_provider_changes_the_price_that_stands(
    fault: str, installed: str, provider: ScriptedProvider
) -> None:
    """24: price API misbehaves; the last good price stands, no event is rewritten, and polling recovers."""
    async with EventLog(installed) as log:
        await log.append([STANDS])
        before = stored_log(installed)

        async def only_ours(request: web.Request) -> web.StreamResponse:
            ours = request.query["delivery_day"] == DAY
            return await (MISBEHAVIOUR[fault](request) if ours else says("", 404)(request))

        provider.handler = only_ours
        async with polling(installed, provider.base_url, LoggedDesk(log)):
            await eventually(lambda: f"{DAY} 12-13" in provider.labels_seen)
            # Another request goes out when the first is answered, or slow; or none, if that is what was asked for.
            await eventually(lambda: len(provider.seen) >= 2 or paused(installed))
        assert stored_log(installed) == before


@pytest.mark.parametrize(
    ("said", "value", "last_update"),
    [
        (', "value": null', None, "2023-02-06T09:30:00Z"),
        ("", None, "2023-02-06T09:30:00Z"),
        (', "value": 90', Decimal(90), "2023-02-06T09:30:00Z"),
        (', "value": 80', Decimal(80), "2023-02-06T09:00:00Z"),
    ],
)
async def test_row_24_what_is_told_anew_or_late_is_an_event_more_and_rewrites_none(
    said: str, value: Decimal | None, last_update: str, installed: str, provider: ScriptedProvider
) -> None:
    """24: undefined, moved, or an older last_update after a newer one."""
    async with EventLog(installed) as log:
        await log.append([STANDS])
        before = stored_log(installed)
        provider.handler = tells(said, last_update)
        desk = LoggedDesk(log)
        async with polling(installed, provider.base_url, desk):
            await eventually(lambda: desk.has(HOUR))
        after = stored_log(installed)
        assert after[: len(before)] == before
        assert len(after) == len(before) + 1
        assert [(event.value, event.last_update.isoformat()[:19] + "Z") for event in desk.recorded] == [
            (value, last_update)
        ]


class Counting:
    """A provider that notes when each request came."""

    def __init__(self) -> None:
        self.came: list[float] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.came.append(time.monotonic())
        return await price(request)

    def most_within(self, seconds: float) -> int:
        return max(sum(at <= other < at + seconds for other in self.came) for at in self.came)


async def test_row_24_two_recorders_one_of_them_killed_and_started_again_keep_the_limits_together(
    tmp_path: Path, installed: str, provider: ScriptedProvider
) -> None:
    """24: limits are shared by all processes, and no kill or restart forgets what was asked."""
    counting = Counting()
    provider.handler = counting.handle
    limits = (RequestLimit(3, 1), RequestLimit(14, 3600))
    with Wattbook(tmp_path, database_url=installed) as wattbook:
        wattbook.environment |= {
            "WATTBOOK_MARKET_DATA_URL": provider.base_url,
            "WATTBOOK_MARKET_DATA_LIMITS": "3/second,14/hour",
        }
        first = wattbook.start("record")
        await wattbook.until(lambda: len(counting.came) >= 2)
        second = wattbook.start("record")
        for killed in (first, second, first):
            killed.kill()
            killed.start()
        # The last fifth is kept for periods with deals, of which there are none here.
        most = limits[1].requests - limits[1].requests // 5
        await wattbook.until(lambda: spent(installed) >= most)
        assert first.running
        assert second.running
    assert 2 <= len(counting.came) <= most
    assert counting.most_within(limits[0].seconds) <= limits[0].requests


def spent(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM wattbook_state.market_data_requests").fetchone()
    return int(row[0]) if row else 0
