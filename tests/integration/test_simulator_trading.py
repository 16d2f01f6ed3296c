"""Does a simulated day run over real sockets: every deal told once, in its time, faults as asked for?"""

import argparse
import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from domain.decimals import rounded
from domain.errors import InvalidSettingsError
from domain.periods import parse_period
from domain.request_limits import RequestLimit
from simulator.answers import Answer, ScriptedAnswers
from simulator.clock import MarketClock
from simulator.command import add_arguments, run
from simulator.day_files import keep_day_files, write_day_file
from simulator.deals import COLUMNS, SimulatedDeal
from simulator.exchange import ExchangeServer
from simulator.exchange_faults import ExchangeFaults
from simulator.market import Market, MarketParameters
from simulator.market_data import MarketDataServer
from simulator.options import market_of
from simulator.trading import Trading

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2023, 10, 28, 22, tzinfo=UTC)
MARKET = Market(MarketParameters(seed=5, zone=BERLIN, deals_per_minute=20, live_from=START))
PATIENCE_S = 20


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def trading(faults: ExchangeFaults | None = None, warm_up: bool = False) -> AsyncIterator[ExchangeServer]:
    """A market that begins now, an hour a second."""
    faults = faults or ExchangeFaults()
    async with ExchangeServer(repeat_on_connect=faults.repeat_on_connect) as server:
        clock = MarketClock(now(), START, 3600)
        task = asyncio.create_task(Trading(MARKET, clock, server, now, faults, warm_up).run())
        try:
            yield server
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def heard(url: str, number: int) -> list[str | bytes]:
    async with asyncio.timeout(PATIENCE_S), connect(url, max_size=None) as line:
        return [await line.recv(decode=False) for _ in range(number)]


def identities(messages: list[str | bytes]) -> list[tuple[str, str, str]]:
    contents = [json.loads(message)["deal_confirmation"] for message in messages]
    return [(content["id"], content["trader_id"], content["direction"]) for content in contents]


def live(number: int) -> list[SimulatedDeal]:
    deals = MARKET.desk_deals(START, START + timedelta(hours=1))
    return [next(deals) for _ in range(number)]


async def test_every_deal_of_the_market_is_told_once_in_order_of_execution() -> None:
    async with trading(warm_up=True) as server:
        messages = await heard(server.url, 1500)
    told = identities(messages)
    assert len(set(told)) == 1500
    executed = [json.loads(message)["deal_confirmation"]["execution_time"] for message in messages]
    assert executed == sorted(executed)
    assert {deal.identity for deal in live(500)} <= set(told)


async def test_a_warm_up_begins_with_the_deals_so_far_in_todays_hours() -> None:
    async with trading(warm_up=True) as server:
        first = json.loads((await heard(server.url, 1))[0])["deal_confirmation"]
    assert first["delivery_day"] == "2023-10-29"
    assert first["execution_time"] < "2023-10-28T10:00:00Z"


async def test_late_deals_come_out_of_order_and_none_is_missing() -> None:
    async with trading(ExchangeFaults(shuffle_s=600), warm_up=True) as server:
        messages = await heard(server.url, 2500)
    executed = [json.loads(message)["deal_confirmation"]["execution_time"] for message in messages]
    assert executed != sorted(executed)
    assert {deal.identity for deal in live(500)} <= set(identities(messages))


async def test_two_lines_of_a_splitting_exchange_hear_different_deals() -> None:
    async with trading(ExchangeFaults(split=True), warm_up=True) as server:
        one, two = await asyncio.gather(heard(server.url, 400), heard(server.url, 400))
    assert not set(identities(one)) & set(identities(two))


async def test_a_burst_comes_at_once() -> None:
    async with trading(ExchangeFaults(burst=1000), warm_up=True) as server:
        assert len(set(identities(await heard(server.url, 1000)))) == 1000


async def test_dropped_lines_come_back_to_repeated_deals() -> None:
    faults = ExchangeFaults(drop_every_s=0.3, repeat_on_connect=50)
    async with trading(faults, warm_up=True) as server:
        heard_before: list[str | bytes] = []
        async with asyncio.timeout(PATIENCE_S), connect(server.url) as line:
            with suppress(ConnectionClosed):
                while True:
                    heard_before.append(await line.recv())
        async with asyncio.timeout(PATIENCE_S):
            async for line in connect(server.url):
                again = [await line.recv() for _ in range(50)]
                break
    assert set(identities(again)) & set(identities(heard_before))


