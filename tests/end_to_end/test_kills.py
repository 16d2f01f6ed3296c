"""Whichever process is killed while deals stream in: nothing is lost, nothing is counted twice."""

import asyncio
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import aiohttp
import psutil  # type: ignore[import-untyped]
from websockets.exceptions import WebSocketException

from tests import oracle
from tests.end_to_end.client import Client, Json
from tests.end_to_end.documents import DEALS_RECORDED
from tests.end_to_end.lines import Exchange
from tests.end_to_end.processes import ROLES, Wattbook
from tests.end_to_end.stream import DAY, TRADERS, DealStream, Spoken, deal_stream

NOT_PROMISED_S = 1.0
"""What was said less than this before a receiver was killed may be gone with it."""

SEED = 7


async def test_killed_recorders_projectors_and_servers_lose_nothing_and_double_nothing(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    random = Random(SEED)
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        desk = await _all_roles(wattbook, exchange)
        recorded: list[Json] = []
        following = asyncio.create_task(_follow_deals(desk, recorded))
        async with deal_stream(exchange, SEED) as stream:
            for name in random.sample(["record", "project", "serve"] * 4, 12):
                role = next(role for role in wattbook.roles if role.arguments == (name,))
                await stream.more(random.randint(20, 150))
                role.kill()
                # Sometimes at once, sometimes with a backlog.
                await stream.more(random.choice((0, 0, 100)))
                role.start()
        await wattbook.until(lambda: _is_all_recorded(desk, stream))
        await _everything_is_there_once(desk, stream)
        await wattbook.until(lambda: len(recorded) >= len(stream.spoken))
        following.cancel()
        # A follower that comes back after its last position has missed nothing and seen nothing twice.
        assert [deal["position"] for deal in recorded] == [d["position"] for d in reversed(await desk.deals())]


async def test_a_killed_receiver_loses_nothing_while_another_listens(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    random = Random(SEED)
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        receivers = [wattbook.start("receive", "--line", str(line)) for line in (1, 2)]
        desk = await _all_roles(wattbook, exchange, "record", "project", "serve")
        async with deal_stream(exchange, SEED, both_lines=True) as stream:
            for turn in range(4):
                # Of a killed receiver it is known to the second when it last listened: the other is back before that.
                reopened_at = stream.now()
                await stream.until(reopened_at + 2 * NOT_PROMISED_S)
                await stream.more(random.randint(1, 100))
                receivers[turn % 2].kill()
                await wattbook.until(lambda: not exchange.listening())
                await stream.more(random.randint(1, 100))
                receivers[turn % 2].start()
                await wattbook.until(exchange.listening)
        await wattbook.until(lambda: _is_all_recorded(desk, stream))
        await _everything_is_there_once(desk, stream)
        await wattbook.until(lambda: _losses(desk, 4))
        lost = await desk.events(filter={"types": ["feed.disconnected.v1"]})
        assert [line for event in lost for line in ("exchange/1", "exchange/2") if line in event["payload"]] == [
            "exchange/1", "exchange/2", "exchange/1", "exchange/2",
        ]  # fmt: skip
        assert all("receiver ended" in event["payload"] for event in lost)
        knowledge = (await desk.performance(None, DAY))["knowledge"]
        assert knowledge["completeUpTo"] == knowledge["recordedAt"]


async def test_what_a_killed_receiver_had_heard_is_there_and_its_absence_is_shown(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        desk = await _all_roles(wattbook, exchange, "record", "project", "serve", "receive")
        receiver = wattbook.roles[-1]
        outages: list[tuple[float, float]] = []
        async with deal_stream(exchange, SEED) as stream:
            for _ in range(3):
                await stream.more(500)
                receiver.kill()
                killed_at = stream.now()
                # Until it sees the lines closed, the exchange speaks into them in vain.
                await wattbook.until(lambda: not exchange.listening(1) and not exchange.listening(2))
                outages.append((killed_at - NOT_PROMISED_S, stream.now()))
                receiver.start()
                await wattbook.until(exchange.listening)
            await stream.more(100)
        wanted = {spoken.identity for spoken in stream.spoken if _is_promised(spoken, outages)}
        assert len(wanted) > 500
        await wattbook.until(lambda: _are_recorded(desk, wanted))
        seen = [_identity(deal) for deal in await desk.deals()]
        assert len(seen) == len(set(seen))
        assert set(seen) <= set(stream.identities)
        await wattbook.until(lambda: _losses(desk, 6))
        knowledge = (await desk.performance(None, DAY))["knowledge"]
        assert knowledge["completeUpTo"] < knowledge["recordedAt"]


async def test_a_clean_stop_of_everything_keeps_what_was_journalled_for_the_next_start(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        desk = await _all_roles(wattbook, exchange)
        receive, record, project, serve = wattbook.roles
        async with deal_stream(exchange, SEED) as stream:
            await stream.more(200)
            assert await record.end() == 0
            # All of this is heard while nobody records.
            await stream.more(100)
            codes = await asyncio.gather(*(role.end() for role in (receive, project, serve)))
        assert codes == [0, 0, 0]
        for role in (record, project, serve):
            role.start()
        await wattbook.until(desk.ready)
        await wattbook.until(lambda: _is_all_recorded(desk, stream))
        await _everything_is_there_once(desk, stream)
        lost = await desk.events(filter={"types": ["feed.disconnected.v1"]})
        assert all("receiver stopped" in event["payload"] for event in lost)
        assert len(lost) == 2


async def test_postgresql_may_be_restarted_under_everything_and_the_recorder_killed_meanwhile(
    tmp_path: Path, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls()) as wattbook:
        desk = await _all_roles(wattbook, exchange)
        record = wattbook.roles[1]
        async with deal_stream(exchange, SEED) as stream:
            for kill_the_recorder in (False, True):
                await stream.more(100)
                postmaster = int((wattbook.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
                os.kill(postmaster, signal.SIGQUIT)
                await wattbook.until(partial(_is_gone, postmaster))
                await stream.more(100)
                if kill_the_recorder:
                    record.kill()
                    record.start()
                else:
                    # Whoever needs the embedded server next brings it back, for all.
                    assert (await wattbook.command("database")).code == 0
                await wattbook.until(desk.ready)
        await wattbook.until(lambda: _is_all_recorded(desk, stream))
        await _everything_is_there_once(desk, stream)
        assert [await role.end() for role in wattbook.roles] == [0, 0, 0, 0]
        await wattbook.until(lambda: not wattbook.processes())


async def _all_roles(wattbook: Wattbook, exchange: Exchange, *names: str) -> Client:
    """Start the roles and return the desk's client when all of it runs."""
    for name in names or ROLES:
        wattbook.start(name)
    desk = Client(wattbook.url)
    await wattbook.until(exchange.listening)
    await wattbook.until(desk.ready)
    return desk


async def _everything_is_there_once(desk: Client, stream: DealStream) -> None:
    """Assert that the log, the deals and the sums hold every deal of *stream*, each once."""
    seen = [_identity(deal) for deal in await desk.deals()]
    assert sorted(seen) == sorted(stream.identities)
    events = await desk.events()
    assert [int(event["position"]) for event in events] == list(range(1, len(events) + 1))
    topics = {event["type"] for event in events}
    assert topics <= {"deal.confirmed.v1", "feed.connected.v1", "feed.disconnected.v1"}
    for trader in (None, *TRADERS):
        live = await desk.performance(trader, DAY)
        assert live == oracle.performance(trader=trader, day=DAY, messages=stream.messages, knowledge=live["knowledge"])


async def _is_all_recorded(desk: Client, stream: DealStream) -> bool:
    return await _answers(desk, lambda total: total["dealCount"] >= len(stream.spoken))


async def _answers(desk: Client, enough: Callable[[Json], bool]) -> bool:
    try:
        return enough((await desk.performance(None, DAY))["total"])
    except (aiohttp.ClientError, AssertionError):
        # It has just been started, or its database is just coming back.
        return False


async def _are_recorded(desk: Client, wanted: set[tuple[str, str, str]]) -> bool:
    return wanted <= {_identity(deal) for deal in await desk.deals()}


def _is_promised(spoken: Spoken, outages: list[tuple[float, float]]) -> bool:
    return not any(begin < spoken.at <= end for begin, end in outages)


def _is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid)


async def _losses(desk: Client, number: int) -> bool:
    return len(await desk.events(filter={"types": ["feed.disconnected.v1"]})) == number


async def _follow_deals(desk: Client, recorded: list[Json]) -> None:
    """Follow the deals for ever, from the last one seen whenever the server goes away."""
    while True:
        after = recorded[-1]["position"] if recorded else "0"
        try:
            async with desk.follow(DEALS_RECORDED, after=after) as deals:
                while True:
                    recorded.append(await deals.next())
        except (OSError, WebSocketException, EOFError):
            await asyncio.sleep(0.05)


def _identity(deal: Json) -> tuple[str, str, str]:
    return (deal["dealId"], deal["traderId"], deal["direction"])
