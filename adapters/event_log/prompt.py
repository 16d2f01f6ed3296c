"""How is something recorded for a person who waits: within seconds, or not at all?"""

import asyncio
from collections.abc import Callable
from typing import Final, Self, TypeVar

from eventsourcing.persistence import InterfaceError, InternalError, OperationalError

from adapters.event_log.recorder import EventLogRecorder, open_recorder
from adapters.event_log.writer_thread import WriterThread
from domain.errors import DatabaseUnavailableError

Result = TypeVar("Result")

TRIES: Final = 3
PAUSE_S: Final = 0.3
ANSWER_WITHIN_S: Final = 6.0
"""How long a person waits; an append that does not return by then may still come through."""


class PromptLog:
    """Records one thing after the other, on a connection that is opened when it is first needed."""

    def __init__(self, conninfo: str, name: str) -> None:
        self._conninfo = conninfo
        self._thread = WriterThread(name)
        self._recorder: EventLogRecorder | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        closing = asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        await asyncio.wait({closing}, timeout=ANSWER_WITHIN_S)
        self._thread.shutdown()

    async def record(self, call: Callable[[EventLogRecorder, bool], Result], unanswered: str) -> Result:
        """Return what *call* returns; it is told whether it is tried again after a try of unknown outcome.

        Raises what *call* raises, and :class:`DatabaseUnavailableError`, which says *unanswered*,
        when the log does not answer in time.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                for number in range(TRIES):
                    try:
                        return await loop.run_in_executor(self._thread, self._call, call, number > 0)
                    except (OperationalError, InterfaceError, InternalError):
                        await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            pass
        raise DatabaseUnavailableError(f"the event log does not answer in time; {unanswered}")

    def _call(self, call: Callable[[EventLogRecorder, bool], Result], again: bool) -> Result:
        if self._recorder is None:
            self._recorder = open_recorder(self._conninfo)
        return call(self._recorder, again)

    def _close(self) -> None:
        if self._recorder is not None:
            self._recorder.datastore.close()
