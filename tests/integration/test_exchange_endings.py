"""Is the end of a connection dated so that no gap is made up, and none is hidden?"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

from websockets.asyncio.server import ServerConnection

from adapters.journal.entries import LineConnected, LineDisconnected
from domain.coverage import Connection, outages
from tests.exchanges import RawLine, exchange, raw_exchange, say, stay
from tests.held_line import QUICK, Notebook, held, now
from tests.waiting import eventually

QUIET = replace(QUICK, ping_interval_s=600)


def connections(*notebooks: Notebook) -> list[Connection]:
    """Return what the log would know of these lines."""
    noted = [each for notebook in notebooks for each in notebook.noted]
    ends = {each.connection: each.last_heard_at for each in noted if isinstance(each, LineDisconnected)}
    return [Connection(each.at, ends.get(each.connection)) for each in noted if isinstance(each, LineConnected)]


class Ending:
    """An exchange's quiet line that ends in one way when it is told to."""

    def __init__(self, way: str) -> None:
        self._way = way
        self.now = asyncio.Event()

    async def talk(self, line: RawLine) -> None:
        await say(line)
        await self.now.wait()
        if self._way == "reset":
            line.cut()


async def test_two_quiet_lines_on_which_the_exchange_hangs_up_in_turn_leave_no_gap() -> None:
    first, second = Ending("hang up"), Ending("hang up")
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(raw_exchange(each.talk, stay)) for each in (first, second)]
        one, two = [await stack.enter_async_context(held(url, QUIET)) for url in urls]
        await eventually(lambda: len(one.connections) == len(two.connections) == 1)
        first.now.set()
        await eventually(lambda: len(one.connections) == 2)
        second.now.set()
        await eventually(lambda: len(two.connections) == 2)

        assert outages(connections(one, two)) == ()


async def test_a_line_that_falls_silent_worked_until_its_last_byte() -> None:
    options = replace(QUICK, ping_interval_s=600, silence_s=0.5)

    async def freeze(line: RawLine) -> None:
        await say(line, b"before")
        await asyncio.Event().wait()

    async with raw_exchange(freeze, stay) as url, held(url, options) as notebook:
        await eventually(lambda: notebook.losses == ["nothing heard for 0.5 s"])
        (lost,) = [each for each in notebook.noted if isinstance(each, LineDisconnected)]
        assert lost.at - lost.last_heard_at >= timedelta(seconds=0.5)


async def test_a_line_that_is_reset_worked_until_its_last_byte() -> None:
    ending = Ending("reset")
    async with raw_exchange(ending.talk, stay) as url, held(url, QUIET) as notebook:
        await eventually(lambda: len(notebook.connections) == 1)
        quiet_from = now()
        ending.now.set()
        await eventually(lambda: len(notebook.losses) == 1)
        (lost,) = [each for each in notebook.noted if isinstance(each, LineDisconnected)]
        assert lost.last_heard_at <= quiet_from <= lost.at


async def test_a_stopped_receiver_held_its_quiet_line_until_the_exchange_said_goodbye() -> None:
    async def quiet(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with exchange(quiet) as url:
        async with held(url, QUIET) as notebook:
            await eventually(lambda: len(notebook.connections) == 1)
            asked_at = now()
        (lost,) = [each for each in notebook.noted if isinstance(each, LineDisconnected)]
        assert lost.last_heard_at >= asked_at


async def test_each_pong_of_a_quiet_line_is_noted_as_a_sign_of_life() -> None:
    async def quiet(connection: ServerConnection) -> None:
        await connection.wait_closed()

    options = replace(QUICK, ping_interval_s=0.05)
    async with exchange(quiet) as url, held(url, options) as notebook:
        await eventually(lambda: notebook.signs_of_life > 2)
