"""What is wrong in a stretch of the log, and in the rows that its events make? Page by page, so that little is held."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256

from adapters.event_log.chain_check import TABLE, Finding, Link, check_chain
from adapters.event_log.confirmed_deal import is_usual
from adapters.event_log.raw_log import Raw, RawLog
from adapters.event_log.seals import is_signed
from adapters.event_log.stored_events import read_event
from adapters.read_models.comparison import (
    Rows,
    belongs_to_one_event,
    differences,
    folded,
    merged,
    rows_by_key,
    stored,
    stored_at,
)
from adapters.read_models.confirmed_deals import TOPIC as CONFIRMED
from adapters.read_models.confirmed_deals import ConfirmedDeals, are_known
from adapters.read_models.ledger_check import holds_exactly
from domain.errors import LogDamagedError
from domain.events import Recorded
from domain.proofs import LogSealed, ReportPublished
from projections import READ_MODELS
from projections.deals import deals
from projections.positions import positions
from projections.read_model import AnyReadModel


@dataclass
class Checked:
    """What is wrong, and the rows that the events make of each read model that adds up, by table and key."""

    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)


def check_stretch(database_url: str, snapshot: str, reached: Mapping[str, int], after: int, until: int) -> Checked:
    """Check the events above *after* up to *until* as *snapshot* has them, where read models have *reached* those."""
    with RawLog(database_url, snapshot) as log:
        check = _Check(log, reached)
        chain = check_chain(check.pages(after, until), after, until, log.before(after))
        checked = check.end()
    checked.findings += chain
    return checked


class _Check:
    """Checks page after page of a stretch."""

    def __init__(self, log: RawLog, reached: Mapping[str, int]) -> None:
        self._log = log
        self._reached = {model.table: reached.get(model.table, 0) for model in READ_MODELS}
        self._confirmed = ConfirmedDeals() if are_known(READ_MODELS) else None
        self._checked = Checked(rows={model.table: {} for model in READ_MODELS if not belongs_to_one_event(model)})

    def pages(self, after: int, until: int) -> Iterator[Sequence[Link]]:
        """Yield the pages of the log as they are, each when what it says was checked."""
        for page in self._log.links(after, until):
            self._page([(link[0], link[4], link[3], link[5]) for link in page], after, page[-1][0])
            yield page
            after = page[-1][0]
        if after < until:
            self._page([], after, until)

    def end(self) -> Checked:
        """Return what was found in all pages."""
        if self._confirmed is not None:
            rows = positions.one_a_key(self._confirmed.take_positions())
            merged(positions, self._checked.rows[positions.table], rows_by_key(positions, rows))
        return self._checked

    def _page(self, page: Sequence[Raw], after: int, until: int) -> None:
        """Check the events above *after* up to *until*, confirmed deals without objects where they can be."""
        confirmed = [raw for raw in page if raw[2] == CONFIRMED]
        ledger = None
        unread = page
        if self._confirmed is not None:
            reached = self._reached[deals.table], self._reached[positions.table]
            if min(reached) >= until:
                ledger = self._confirmed.ledger(confirmed)
            if ledger is not None:
                unread = [raw for raw in page if raw[2] != CONFIRMED]
            elif max(reached) <= after:
                unread = [raw for raw in page if raw[2] != CONFIRMED or not is_usual(raw[3])]
        events = list(self._read(unread))
        self._checked.findings += _proof_findings(self._log, events)
        for model in READ_MODELS:
            end = min(until, self._reached[model.table])
            if end <= after:
                continue
            if not belongs_to_one_event(model):
                wanted = folded(model, (event for event in events if event.position <= end))
                merged(model, self._checked.rows[model.table], wanted)
            elif model is not deals or ledger is None:
                self._compare(model, events, after, end)
            elif holds_exactly(self._log.connection, model, ledger, after, end, but := [e.position for e in events]):
                found = stored_at(self._log.connection, model, but)
                self._checked.findings += differences(model, folded(model, events), found, end)
            else:
                self._compare(model, [*self._read(confirmed), *events], after, end)

    def _compare(self, model: AnyReadModel, events: Iterable[Recorded], after: int, end: int) -> None:
        """Compare the rows above *after* up to *end* with those that *events* make, one by one."""
        wanted = folded(model, (event for event in events if event.position <= end))
        self._checked.findings += differences(model, wanted, stored(self._log.connection, model, after, end), end)

    def _read(self, page: Iterable[Raw]) -> Iterator[Recorded]:
        """Yield the events of *page*; what cannot be read is a finding."""
        for position, recorded_at, topic, state in page:
            try:
                yield Recorded(position, recorded_at.astimezone(UTC), read_event(topic, state))
            except LogDamagedError as error:
                self._checked.findings.append(Finding(position, TABLE, str(error)))


def _proof_findings(log: RawLog, events: Sequence[Recorded]) -> Iterator[Finding]:
    for recorded in events:
        if isinstance(seal := recorded.event, LogSealed) and not is_signed(seal):
            yield Finding(recorded.position, TABLE, "the seal is not signed by its own key")
        if isinstance(report := recorded.event, ReportPublished):
            if sha256(report.performance.encode()).hexdigest() != report.digest:
                yield Finding(recorded.position, TABLE, "the report's digest is not that of its figures")
            before = log.before(report.position)
            if before is None or before[1].hex() != report.log_hash:
                yield Finding(
                    recorded.position, TABLE, f"the report's log hash is not that at position {report.position}"
                )
