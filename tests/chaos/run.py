"""What happens to a whole installation that is killed, cut off and held up at random under load?"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.end_to_end.processes import Role
from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.invariants import Tally, losses, stored_log
from tests.fault_matrix.said import Market, trading
from tests.servers import kill_backends

KILLED = ("receive", "record", "project", "serve")
OTHER_FAULTS = ("reset a line", "cut a frame", "stall a line", "kill backends", "reset the database", "hold up a role")


@dataclass
class Story:
    """What was done to an installation, and what came of it."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    tally: Tally | None = None
    outages: int = 0

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
        return f"seed {self.seed}: {figures}; losses of a line {self.outages}; faults: {done}"


async def chaos(
    desk: Faulted, seed: int, kills: int, seconds: float = 0, tell: Callable[[str], None] = lambda _: None
) -> Story:
    """Kill each role *kills* times, for at least *seconds*, with other faults between; then check every invariant."""
    random, story = Random(seed), Story(seed)
    begun = time.monotonic()
    async with trading(desk.exchange, seed) as market:
        round_number = 0
        while round_number < kills or time.monotonic() - begun < seconds:
            faults = [f"kill {name}" for name in KILLED] + random.sample(OTHER_FAULTS, 2)
            random.shuffle(faults)
            for fault in faults:
                await asyncio.sleep(random.uniform(0, 0.5))
                await _make(fault, desk, random)
                story.faults[fault] += 1
            round_number += 1
            if round_number % 10 == 0:
                tell(f"round {round_number}, {time.monotonic() - begun:.0f} s, said {len(market.said)}")
        await _settle(desk, market)
    story.tally = await desk.recovered(market)
    log = stored_log(desk.url)
    story.outages = sum(len(losses(log, f"exchange/{line}")) for line in (1, 2))
    return story


async def _settle(desk: Faulted, market: Market) -> None:
    """End every fault, and let a deal be said to lines that are all open again."""
    for proxy in (*desk.lines, desk.database):
        proxy.down.flow()
        proxy.up.flow()
    await desk.listens()
    await market.more(20)


async def _make(fault: str, desk: Faulted, random: Random) -> None:
    """Make one fault, as long as it lasts."""
    line = random.choice(desk.lines)
    match fault:
        case "reset a line":
            line.reset()
        case "cut a frame":
            line.down.cut_after(random.randint(1, 2_000))
        case "stall a line":
            line.down.stall()
            await asyncio.sleep(random.uniform(0, 1))
            line.down.flow()
        case "kill backends":
            kill_backends(desk.url)
        case "reset the database":
            desk.database.reset()
        case "hold up a role":
            process = _one_of(desk, random, random.choice(KILLED)).process
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(random.uniform(0, 1.5))
            process.send_signal(signal.SIGCONT)
        case _:
            role = _one_of(desk, random, fault.removeprefix("kill "))
            role.kill()
            await asyncio.sleep(random.uniform(0, 0.5))
            role.start()


def _one_of(desk: Faulted, random: Random, name: str) -> Role:
    return random.choice([role for key, role in sorted(desk.roles.items()) if key.startswith(name)])
