"""What is wrong in a stretch of the log, and in the rows that its events make? Page by page, so that little is held."""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, cast

import psycopg

from adapters.event_log.chain_check import TABLE, Finding, Link, check_chain
from adapters.event_log.confirmed_deal import is_usual
from adapters.event_log.raw_log import Raw, RawLog
from adapters.event_log.stored_events import read_event
from adapters.read_models.comparison import (
    Rows,
    belongs_to_one_event,
    differences,
    folded,
    merged,
    stored,
    stored_at,
    within,
)
from adapters.read_models.confirmed_deals import TOPIC as CONFIRMED
from adapters.read_models.confirmed_deals import are_known
from adapters.read_models.ledger_check import ToldRows, holds_exactly, told_rows
from domain.errors import LogDamagedError
from domain.events import Recorded
from domain.proofs import ReportPublished
from projections import READ_MODELS
from projections.deals import deals
from projections.positions import positions
from projections.read_model import AnyReadModel
from wattbook.findings import Findings

_ARE_KNOWN: Final = are_known(READ_MODELS)
"""Where another read model makes something of confirmed deals, each of them is read into the domain's objects."""

_COLUMNS: Final = ("position", "originator_id", "originator_version", "topic", "recorded_at", "state", "hash")
_INSTEAD: Final[Link] = (0, "", 0, "", datetime(1970, 1, 1, tzinfo=UTC), b"", b"")


@dataclass
class Checked:
    """What is wrong, and the rows that the events make of each read model that adds up, by table and key.

    The sums of the positions are not among these: where the ledger holds what it must, they are its rows' sums.
    """

    findings: Findings = field(default_factory=Findings)
    rows: dict[str, Rows] = field(default_factory=dict)
    ledger_holds: bool = True


def check_stretch(database_url: str, snapshot: str, reached: Mapping[str, int], after: int, until: int) -> Checked:
    """Check the events above *after* up to *until* as *snapshot* has them, where read models have *reached* those."""
    try:
        return _checked(database_url, snapshot, reached, after, until)
    except (psycopg.DataError, TypeError, AttributeError, struct.error):
        # A time that no calendar holds, or NULL where none may be: rare, and it costs time to look for them.
        return _checked(database_url, snapshot, reached, after, until, careful=True)


def _checked(
    database_url: str, snapshot: str, reached: Mapping[str, int], after: int, until: int, *, careful: bool = False
) -> Checked:
    with RawLog(database_url, snapshot, all_times=careful) as log:
        check = _Check(log, reached, careful)
        chain = check_chain(check.pages(after, until), after, until, log.before(after))
    check.checked.findings.add(chain)
    return check.checked


def positions_of_stretch(database_url: str, snapshot: str, after: int, until: int) -> Rows:
    """Return the positions that the events above *after* up to *until* make; those that cannot be read make none."""
    rows: Rows = {}
    with RawLog(database_url, snapshot, all_times=True) as log:
        for page in log.pages(after, until):
            merged(positions, rows, folded(positions, _read(_whole(page), Findings())))
    return rows


