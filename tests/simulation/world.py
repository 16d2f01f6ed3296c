"""What happens on one simulated day: deals, faults, and a verdict on what was recorded."""

import asyncio
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import detangle
import pytest

from adapters.exchange.signs_of_life import PONG_WITHIN
from domain.coverage import Connection, outages
from domain.events import DealConfirmed, DealConflicted, FeedConnected, FeedDisconnected, MessageRejected
from tests.memory import folder_in_memory
from tests.simulation.exchange import HOST, PORTS, Exchange, Sent
from tests.simulation.machines import START, Breaks, Database, Receiver, SimulatedBell, start_recorder
from wattbook import drain

ROOM_BYTES = 16 * 1024**2
LATENCY_S = 0.02
IN_FLIGHT_S = 3 * LATENCY_S
"""A message may be on its way when the connection that carries it is lost."""

FAREWELL = PONG_WITHIN + timedelta(seconds=1)
"""A farewell that the network holds up for no longer passes for one in time: pings go out every second."""

NET = {"latency": (0.001, LATENCY_S), "tcp_timeout": 6.0, "connect_timeout": 5.0}
BOTH = (1, 2)
FAULTS = (
    "cut",
    "partition",
    "close",
    "refuse",
    "kill receiver",
    "kill recorder",
    "database",
    "power",
    "replace",
    "all",
)


