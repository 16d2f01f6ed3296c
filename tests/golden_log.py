"""How is a log of golden reports made? A desk's story of three days, told once and kept in tests/golden for ever.

``python -m tests.golden_log`` tells it to a fresh database and keeps it under the name of today's projection version.
The times of recording and the key of the seals are new each time: it is run once for each version and never again.
"""

import asyncio
import tempfile
from datetime import date
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Final

from adapters.event_log.raw_log import RawLog
from adapters.log_export.writing import export_log
from adapters.postgres.embedded import EmbeddedPostgres
from domain.events import DealConfirmed, Event
from domain.performance import Moment
from domain.proofs import ReportPublished
from projections import PROJECTION_VERSION
from tests.desk import Desk, desk, settings_for
from tests.notation import (
    AUTUMN,
    DAY,
    SPRING,
    cancelled,
    conflict,
    connected,
    corrected,
    deal,
    imported,
    interrupted,
    lost,
    reference_price,
    rejected,
    resolved,
)
from tests.sealing import Sealer, sealer
from wattbook.reports import publish

GOLDEN: Final = Path(__file__).parent / "golden"
BOOKS: Final = ("anna", None)
BLOCK: Final = 25


def folder_of(version: str) -> Path:
    """Return where the golden reports of a projection version lie."""
    return GOLDEN / f"reports-{version}"


class _Story:
    """What happens on the desk, step by step."""

    def __init__(self, trading: Desk, folder: Path, recorder: Sealer) -> None:
        self._trading = trading
        self._folder = folder
        self._recorder = recorder

    async def happens(self, *events: Event) -> list[int]:
        """Record *events*; return their positions."""
        return [outcome.position for outcome in await self._trading.knows(*events)]

    async def is_published(self, day: date, *books: str | None) -> None:
        """Publish a report on each book as it is known now."""
        for book in books:
            await publish(settings_for(self._folder), self._trading.url, book, day, Moment(), "auditor", as_json=True)
            await self._trading.projects()

    async def is_told(self) -> None:
        """Let it all happen: both clock changes, late prices, and people who change their minds."""
        up, other_up = connected("exchange/1", "06:00:00", "c1"), connected("exchange/2", "06:00:01", "c2")
        moved = _spring("anna sells 4 MW 03-04 at 25", "2")
        withdrawn = _spring("ben buys 2.5 MW 03:00-03:15 at -3.000001", "3")
        _, _, first, second, third, _ = await self.happens(
            up, other_up, _spring("anna buys 10 MW 01-02 at 20", "1"), moved, withdrawn,
            _spring("Çağla sells 12.3 MW 23-24 at 500", "4"),
        )  # fmt: skip
        await self.happens(
            _price("01-02 at 28", SPRING, "07:00"), _price("03-04 undefined", SPRING, "07:00"),
            _price("03:00-03:15 at -1.5", SPRING, "07:00"),
        )  # fmt: skip
        await self.is_published(SPRING, *BOOKS)

        kept = _autumn("Çağla buys 1000000 MW 03-04 at -500", "4")
        *_, stands = await self.happens(
            _autumn("anna buys 10 MW 02-03A at 40", "1"), _autumn("anna sells 3 MW 02-03B at 33.333333", "2"),
            _autumn("ben sells 0.25 MW 02:15-02:30B at -0.000001", "3"), kept,
        )  # fmt: skip
        await self.happens(_price("02-03A at 30.333333333333", AUTUMN, "08:00"), _price("02-03B at 0", AUTUMN, "08:00"))
        await self.is_published(AUTUMN, *BOOKS)

        # What comes late: a deal that moved, one that never was, and prices older and newer than those that stand.
        await self.happens(
            corrected(moved, _spring("anna sells 4.5 MW 01-02 at 26", "2"), second), cancelled(withdrawn, third),
            _price("01-02 at 27", SPRING, "06:50"), _price("03-04 at 31", SPRING, "09:00"),
            _price("02-03A undefined", AUTUMN, "09:00"),
        )  # fmt: skip
        recalled = _autumn("Çağla buys 999999 MW 03-04 at -500", "4")
        in_doubt, unread, contradicts = await self.happens(
            rejected(b"anna buys in the hour that comes twice", "AMBIGUOUS_PERIOD", trader="anna", day=AUTUMN),
            rejected(b"\xff\x00 nobody can read this"), conflict(recalled, stands),
        )  # fmt: skip
        await self.happens(lost(up, "10:00:00", "09:59:50"), lost(other_up, "10:00:01", "09:59:51"))
        for day in (SPRING, AUTUMN):
            await self.is_published(day, *BOOKS)
        self._recorder.passes(hours=2)
        await self._recorder.seals()

        up_again = connected("exchange/1", "10:30:00", "c3")
        await self.happens(
            resolved(in_doubt, "02-03B"), _autumn("anna buys 1 MW 02-03B at 12", "5"), resolved(unread),
            resolved(contradicts, "accept"), corrected(kept, recalled, stands), up_again,
            interrupted(up_again, "10:40:00 to 10:45:00"), imported(day=DAY),
        )  # fmt: skip
        for day in (SPRING, AUTUMN, DAY):
            await self.is_published(day, *BOOKS, "nobody")
        await self.happens(
            cancelled(_spring("anna buys 10 MW 01-02 at 20", "1"), first), _price("02-03A at 31", AUTUMN, "11:00")
        )
        self._recorder.passes(hours=2)
        await self._recorder.seals()


async def _told(url: str, folder: Path) -> None:
    kept = folder_of(PROJECTION_VERSION)
    kept.mkdir()
    async with desk(url) as trading, sealer(trading, folder) as recorder:
        await _Story(trading, folder, recorder).is_told()
        copyfile(recorder.file, kept / "seals.jsonl")
    digests = []
    with RawLog(url) as log:
        export_log(log, kept / "log", log.head().position, lambda _: None, BLOCK)
        for position in range(1, log.head().position + 1):
            if isinstance(report := log.event_at(position), ReportPublished):
                written = report.performance.encode()
                (kept / f"{position}.json").write_bytes(written)
                digests.append(f"{sha256(written).hexdigest()}  {position}.json\n")
    (kept / "SHA256SUMS").write_text("".join(digests))


def _spring(words: str, number: str) -> DealConfirmed:
    return deal(words, day=SPRING, deal_id=f"spring {number}", executed="2023-03-25T12:00:00Z")


def _autumn(words: str, number: str) -> DealConfirmed:
    return deal(words, day=AUTUMN, deal_id=f"autumn {number}", executed="2023-10-28T12:00:00.000001Z")


def _price(words: str, day: date, at: str) -> Event:
    return reference_price(words, day=day, last_update=f"{day}T{at}:00Z", fetched=f"{day}T{at}:05Z")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        server = EmbeddedPostgres(Path(temporary))
        server.start()
        try:
            asyncio.run(_told(server.url, Path(temporary)))
        finally:
            server.stop()
