"""How is a line held open in a test, and is its story whole at the end?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

from adapters.exchange.line import Line, LineOptions
from adapters.journal.entries import LineConnected, LineDisconnected, MessageHeard, Noted

QUICK = LineOptions(reconnect_delays_s=(0, 0.01), open_timeout_s=5, close_timeout_s=0.2)


def now() -> datetime:
    return datetime.now(UTC)


class Notebook:
    """A journal in memory."""

    def __init__(self) -> None:
        self.noted: list[Noted] = []
        self.signs_of_life = 0
        self.unwritten_bytes = 0
        self.proved = asyncio.Event()

    def append(self, noted: Noted) -> None:
        self.noted.append(noted)

    def append_many(self, noted: Sequence[Noted]) -> None:
        self.noted += noted

    def heard(self, connection: str, at: datetime) -> None:
        self.signs_of_life += 1

    @property
    def messages(self) -> list[bytes]:
        return [each.payload for each in self.noted if isinstance(each, MessageHeard)]

    @property
    def connections(self) -> list[str]:
        return [each.connection for each in self.noted if isinstance(each, LineConnected)]

    @property
    def losses(self) -> list[str]:
        return [each.reason for each in self.noted if isinstance(each, LineDisconnected)]

    def has(self, *messages: bytes) -> Callable[[], bool]:
        return lambda: [message for message in self.messages if message in messages] == list(messages)


@asynccontextmanager
async def held(
    url: str, options: LineOptions = QUICK, notebook: Notebook | None = None, *, proving: bool = False
) -> AsyncIterator[Notebook]:
    """Hold a line to *url*; at the end stop it and see that its story is whole."""
    notebook = notebook or Notebook()
    stop = asyncio.Event()
    line = Line("exchange/1", url, journal=notebook, clock=now, random=Random(1), options=options, proving=proving)
    notebook.proved = line.proved
    holding = asyncio.create_task(line.hold(stop))
    try:
        yield notebook
    finally:
        stop.set()
        await asyncio.wait_for(holding, 20)
    assert_whole(notebook.noted)


def assert_whole(noted: list[Noted]) -> None:
    """Every message lies between the opening and the loss of its connection, one connection after the other."""
    current: LineConnected | None = None
    for each in noted:
        match each:
            case LineConnected():
                assert current is None
                current = each
            case MessageHeard():
                assert current is not None
                assert (each.line, each.connection) == (current.line, current.connection)
            case LineDisconnected():
                assert current is not None
                assert (each.connection, each.connected_at) == (current.connection, current.at)
                assert each.connected_at <= each.last_heard_at <= each.at
                current = None
    assert current is None