@dataclass
class World:
    """Everything of one run."""

    folder: Path
    breaks: Breaks
    exchange: Exchange = field(default_factory=Exchange)
    database: Database = field(default_factory=Database)
    receivers: dict[int, Receiver] = field(default_factory=dict)
    recorders: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)
    promised: list[Receiver] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    partitions: list[tuple[int, float]] = field(default_factory=list)
    """Which line's path was cut, and when."""

    async def day(self, faults: int) -> None:
        """Trade, break things, mend everything, and let it settle."""
        await detangle.spawn(self.exchange.listen(), host=HOST)
        for line in PORTS:
            self.start_receiver(line)
        for number in (1, 2):
            self.start_recorder(number)
        trading = asyncio.create_task(self.trade())
        for _ in range(faults):
            await asyncio.sleep(detangle.uniform(0.0, 3.0))
            await self.fault(detangle.choice(FAULTS))
        await asyncio.sleep(8.0)
        trading.cancel()
        assert all(self.exchange.sessions[line] for line in PORTS), "a line did not come back"
        await asyncio.sleep(1.0)
        for receiver in self.receivers.values():
            receiver.stop.set()
            await receiver.task
        self.stop.set()
        await asyncio.gather(*self.recorders.values())

    async def trade(self) -> None:
        """Confirm deals, most of them on both lines, some on one, some again and late."""
        for number in range(1, 1_000_000):
            await asyncio.sleep(detangle.choice((0.01, 0.1, 0.2, 0.4)))
            self.exchange.say(number, detangle.choice((BOTH, BOTH, BOTH, (1,), (2,))))
            if detangle.flip(0.1):
                old = detangle.choice(self.exchange.sent[-20:])
                self.exchange.repeat(old.raw, BOTH)

    def start_receiver(self, line: int) -> None:
        receiver = Receiver((line,), self.folder, Random(line), self.breaks)
        self.receivers[line] = receiver
        self.promised.append(receiver)

    def start_recorder(self, number: int) -> None:
        host = f"recorder-{number}"
        self.recorders[number] = start_recorder(self.folder, self.database, self.stop, self.breaks, host)

    async def fault(self, what: str) -> None:
        net, line = detangle.network(), detangle.choice(BOTH)
        lasts_s = detangle.choice((0.05, 0.7, 2.5, 9.0))
        sessions = list(self.exchange.sessions[line])
        detangle.note(f"{what}, line {line}, {lasts_s} s")
        match what:
            case "cut":
                for session in sessions:
                    session.cut()
            case "close":
                for session in sessions:
                    session.close(detangle.choice((1000, 1001, 1011, 1012)))
            case "refuse":
                self.exchange.refuses = True
                for session in sessions:
                    session.cut()
                await asyncio.sleep(lasts_s)
                self.exchange.refuses = False
            case "partition" | "both":
                lines = (line,) if what == "partition" else BOTH
                for each in lines:
                    net.disconnect(f"line-{each}", HOST)
                    self.partitions.append((each, asyncio.get_running_loop().time()))
                await asyncio.sleep(lasts_s)
                if detangle.flip(0.3):
                    await self.restart_receiver(line, 0.05)
                for each in lines:
                    net.reconnect(f"line-{each}", HOST)
            case "kill receiver":
                await self.restart_receiver(line, lasts_s)
            case "power":
                self.receivers[line].kill()
                net.crash(f"line-{line}")
                await asyncio.sleep(lasts_s)
                net.restart(f"line-{line}")
                self.start_receiver(line)
            case "replace":
                old = self.receivers[line]
                self.start_receiver(line)
                await asyncio.sleep(1.0)
                old.stop.set()
                await old.task
            case "kill recorder":
                self.recorders[line].cancel()
                await asyncio.sleep(lasts_s)
                self.start_recorder(line)
            case "database":
                self.database.is_down = True
                await asyncio.sleep(lasts_s)
                self.database.is_down = False

    async def restart_receiver(self, line: int, after_s: float) -> None:
        self.receivers[line].kill()
        await asyncio.sleep(after_s)
        self.start_receiver(line)

    # The verdict

    def judge(self) -> None:
        """Hold the log against what was sent, what was promised, and what it says of its own gaps."""
        events = [recorded.event for recorded in self.database.events]
        deals = [event for event in events if isinstance(event, DealConfirmed)]
        kept = [event.receipt for event in events if isinstance(event, DealConfirmed | MessageRejected)]
        stored = {receipt.original for receipt in kept}
        assert [recorded.position for recorded in self.database.events] == [*range(1, len(events) + 1)]
        assert len({event.deal.deal_id for event in deals}) == len(deals), "a deal is doubled"
        assert len(stored) == len(kept), "a message is doubled"
        assert not any(isinstance(event, DealConflicted) for event in events)
        assert stored <= {sent.raw for sent in self.exchange.sent}, "a phantom is in the log"
        for receiver in self.promised:
            assert stored.issuperset(receiver.promised), "a message that was safe on disk is not in the log"
        held = {line: self.held(line) for line in PORTS}
        gaps = outages(Connection(*each) for line in PORTS for each in held[line])
        first = min(start for line in PORTS for start, _ in held[line])
        for sent in self.exchange.sent:
            if sent.raw not in stored:
                for line in sent.lines:
                    self.assert_told(sent, line, held[line])
                at = START + timedelta(seconds=sent.at_s)
                slack = timedelta(seconds=IN_FLIGHT_S)
                told = any(gap.start - slack <= at and (gap.end is None or at <= gap.end + slack) for gap in gaps)
                unheard = any(self.hung_up_unheard(line, at, held[line]) for line in sent.lines)
                excused = sent.lines != BOTH or at < first or unheard
                assert excused or told, f"{sent} is lost, and no outage says so"

    def held(self, line: int) -> list[tuple[datetime, datetime | None]]:
        """Return when the log says that *line* was held, connection by connection."""
        up: dict[str, tuple[datetime, datetime | None]] = {}
        for recorded in self.database.events:
            match recorded.event:
                case FeedConnected() as event if event.line == f"exchange/{line}":
                    up[event.connection] = (event.connected_at, None)
                case FeedDisconnected() as event if event.line == f"exchange/{line}":
                    up[event.connection] = (event.connected_at, event.last_heard_at)
        return list(up.values())

    def assert_told(self, sent: Sent, line: int, held: list[tuple[datetime, datetime | None]]) -> None:
        """A message that was lost on a line was sent while the log says that the line was not held."""
        at = START + timedelta(seconds=sent.at_s)
        slack = timedelta(seconds=IN_FLIGHT_S)
        for start, end in held:
            claimed = start <= at and (end is None or at <= end - slack)
            assert not claimed or self.hung_up_unheard(line, at, held), (
                f"{sent} is lost on line {line}, which the log says was held from {start} to {end}"
            )

    def hung_up_unheard(self, line: int, at: datetime, held: list[tuple[datetime, datetime | None]]) -> bool:
        """Return whether the exchange had hung up on *line* before *at*, on a path that was cut before that came."""
        cuts = [cut_s for cut_line, cut_s in self.partitions if cut_line == line]
        for hung_up_line, hung_up_s in self.exchange.farewells:
            if hung_up_line == line and any(hung_up_s <= cut_s <= hung_up_s + LATENCY_S for cut_s in cuts):
                hung_up = START + timedelta(seconds=hung_up_s)
                latest = hung_up + FAREWELL + timedelta(seconds=IN_FLIGHT_S)
                if any(hung_up <= at <= end <= latest for _, end in held if end is not None):
                    return True
        return False


async def simulated_day(faults: int = 4, breaks: Breaks | None = None) -> None:
    """Run one day with as many *faults*; whatever is decided by chance comes from the schedule."""
    with journal_folder() as folder, chance_of_the_schedule():
        world = World(folder, breaks or Breaks())
        await world.day(faults)
        world.judge()


@contextmanager
def journal_folder() -> Iterator[Path]:
    """Yield a folder in memory, where there is such a thing."""
    with tempfile.TemporaryDirectory(prefix="wattbook-", dir=folder_in_memory(ROOM_BYTES)) as name:
        yield Path(name)


@contextmanager
def chance_of_the_schedule() -> Iterator[None]:
    """Take ids, and when a bell is heard, from the schedule's own chance, so that a run can be repeated."""
    chance = Random(detangle.randint(0, 2**31))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
        patch.setattr(drain, "JournalBell", SimulatedBell)
        yield
