"""Does every message come through the real roles, whatever it is: sent raw, received, kept, recorded, compared?"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

import psycopg
from websockets.frames import Opcode

from domain.events import DealConfirmed, DealConflicted, MessageRejected
from tests.end_to_end.processes import Wattbook
from tests.exchanges import RawLine, raw_exchange
from tests.fuzz.laws import LawBrokenError
from tests.fuzz.ledger import Ledger
from tests.fuzz.messages import Messages

MOST_MB: Final = 300.0
"""No role may ever take more memory than this."""

STANDSTILL_S: Final = 60.0
"""Where nothing is recorded for so long, something hangs."""

_AT_ONCE: Final = 64
_END: Final = (
    b'{"deal_confirmation": {"id": "the end", "price": 1, "quantity": 1, "direction": "buy", "delivery_day":'
    b' "2023-02-06", "delivery_hour": "08-09", "trader_id": "fuzz", "execution_time": "2023-02-06T06:13:45Z"}}'
)
_END_STREAM: Final = "deal:exchange:the end:fuzz:buy"


@dataclass(frozen=True)
class Passage:
    """What came of a run that broke no law."""

    sent: int
    sent_mb: float
    deals: int
    conflicts: int
    rejections: int
    repeated: int
    connections: int
    seconds: float
    peak_mb: dict[str, float]


class Sender:
    """An exchange that sends hostile messages, over the first connection that it gets, in frames of all kinds."""

    def __init__(self, seed: int, count: int) -> None:
        self.ledger = Ledger()
        self.connections = 0
        self._messages = islice(Messages(seed), count)
        self._random = Random(seed)

    async def talk(self, line: RawLine) -> None:
        self.connections += 1
        await line.shake_hands()
        hearing = asyncio.create_task(line.until_hung_up())
        try:
            for raw in self._messages:
                self.ledger.note(raw)
                self._send(line, raw)
                if self.ledger.sent % _AT_ONCE == 0:
                    await line.writer.drain()
            self.ledger.note(_END)
            line.send(Opcode.TEXT, _END)
            while not hearing.done():
                # A line that says nothing is taken for dead.
                line.send(Opcode.PING, b"")
                await asyncio.wait({hearing}, timeout=1)
        finally:
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await hearing

    def _send(self, line: RawLine, raw: bytes) -> None:
        kind = self._random.choice((Opcode.TEXT, Opcode.BINARY))
        if self._random.random() > 0.02:
            line.send(kind, raw)
            return
        middle = self._random.randrange(len(raw) + 1)
        line.send(kind, raw[:middle], fin=False)
        line.send(Opcode.PING, b"between")
        line.send(Opcode.CONT, raw[middle:])


async def through_the_roles(seed: int, count: int, folder: Path, database_url: str) -> Passage:
    """Send *count* messages through ``receive`` and ``record`` into an empty database; raise where a law is broken."""
    sender = Sender(seed, count)
    async with raw_exchange(sender.talk) as url:
        with Wattbook(folder, exchange_urls=url, database_url=database_url) as wattbook:
            started = monotonic()
            recorder = wattbook.start("record")
            receiver = wattbook.start("receive")
            await _recorded(database_url, wattbook)
            seconds = monotonic() - started
            peak_mb = {role.arguments[0]: _peak_mb(role.process.pid) for role in wattbook.roles}
            codes = await receiver.end(), await recorder.end()
    ledger = sender.ledger
    for what, digest in ledger.differences(database_url):
        raise LawBrokenError(f"{what}, with seed {seed}", _message(seed, count, digest))
    if sender.connections != 1 or codes != (0, 0):
        raise AssertionError(f"{sender.connections} connections, exit codes {codes}, with seed {seed}")
    if max(peak_mb.values()) > MOST_MB:
        raise AssertionError(f"memory in MB: {peak_mb}, with seed {seed}")
    deals, conflicts, rejections = (
        len(ledger.expected[kind.TOPIC]) for kind in (DealConfirmed, DealConflicted, MessageRejected)
    )
    assert ledger.sent == deals + conflicts + rejections + ledger.repeated
    return Passage(
        sent=ledger.sent,
        sent_mb=ledger.sent_bytes / 1e6,
        deals=deals,
        conflicts=conflicts,
        rejections=rejections,
        repeated=ledger.repeated,
        connections=sender.connections,
        seconds=seconds,
        peak_mb=peak_mb,
    )


async def _recorded(database_url: str, wattbook: Wattbook) -> None:
    """Wait until the last message is in the log, as long as others get there."""
    head, since = -1, monotonic()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        while True:
            with contextlib.suppress(psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                end = await connection.execute("SELECT 1 FROM wattbook.events WHERE originator_id = %s", (_END_STREAM,))
                if await end.fetchone():
                    return
                row = await (await connection.execute("SELECT position FROM wattbook.log_head")).fetchone()
                if row is not None and row[0] != head:
                    head, since = row[0], monotonic()
            if monotonic() - since > STANDSTILL_S:
                logs = "\n".join(role.text() for role in wattbook.roles)
                raise AssertionError(f"nothing more is recorded after position {head}\n{logs}")
            await asyncio.sleep(0.2)


def _peak_mb(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def _message(seed: int, count: int, digest: bytes) -> bytes:
    """Return the message of that digest, made once more, or the digest where none has it."""
    messages: Iterator[bytes] = islice(Messages(seed), count)
    return next((raw for raw in messages if sha256(raw).digest() == digest), digest)
