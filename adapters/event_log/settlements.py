"""How is a rejection settled in the log: whole, once, and within seconds or not at all?"""

from collections.abc import Mapping, Sequence
from typing import Self

from adapters.event_log.prompt import PromptLog
from adapters.event_log.recorder import EventLogRecorder
from domain.errors import NoSuchRejectionError
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


class Settlements:
    """Settles rejections, one after the other."""

    def __init__(self, conninfo: str, read_again: ReadAgain) -> None:
        self._log = PromptLog(conninfo, "settlements")
        self._read_again = read_again

    async def __aenter__(self) -> Self:
        await self._log.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._log.__aexit__(*exc)

    async def settle(self, position: int, choice: Choice, reason: str, author: str) -> Settled:
        """Settle the rejection at *position*; return it with the events that did.

        Raises :class:`domain.errors.ResolutionRefusedError`, then nothing is recorded, and
        :class:`domain.errors.DatabaseUnavailableError` when the log does not answer in time.
        """
        reason, author = reason_of(reason), author_of(author)

        def record(recorder: EventLogRecorder, again: bool) -> Settled:
            return self._settle(recorder, position, choice, reason, author, again)

        return await self._log.record(record, f"look again in a moment whether rejection {position} is settled")

    def _settle(
        self, recorder: EventLogRecorder, position: int, choice: Choice, reason: str, author: str, again: bool
    ) -> Settled:
        stream = f"resolution:{position}"
        rejection, before = recorder.look_up(position, stream)
        if rejection is None:
            raise NoSuchRejectionError(f"there is no rejection {position}: the log has no such event")
        if not again:
            check_open(rejection, before)
        # Outside the transaction that others wait for: a message may have megabytes.
        wanted = settling(rejection, choice, self._read_again, reason, author)
        streams = [stream, *([deal_stream(wanted.deal)] if wanted.deal else [])]
        if again and (own := _own(recorder, streams, before, resolution_of(rejection, wanted))):
            return Settled(rejection, own)

        def decided(past: Mapping[str, Sequence[Recorded]]) -> Sequence[Event]:
            deal_past = past[streams[1]] if len(streams) > 1 else ()
            return settle(rejection, past[stream], deal_past, wanted)

        events = recorder.append_decided(streams, decided)
        return Settled(rejection, tuple(events))


def _own(
    recorder: EventLogRecorder, streams: Sequence[str], settled: Sequence[Recorded], wanted: Event
) -> tuple[Recorded, ...] | None:
    """Return what an earlier try recorded whose answer was lost, ``None`` where it recorded nothing."""
    mine = next((each for each in settled if each.event == wanted), None)
    if mine is None:
        return None
    # What follows from a settlement was appended in one transaction with it, right behind it.
    followed = [each for stream in streams[1:] for each in recorder.look_up(mine.position, stream)[1]]
    behind = (mine.position + 1, mine.recorded_at)
    return mine, *(each for each in followed if (each.position, each.recorded_at) == behind)
