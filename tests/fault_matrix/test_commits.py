"""Rows 13 and 22 of the fault matrix: a commit whose outcome nobody was told."""

from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.fault_matrix.faulted import Faulted, faulted
from tests.fault_matrix.said import trading
from tests.servers import WAITING_COMMITS, server_of_its_own, wait_for_standby
from tests.waiting import eventually


@pytest.mark.parametrize("row", ["row_13 between commit and answer"])
async def test_a_recorder_killed_between_commit_and_answer_doubles_nothing(desk: Faulted, row: str) -> None:
    """13: kill -9 of the writer between commit and ack; what it recorded is found by the next one, once."""
    desk.roles["project"].kill()
    async with trading(desk.exchange, 13) as market:
        for _ in range(2):
            await market.more(50)
            while not await _commits_unheard(desk):
                await market.more(50)
            desk.roles["record"].kill()
            _answer_again(desk)
            desk.roles["record"].start()
            await market.more(50)
    desk.roles["project"].start()
    await desk.recovered(market)


@pytest.mark.parametrize("row", ["row_13 cut between commit and answer"])
async def test_a_path_cut_between_commit_and_answer_loses_and_doubles_nothing(desk: Faulted, row: str) -> None:
    """13: TCP cut between commit and ack; the recorder finds what became of it, and goes on."""
    desk.roles["project"].kill()
    async with trading(desk.exchange, 13) as market:
        for turn in range(1, 4):
            await market.more(50)
            while not await _commits_unheard(desk):
                await market.more(50)
            _answer_again(desk)
            await desk.wattbook.until(partial(_goes_on, desk, turn))
    desk.roles["project"].start()
    await desk.recovered(market)


@pytest.mark.parametrize("row", ["row_22"])
async def test_a_commit_cancelled_while_it_waits_for_a_standby_is_verified(tmp_path: Path, row: str) -> None:
    """22: write cancelled during the wait for a standby; outcome unknown, then read back, I2."""
    with server_of_its_own() as server:
        url: str = server.get_uri()
        async with faulted(tmp_path, url) as desk:
            async with trading(desk.exchange, 22) as market:
                for cancel in ("pg_terminate_backend", "pg_cancel_backend", "pg_terminate_backend"):
                    await market.more(50)
                    wait_for_standby(url, "nobody")
                    await desk.wattbook.until(partial(_cancelled, url, cancel))
                    await market.more(50)
                    wait_for_standby(url, "")
            await desk.recovered(market)


def _goes_on(desk: Faulted, cuts: int) -> bool:
    return desk.roles["record"].text(100_000).count("the database takes events again") >= cuts


async def _commits_unheard(desk: Faulted) -> bool:
    """Swallow the answer to the next commit of deals; tell whether it was that one, not another that came between."""
    before = _head(desk.url)
    inserts = False

    def swallow_the_answer(said: bytes) -> None:
        nonlocal inserts
        inserts = inserts or b"deal.confirmed.v1" in said
        if inserts and b"COMMIT" in said:
            desk.database.down.swallows = True

    desk.database.up.watched = swallow_the_answer
    await desk.wattbook.until(lambda: desk.database.down.swallows)
    try:
        await eventually(partial(_is_past, desk.url, before), 5)
    except TimeoutError:
        _answer_again(desk)
        return False
    return True


def _answer_again(desk: Faulted) -> None:
    desk.database.up.watched = lambda _: None
    desk.database.reset()
    desk.database.down.flow()


def _head(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT position FROM wattbook.log_head").fetchone()
    return int(row[0]) if row else 0


def _is_past(url: str, position: int) -> bool:
    return _head(url) > position


def _cancelled(url: str, cancel: str) -> bool:
    """End what waits with its deals for the standby; tell whether there was any such."""
    with psycopg.connect(url, autocommit=True) as connection:
        there = connection.execute(f"SELECT {cancel}(pid) FROM ({WAITING_COMMITS}) AS waiting".encode()).fetchall()
    return bool(there)
