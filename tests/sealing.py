"""How does a test seal a log, block by block, on a clock that it moves?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals import SealKey, seal_key
from adapters.event_log.writer import EventLog
from domain.proofs import LogSealed
from tests.desk import Desk
from wattbook.sealing import Sealing


@dataclass
class Sealer:
    """A recorder's sealing, looked at step by step, on a clock that a test moves."""

    trading: Desk
    sealing: Sealing
    key: SealKey
    file: Path
    clock: list[datetime]

    async def seals(self) -> None:
        """Seal all that is due, and let the read models know it."""
        while await self.sealing.step(self.key):
            pass
        await self.trading.projects()

    def passes(self, hours: float) -> None:
        self.clock[0] += timedelta(hours=hours)

    def raw(self) -> RawLog:
        return RawLog(self.trading.url)

    def of_log(self) -> list[LogSealed]:
        with self.raw() as log:
            return [seal for _, seal in log.seals()]


@asynccontextmanager
async def sealer(trading: Desk, folder: Path) -> AsyncIterator[Sealer]:
    clock = [datetime.now(UTC)]
    async with EventLog(trading.url) as log:
        file = folder / "kept" / "seals.jsonl"
        made = Sealing(trading.url, log, folder / "seal-key.pem", file, lambda: False, lambda: clock[0])
        yield Sealer(trading, made, seal_key(folder / "seal-key.pem"), file, clock)


def signed(seal: LogSealed, key: SealKey) -> LogSealed:
    """Return what *seal* says, signed with *key*, whoever it names."""
    return replace(seal, signature=key.sign(seal))


def owner(url: str, *statements: str) -> None:
    """Do as the owner of the database can: without its triggers."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())
