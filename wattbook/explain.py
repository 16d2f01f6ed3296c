"""What changed the figures of a trader, or the desk, between two moments? The command ``explain``."""

import json
import sys
from datetime import date
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.event_log.stored_events import read_event
from adapters.read_models.snapshot import ReadSnapshot
from adapters.read_models.store import ReadStore
from domain.decimals import plain
from domain.errors import UnknownPositionError, WrongOrderError
from domain.events import Deal, DealCancelled, DealConfirmed, DealCorrected, ReferencePriceUpdated
from domain.performance import Moment
from projections.explanation import Explanation
from projections.reading import LogEvent, Scope
from projections.shown import explanation_fields
from wattbook.catching_up import CatchingUp
from wattbook.figures_table import add_columns, cells, local_time
from wattbook.moments import say_of
from wattbook.printing import printable
from wattbook.settings import Settings

STEPS: Final = 20_000
"""More events than this nobody reads."""


async def explain(
    settings: Settings, database_url: str, trader: str | None, day: date, start: Moment, end: Moment, *, as_json: bool
) -> int:
    """Print every event that concerns the figures, and the figures after each.

    Raises :class:`domain.errors.UnknownPositionError` past the head of the log, and
    :class:`WrongOrderError` where *start* is after *end*.
    """
    async with ReadStore(database_url, settings.timezone, settings.lines, size=1) as store:
        async with CatchingUp(store, database_url) as catching_up:
            await catching_up.to_head()
        async with store.snapshot() as snapshot:
            first, last = await _place(snapshot, start), await _place(snapshot, end)
            if first > last:
                raise WrongOrderError(f"--from (position {first}) is after --to (position {last})")
            found = await snapshot.explanation(Scope(), trader, day, first, last, STEPS)
            if found is None:
                raise WrongOrderError("too much has happened between the two moments: ask for a shorter stretch")
    if as_json:
        print(json.dumps(explanation_fields(found)))
    else:
        _print(found, first, last, settings)
    return 0


async def _place(snapshot: ReadSnapshot, moment: Moment) -> int:
    if moment.recorded_at is not None:
        position = await snapshot.position_at(moment.recorded_at)
        say_of(moment, position)
        return position
    if moment.position is not None and moment.position > snapshot.head:
        raise UnknownPositionError(f"position {moment.position} is past the head of the log, {snapshot.head}")
    return snapshot.projected if moment.position is None else moment.position


def _print(found: Explanation, first: int, last: int, settings: Settings) -> None:
    print(f"from position {first} to position {last}: {len(found.steps)} events concern these figures")
    table = Table(box=None, pad_edge=False, header_style="")
    for heading in ("Position", "Recorded", "What"):
        table.add_column(heading)
    add_columns(table)
    table.add_row(str(first), "", "before", *cells(found.before))
    for step in found.steps:
        at = local_time(step.event.recorded_at, settings)
        table.add_row(str(step.event.position), at, escape(printable(_words(step.event))), *cells(step.figures))
    Console(highlight=False, width=None if sys.stdout.isatty() else 220).print(table)
    print(f"light, delta and reference are over what is priced; market time {settings.timezone.key}")


def _words(entry: LogEvent) -> str:
    """Return in a few words what an event says."""
    match read_event(entry.topic, entry.payload.encode()):
        case DealConfirmed(deal=deal):
            return f"deal {_terms(deal)}"
        case DealCancelled(deal=deal, reason=reason):
            return f"cancelled: {_terms(deal)} ({reason})"
        case DealCorrected(before=before, deal=deal, reason=reason):
            return f"corrected: {_terms(before)}, now {_terms(deal)} ({reason})"
        case ReferencePriceUpdated(period=period, value=value):
            return f"reference price {period.label}: {'undefined' if value is None else plain(value)}"
        case _:
            return entry.topic


def _terms(deal: Deal) -> str:
    return (
        f"{deal.deal_id} of {deal.trader_id}: {deal.direction} {plain(deal.quantity_mw)} MW {deal.period.label} "
        f"at {plain(deal.price_eur_mwh)}"
    )
