"""How does a new receiver take over from an older one without a moment in which nobody listens?

It holds its lines beside the older one, and only when each of them is proved does it ask the
older one to stop. Where it cannot prove them, it is the new one that gives up.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.exchange.line import Line
from adapters.journal.holders import Holder, holders
from domain.errors import CannotReplaceError
from wattbook.settings import Settings

_log = logging.getLogger(__name__)

PROVED_WITHIN_S = 30.0
"""How long a new receiver may take to hold its lines before it gives up."""

ENDED_WITHIN_S = 20.0
"""How long an older one may take to end before that is an error."""

_LOOK_S = 0.05


@dataclass(frozen=True)
class Replacement:
    """Who takes over from whom."""

    settings: Settings
    older: Sequence[Holder]

    @staticmethod
    def by(new: Holder, settings: Settings) -> "Replacement":
        """Find whom *new* is to replace; raise :class:`CannotReplaceError` where that would cost a line.

        Must be called before *new* has a journal: then of two that replace at the same time
        at most one finds the other.
        """
        older = [each for each in holders(settings.journal_dirs) if set(each.lines) & set(new.lines)]
        if new.supervised:
            # ``run`` replaces its own receivers and no others.
            older = [each for each in older if each.supervised]
        for each in older:
            if each.supervised and not new.supervised:
                raise CannotReplaceError(
                    f"{', '.join(each.lines)} is held by process {each.pid} of 'wattbook run', which would only start "
                    "it again: send SIGHUP to 'wattbook run', and it replaces its receivers without a gap"
                )
            if beyond := sorted(set(each.lines) - set(new.lines)):
                raise CannotReplaceError(
                    f"process {each.pid} also holds {', '.join(beyond)}, which nobody would hold then: "
                    "replace it with all its lines"
                )
        return Replacement(settings, older)

    async def take_over(self, lines: Sequence[Line], stop: asyncio.Event) -> bool:
        """Replace the older ones by *lines* unless *stop* comes first; where that fails, set *stop*, return false."""
        carrying = asyncio.create_task(self._carry_out(lines))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({carrying, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if carrying.done():
                carrying.result()
        except CannotReplaceError as error:
            _log.critical("%s", error)
            stop.set()
            return False
        finally:
            carrying.cancel()
            stopping.cancel()
            await asyncio.gather(carrying, stopping, return_exceptions=True)
        return True

    async def _carry_out(self, lines: Sequence[Line]) -> None:
        """Let the older ones go once *lines* are proved; raise :class:`CannotReplaceError` if they cannot be."""
        try:
            async with asyncio.timeout(PROVED_WITHIN_S):
                await _all_proved(lines)
        except TimeoutError:
            if still_there := [each for each in self.older if each.runs]:
                missing = ", ".join(line.name for line in lines if not line.proved.is_set()) or "every line at once"
                raise CannotReplaceError(
                    f"{missing} could not be held beside the older receiver for {PROVED_WITHIN_S:g} s (does the "
                    f"exchange allow a second connection?); process {_pids(still_there)} goes on untouched"
                ) from None
            return
        held_now = holders(self.settings.journal_dirs)
        asked = [each for each in self.older if each in held_now and each.ask_to_stop()]
        if asked:
            _log.info("All lines are open and proved; process %s is asked to stop", _pids(asked))
            await self._until_ended(asked)

    async def _until_ended(self, asked: Sequence[Holder]) -> None:
        try:
            async with asyncio.timeout(ENDED_WITHIN_S):
                while any(each.runs for each in asked):  # noqa: ASYNC110 - another process ends
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            _log.error(
                "Process %s was asked to stop and does not end. This one goes on beside it, so nothing is missed; "
                "look what holds it up and end it.",
                _pids([each for each in asked if each.runs]),
            )
        else:
            _log.info("Process %s has ended; its lines are held here now", _pids(asked))


async def _all_proved(lines: Sequence[Line]) -> None:
    """Return when all lines are proved at the same moment."""
    while not all(line.proved.is_set() for line in lines):
        for line in lines:
            await line.proved.wait()


def _pids(processes: Sequence[Holder]) -> str:
    return ", ".join(str(each.pid) for each in processes)
