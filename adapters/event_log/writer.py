"""How do the parts of a process share one writer to the log? By micro-batches on one thread."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from eventsourcing.persistence import InterfaceError, InternalError, OperationalError

from adapters.event_log.known_end import KnownEnd
from adapters.event_log.recorder import EventLogRecorder, open_recorder
from adapters.event_log.writer_thread import WriterThread
from domain.errors import LogSetBackError
from domain.events import Event
from domain.recording import Outcome

BATCH: Final = 5_000
"""Events a transaction at the most; what has arrived is never held back to fill one."""

RETRY_DELAYS_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses between tries while the database is away; the last one repeats for ever."""

CLOSE_WITHIN_S: Final = 3.0
"""How long a close waits for what is under way; a database that is away may not answer for minutes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Request:
    events: Sequence[Event]
    done: "asyncio.Future[list[Outcome]]"


class EventLog:
    """Appends events durably. Everything handed in while a commit is under way goes with the next one."""

    def __init__(self, conninfo: str) -> None:
        self.known = KnownEnd()
        """The end of the log after what was appended here last."""
        self.losses: Callable[[Callable[[Collection[str]], datetime]], Sequence[Event]] = lambda _: ()
        """What is lost where the log does not hold that end any more: recorded before anything else is.

        Called on the thread of the writer, with what tells until when all is recorded that some connections brought.
        """
        self._conninfo = conninfo
        self._queue: asyncio.Queue[_Request] = asyncio.Queue()
        self._thread = WriterThread("event-log")
        self._recorder: EventLogRecorder | None = None
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write(), name="event-log")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop writing; what was not yet committed fails with ``CancelledError`` and was not recorded, or may be.

        A database that does not answer is not waited for longer than :data:`CLOSE_WITHIN_S`.
        """
        if self._writer:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        while not self._queue.empty():
            self._queue.get_nowait().done.cancel()
        closing = asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        if not (await asyncio.wait({closing}, timeout=CLOSE_WITHIN_S))[0]:
            log.warning("the database does not answer; what was under way ends with this process")
            closing.cancel()
        self._thread.shutdown()

    async def append(self, events: Sequence[Event]) -> list[Outcome]:
        """Record *events*, return when they are durable, with what became of each.

        Waits as long as the database is away: after a lost connection the outcome of a
        try is unknown, so it is repeated, and the log knows its duplicates. Raises what the
        database or the log itself objects to in *events*; then none of them is recorded.
        """
        if self._writer is None or self._writer.done():
            raise RuntimeError("the event log is not open")
        if not events:
            return []
        done: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Request(events, done))
        return await done

    async def _write(self) -> None:
        held: _Request | None = None
        while True:
            batch = [held or await self._queue.get()]
            held = None
            size = len(batch[0].events)
            while size < BATCH and not self._queue.empty():
                request = self._queue.get_nowait()
                if size + len(request.events) > BATCH:
                    held = request
                    break
                batch.append(request)
                size += len(request.events)
            try:
                await self._commit(batch)
            except BaseException:
                for request in [*batch, *([held] if held else [])]:
                    request.done.cancel()
                raise

    async def _commit(self, batch: Sequence[_Request]) -> None:
        events = [event for request in batch for event in request.events]
        try:
            outcomes = iter(await self._append_until_known(events))
        except Exception as error:
            # Not the database's absence but a refusal: whoever asked must hear of it, and nobody else.
            if len(batch) > 1:
                for request in batch:
                    await self._commit([request])
            elif not batch[0].done.done():
                batch[0].done.set_exception(error)
            return
        for request in batch:
            own = [next(outcomes) for _ in request.events]
            if not request.done.done():
                request.done.set_result(own)

    async def _append_until_known(self, events: Sequence[Event]) -> list[Outcome]:
        attempt = 0
        while True:
            try:
                loop = asyncio.get_running_loop()
                outcomes = await loop.run_in_executor(self._thread, self._append, events)
            except (OperationalError, InterfaceError, InternalError) as error:
                if _objects_to_content(error):
                    raise
                delay = RETRY_DELAYS_S[min(attempt, len(RETRY_DELAYS_S) - 1)]
                if attempt == 0:
                    log.warning("the database did not take %d events, trying until it does: %s", len(events), error)
                attempt += 1
                await asyncio.sleep(delay)
            else:
                if attempt:
                    log.warning("the database takes events again after %d tries", attempt)
                return outcomes

    def _append(self, events: Sequence[Event]) -> list[Outcome]:
        if self._recorder is None:
            self._recorder = open_recorder(self._conninfo)
            self._recorder.known = self.known
        try:
            return self._recorder.append(events)
        except LogSetBackError as error:
            log.critical("%s", error)
            self._recorder.append(self.losses(self._recorder.recorded_until), anew=True)
            return self._recorder.append(events)

    def _close(self) -> None:
        if self._recorder is not None:
            self._recorder.datastore.close()


def _objects_to_content(error: Exception) -> bool:
    """Tell a limit that an event breaks (SQLSTATE class 54, as a key too long for an index) from an absent database."""
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(state, str) and state.startswith("54")