class _Check:
    """Checks page after page of a stretch."""

    def __init__(self, log: RawLog, reached: Mapping[str, int], careful: bool) -> None:
        self._log = log
        self._careful = careful
        self._reached = {model.table: reached.get(model.table, 0) for model in READ_MODELS}
        self._summed = [model for model in READ_MODELS if not belongs_to_one_event(model) and model is not positions]
        self.checked = Checked(rows={model.table: {} for model in self._summed})

    def pages(self, after: int, until: int) -> Iterator[Sequence[Link]]:
        """Yield the pages of the log as they are, each when what it says was checked."""
        for page in self._log.links(after, until):
            raws: Sequence[Raw] = [(link[0], link[4], link[3], link[5]) for link in page]
            self._page(_whole(raws) if self._careful else raws, after, page[-1][0])
            yield list(map(self._without_nulls, page)) if self._careful else page
            after = page[-1][0]
        if after < until:
            self._gap(after, until)

    def _without_nulls(self, link: Link) -> Link:
        """Return *link* with something in place of each column that is gone, which its hash does not cover."""
        gone = [name for name, value in zip(_COLUMNS, link, strict=True) if value is None]
        self.checked.findings.add(Finding(link[0], TABLE, f"its {name} is NULL") for name in gone)
        values = [instead if value is None else value for value, instead in zip(link, _INSTEAD, strict=True)]
        return cast("Link", tuple(values))

    def _gap(self, after: int, until: int) -> None:
        """Check that no row is of an event above *after* up to *until*: it may be a gap as long as the log."""
        for model in filter(belongs_to_one_event, READ_MODELS):
            wrong = self.checked.findings.add(
                within(self._log.connection, model, after, min(until, self._reached[model.table]))
            )
            self.checked.ledger_holds &= not (model is deals and wrong)

    def _page(self, page: Sequence[Raw], after: int, until: int) -> None:
        """Check the events above *after* up to *until*, confirmed deals without objects where they can be."""
        confirmed = [raw for raw in page if raw[2] == CONFIRMED]
        told = None
        unread = page
        if _ARE_KNOWN and self._reached[deals.table] >= until:
            told = told_rows(confirmed)
            if told is not None:
                unread = [raw for raw in page if raw[2] != CONFIRMED]
        elif _ARE_KNOWN and self._reached[deals.table] <= after:
            unread = [raw for raw in page if raw[2] != CONFIRMED or not is_usual(raw[3])]
        events = list(_read(unread, self.checked.findings))
        self.checked.findings.add(_proof_findings(self._log, events))
        for model in READ_MODELS:
            end = min(until, self._reached[model.table])
            if end <= after or model is positions:
                continue
            if model in self._summed:
                wanted = folded(model, (event for event in events if event.position <= end))
                merged(model, self.checked.rows[model.table], wanted)
            elif model is not deals:
                self.checked.findings.add(self._differences(model, events, after, end))
            else:
                wrong = self.checked.findings.add(self._wrong_in_ledger(told, confirmed, events, after, end))
                self.checked.ledger_holds &= not wrong

    def _wrong_in_ledger(
        self, told: ToldRows | None, confirmed: Sequence[Raw], events: Sequence[Recorded], after: int, end: int
    ) -> Iterator[Finding]:
        others = [event.position for event in events]
        if told is None:
            return self._differences(deals, events, after, end)
        if holds_exactly(self._log.connection, told, after, end, others):
            return differences(deals, folded(deals, events), stored_at(self._log.connection, deals, others), end)
        return self._differences(deals, [*_read(confirmed, self.checked.findings), *events], after, end)

    def _differences(self, model: AnyReadModel, events: Iterable[Recorded], after: int, end: int) -> Iterator[Finding]:
        """Compare the rows above *after* up to *end* with those that *events* make, one by one."""
        wanted = folded(model, (event for event in events if event.position <= end))
        return differences(model, wanted, stored(self._log.connection, model, after, end), end)


def _whole(page: Sequence[Raw]) -> Sequence[Raw]:
    return [raw for raw in page if None not in raw]


def _read(page: Iterable[Raw], findings: Findings) -> Iterator[Recorded]:
    """Yield the events of *page*; what cannot be read is added to the *findings*."""
    for position, recorded_at, topic, state in page:
        try:
            yield Recorded(position, recorded_at.astimezone(UTC), read_event(topic, state))
        except LogDamagedError as error:
            findings.add([Finding(position, TABLE, str(error))])


def _proof_findings(log: RawLog, events: Sequence[Recorded]) -> Iterator[Finding]:
    for recorded in events:
        if isinstance(report := recorded.event, ReportPublished):
            if sha256(report.performance.encode()).hexdigest() != report.digest:
                yield Finding(recorded.position, TABLE, "the report's digest is not that of its figures")
            before = log.before(report.position)
            if before is None or before[1].hex() != report.log_hash:
                yield Finding(
                    recorded.position, TABLE, f"the report's log hash is not that at position {report.position}"
                )
