"""How is a report published in the log?"""

from typing import Final, Self

from adapters.canonical_json import digest_of, performance_json
from adapters.event_log.prompt import PromptLog
from adapters.event_log.recorder import EventLogRecorder
from domain.events import Recorded
from domain.performance import Performance
from domain.proofs import ReportPublished
from domain.resolution import author_of

_UNANSWERED: Final = "look in a moment whether the report is published, or publish it again: it is published once"


class Publications:
    """Publishes reports, one after the other."""

    def __init__(self, conninfo: str) -> None:
        self._log = PromptLog(conninfo, "publications")

    async def __aenter__(self) -> Self:
        await self._log.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._log.__aexit__(*exc)

    async def publish(self, performance: Performance, author: str) -> Recorded:
        """Freeze *performance* as a report by *author*; return it as it lies in the log.

        The same figures of the same position by the same author are published once. Raises
        :class:`domain.errors.DatabaseUnavailableError` when the log does not answer in time.
        """
        author = author_of(author)

        def record(recorder: EventLogRecorder, _: bool) -> Recorded:
            position = performance.knowledge.position
            written = performance_json(performance)
            event = ReportPublished(
                trader_id=performance.trader_id,
                delivery_day=performance.delivery_day,
                position=position,
                log_hash=recorder.hash_at(position).hex(),
                projection_version=performance.knowledge.projection_version,
                performance=written.decode(),
                digest=digest_of(written),
                author=author,
            )
            (outcome,) = recorder.append([event])
            published, _past = recorder.look_up(outcome.position, "")
            assert published is not None
            return published

        return await self._log.record(record, _UNANSWERED)
