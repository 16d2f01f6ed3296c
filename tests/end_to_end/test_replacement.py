"""A receiver is deployed while deals stream in: nothing is lost, and no moment is without a line."""

import os
import signal
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange
from tests.end_to_end.processes import Role, Wattbook
from tests.end_to_end.stream import DAY, DealStream, deal_stream

SEED = 11


async def test_a_new_receiver_takes_over_from_the_old_one_without_a_gap(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        old = wattbook.start("receive")
        for role in ("record", "project", "serve"):
            wattbook.start(role)
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        await wattbook.until(desk.ready)
        async with deal_stream(exchange, SEED) as stream:
            await stream.more(200)
            new = wattbook.start("receive", "--replace")
            assert await old.ended() == 0
            assert new.running
            await stream.more(200)
        await _nothing_is_lost(wattbook, desk, stream)
        assert f"Process {old.process.pid} has ended" in new.text()
        assert await new.end() == 0


async def test_run_replaces_its_receivers_without_a_gap_when_it_is_hung_up(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        everything = wattbook.start("run")
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        await wattbook.until(desk.ready)
        async with deal_stream(exchange, SEED) as stream:
            await stream.more(200)
            for _ in range(2):
                before = _receivers(everything)
                refused = await wattbook.command("receive", "--line", "1", "--replace")
                assert refused.code == 3
                assert "send SIGHUP to 'wattbook run'" in refused.err
                everything.process.send_signal(signal.SIGHUP)
                await wattbook.until(lambda: len(_receivers(everything) - before) == 2, 60)  # noqa: B023
                await wattbook.until(lambda: not _receivers(everything) & before, 60)  # noqa: B023
                await stream.more(100)
        await _nothing_is_lost(wattbook, desk, stream)
        log = everything.text(100_000)
        assert log.count("the one before ended with 0") == 4
        assert "starting it again" not in log
        assert await everything.end() == 0
        await wattbook.until(lambda: not wattbook.processes())


async def test_a_receiver_that_was_killed_after_it_took_over_is_started_again(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(1), database_url=database) as wattbook:
        everything = wattbook.start("run")
        await wattbook.until(lambda: exchange.listening(1))
        before = _receivers(everything)
        everything.process.send_signal(signal.SIGHUP)
        await wattbook.until(lambda: "goes on in process" in everything.text(), 60)
        (replaced,) = _receivers(everything) - before
        os.kill(replaced, signal.SIGKILL)
        await wattbook.until(lambda: len(_receivers(everything) - before - {replaced}) == 1)
        assert await everything.end() == 0
        await wattbook.until(lambda: not wattbook.processes())


def _receivers(run: Role) -> set[int]:
    """Return the process ids of the receivers that a running ``run`` has now."""
    children = psutil.Process(run.process.pid).children()
    return {child.pid for child in children if _role(child) == ["receive"]}


def _role(process: "psutil.Process") -> list[str]:
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return words[3:4]


async def _nothing_is_lost(wattbook: Wattbook, desk: Client, stream: DealStream) -> None:
    """Assert that every deal is there once, and that the log knows of no moment without a line."""

    async def all_recorded() -> bool:
        return len(await desk.deals()) >= len(stream.spoken)

    await wattbook.until(all_recorded)
    seen = [(deal["dealId"], deal["traderId"], deal["direction"]) for deal in await desk.deals()]
    assert sorted(seen) == sorted(stream.identities)

    async def every_loss_is_told() -> bool:
        lost = await desk.events(filter={"types": ["feed.disconnected.v1"]})
        opened = await desk.events(filter={"types": ["feed.connected.v1"]})
        assert all("receiver stopped" in event["payload"] for event in lost)
        return len(opened) - len(lost) == 2

    await wattbook.until(every_loss_is_told)
    assert (await desk.ask("{ outages { start } }"))["outages"] == []
    knowledge = (await desk.performance(None, DAY))["knowledge"]
    assert knowledge["completeUpTo"] == knowledge["recordedAt"]
