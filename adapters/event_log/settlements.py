"""How is a rejection settled in the log: whole, once, and within seconds or not at all?"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Self

from eventsourcing.persistence import InterfaceError, InternalError, OperationalError

from adapters.event_log.recorder import EventLogRecorder, open_recorder
from adapters.event_log.writer_thread import WriterThread
from domain.errors import DatabaseUnavailableError, NoSuchRejectionError
from domain.events import Event, Recorded
from domain.recording import deal_stream
from domain.resolution import (
    Choice,
    ReadAgain,
    Settled,
    author_of,
    check_open,
    reason_of,
    resolution_of,
    settle,
    settling,
)

TRIES: Final = 3
PAUSE_S: Final = 0.3
ANSWER_WITHIN_S: Final = 6.0
"""How long a person waits; an append that does not return by then may still come through."""


class Settlements:
    """Settles rejections, one after the other, on a connection that is opened when it is first needed."""

    def __init__(self, conninfo: str, read_again: ReadAgain) -> None:
        self._conninfo = conninfo
        self._read_again = read_again
        self._thread = WriterThread("settlements")
        self._recorder: EventLogRecorder | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        closing = asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        await asyncio.wait({closing}, timeout=ANSWER_WITHIN_S)
        self._thread.shutdown()

    async def settle(self, position: int, choice: Choice, reason: str, author: str) -> Settled:
        """Settle the rejection at *position*; return it with the events that did.

        Raises :class:`domain.errors.ResolutionRefusedError`, then nothing is recorded, and
        :class:`DatabaseUnavailableError` when the log does not answer in time.
        """
        reason, author = reason_of(reason), author_of(author)
        settled: Settled | None = None
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                for number in range(TRIES):
                    settled = await self._try(position, choice, reason, author, again=number > 0)
                    if settled is not None:
                        return settled
                    await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            pass
        raise DatabaseUnavailableError(
            f"the event log does not answer in time; look again in a moment whether rejection {position} is settled"
        )

    async def _try(self, position: int, choice: Choice, reason: str, author: str, again: bool) -> Settled | None:
        """Return ``None`` where the connection is lost, and with it the knowledge of what became of the try."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._settle, position, choice, reason, author, again)
        except (OperationalError, InterfaceError, InternalError):
            return None

    def _settle(self, position: int, choice: Choice, reason: str, author: str, again: bool) -> Settled:
        if self._recorder is None:
            self._recorder = open_recorder(self._conninfo)
        stream = f"resolution:{position}"
        rejection, before = self._recorder.look_up(position, stream)
        if rejection is None:
            raise NoSuchRejectionError(f"there is no rejection {position}: the log has no such event")
        if not again:
            check_open(rejection, before)
        # Outside the transaction that others wait for: a message may have megabytes.
        wanted = settling(rejection, choice, self._read_again, reason, author)
        streams = [stream, *([deal_stream(wanted.deal)] if wanted.deal else [])]
        if again and (own := self._own(streams, before, resolution_of(rejection, wanted))):
            return Settled(rejection, own)

        def decided(past: Mapping[str, Sequence[Recorded]]) -> Sequence[Event]:
            deal_past = past[streams[1]] if len(streams) > 1 else ()
            return settle(rejection, past[stream], deal_past, wanted)

        events = self._recorder.append_decided(streams, decided)
        return Settled(rejection, tuple(events))

    def _own(self, streams: Sequence[str], settled: Sequence[Recorded], wanted: Event) -> tuple[Recorded, ...] | None:
        """Return what an earlier try recorded whose answer was lost, ``None`` where it recorded nothing."""
        assert self._recorder is not None
        mine = next((each for each in settled if each.event == wanted), None)
        if mine is None:
            return None
        # What follows from a settlement was appended in one transaction with it, right behind it.
        followed = [each for stream in streams[1:] for each in self._recorder.look_up(mine.position, stream)[1]]
        behind = (mine.position + 1, mine.recorded_at)
        return mine, *(each for each in followed if (each.position, each.recorded_at) == behind)

    def _close(self) -> None:
        if self._recorder is not None:
            self._recorder.datastore.close()