async def test_a_silent_exchange_speaks_again() -> None:
    async with trading(ExchangeFaults(silence_every_s=0.2, silence_for_s=0.2), warm_up=False) as server:
        assert len(await heard(server.url, 1200)) == 1200


async def test_a_day_file_has_all_deals_of_the_day_and_keeps_those_of_an_earlier_run(tmp_path: Path) -> None:
    earlier = replace(live(1)[0], deal_id="1")
    day = datetime(2023, 10, 29, tzinfo=UTC).date()
    write_day_file(tmp_path, "exchange", day, [earlier])
    until = START + timedelta(hours=3)
    clock = MarketClock(until, until)
    task = asyncio.create_task(keep_day_files(MARKET, clock, lambda: until, tmp_path, "exchange"))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    with (tmp_path / "exchange_trades_20231029.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == COLUMNS
    expected = {earlier.row(), *(deal.row() for deal in MARKET.desk_deals(START, until))}
    assert {tuple(row) for row in rows} == expected


async def test_limits_hold_for_everybody_together_and_say_how_long_to_wait() -> None:
    script = ScriptedAnswers({("2023-02-06", "12-13"): [Answer("{}")]})
    async with (
        MarketDataServer(script, limits=(RequestLimit(2, 60),), seconds=lambda: 0.0) as server,
        aiohttp.ClientSession() as client,
    ):
        answers = []
        for _ in range(3):
            url = f"{server.url}/reference-price?delivery_day=2023-02-06&delivery_hour=12-13"
            async with client.get(url) as response:
                answers.append((response.status, response.headers.get("Retry-After")))
        assert answers == [(200, None), (200, None), (429, "60")]
        assert [asked.status for asked in server.asked] == [200, 200, 429]


async def test_half_an_answer_ends_in_the_middle() -> None:
    script = ScriptedAnswers({("2023-02-06", "12-13"): [Answer('{"value": 1}', cut=True)]})
    async with MarketDataServer(script) as server, aiohttp.ClientSession() as client:
        url = f"{server.url}/reference-price?delivery_day=2023-02-06&delivery_hour=12-13"
        with pytest.raises(aiohttp.ClientPayloadError):
            async with client.get(url) as response:
                await response.read()


async def test_a_request_that_names_no_period_is_refused() -> None:
    async with (
        MarketDataServer(ScriptedAnswers()) as server,
        aiohttp.ClientSession(server.url + "/") as client,
        client.get("reference-price?delivery_day=2023-02-06") as response,
    ):
        assert response.status == 400


async def test_both_commands_share_a_market_say_where_they_listen_and_stop_when_told() -> None:
    flags = f"--date 2023-10-29T09:05+01:00 --started-at {now().isoformat()} --history-per-minute 2"
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    stop, lines = asyncio.Event(), asyncio.Queue[str]()
    market_data = parser.parse_args(["market-data", *flags.split()])
    exchange = parser.parse_args(["exchange", "--warm-up", *flags.split()])
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(run(exchange, stop, lines.put_nowait))
        tasks.create_task(run(market_data, stop, lines.put_nowait))
        urls = {line.split()[1]: line.split()[-1] for line in (await lines.get(), await lines.get())}
        messages = await heard(urls["exchange"], 500)
        async with aiohttp.ClientSession() as client:
            url = f"{urls['market']}/reference-price?delivery_day=2023-10-29&delivery_hour=12-13"
            async with client.get(url) as response:
                answer = await response.json()
        stop.set()
    options = market_of(market_data, now())
    market = Market(options.parameters)
    exact = market.reference_price(
        parse_period(datetime(2023, 10, 29, tzinfo=UTC).date(), "12-13", BERLIN),
        datetime.fromisoformat(answer["last_update"]),
    )
    assert exact is not None
    assert answer["value"] == float(rounded(exact))
    dealt = {deal.identity for deal in market.desk_deals(START - timedelta(hours=13), options.clock.at(now()))}
    assert set(identities(messages)) <= dealt


async def test_a_folder_for_day_files_that_cannot_be_is_a_clear_error(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    taken = tmp_path / "file"
    taken.write_text("no folder")
    args = parser.parse_args(["exchange", "--day-file-dir", str(taken)])
    with pytest.raises(InvalidSettingsError, match="--day-file-dir"):
        await run(args, asyncio.Event())
