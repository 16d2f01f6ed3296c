"""Which histories can a desk have? Hypothesis strategies of events, and of the log that they make."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st

from domain.events import (
    IN_DOUBT,
    DealCancelled,
    DealConfirmed,
    DealCorrected,
    Event,
    FeedConnected,
    FeedDisconnected,
    MessageRejected,
    Recorded,
    connection_of,
)
from tests.notation import (
    AUTUMN,
    DAY,
    SPRING,
    cancelled,
    connected,
    corrected,
    deal,
    imported,
    interrupted,
    lost,
    published,
    reference_price,
    rejected,
    resolved,
)
from tests.spec import MemoryLog

TRADERS: Final = ("anna", "ben", "Çağla")
DAYS: Final[tuple[date, ...]] = (DAY, SPRING, AUTUMN)
LABELS: Final = {
    DAY: ("08-09", "23-24", "08:15-08:30", "08:30-09:00"),
    SPRING: ("01-02", "03-04", "03:00-03:15"),
    AUTUMN: ("02-03A", "02-03B", "02:15-02:30B", "03-04"),
}

days = st.sampled_from(DAYS)
labelled_days = days.flatmap(lambda day: st.tuples(st.just(day), st.sampled_from(LABELS[day])))
amounts = st.one_of(
    st.integers(-500, 500).map(Decimal),
    st.decimals(min_value=-1_000_000, max_value=1_000_000, places=6),
)
powers = st.one_of(
    st.integers(1, 50).map(Decimal), st.decimals(min_value=Decimal("0.000001"), max_value=1_000_000, places=6)
)


@st.composite
def deals(draw: st.DrawFn, ids: int = 30) -> DealConfirmed:
    """Draw a deal; few ids, so duplicates of identity happen, mostly as conflicts."""
    day, label = draw(labelled_days)
    trader, side = draw(st.sampled_from(TRADERS)), draw(st.sampled_from(("buys", "sells")))
    words = f"{trader} {side} {draw(powers):f} MW {label} at {draw(amounts):f}"
    return deal(words, day=day, deal_id=str(draw(st.integers(1, ids))))


@st.composite
def prices(draw: st.DrawFn) -> Event:
    """Draw an answer of the provider, from a few clock times, so older and equal ones happen."""
    day, label = draw(labelled_days)
    said = draw(st.one_of(st.just("undefined"), amounts.map(lambda value: f"at {value:f}")))
    return reference_price(f"{label} {said}", day=day, last_update=f"09:{draw(st.integers(10, 15))}:00")


@st.composite
def rejections(draw: st.DrawFn) -> Event:
    """Draw a message that is no deal; trader and day may be readable or not."""
    return rejected(
        draw(st.binary(max_size=8)),
        draw(st.sampled_from(("UNREADABLE", "INVALID: price", "NO_SUCH_PERIOD"))),
        trader=draw(st.none() | st.sampled_from(TRADERS)),
        day=draw(st.none() | days),
    )


lines = st.builds(
    lambda line, connection: connected(f"exchange/{line}", f"0{connection}:00:00", f"c{connection}"),
    st.integers(1, 2),
    st.integers(1, 9),
)

_STEPS: Final = (
    "deal", "deal", "deal", "again", "price", "reject", "line", "change", "settle", "lost", "file", "report", "hole",
    "doubt", "goes on",
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, max_size: int = 40) -> list[Recorded]:
    """Draw a log: what was new of a random day's messages, and what people did about them."""
    log = MemoryLog()
    for step in draw(st.lists(st.sampled_from(_STEPS), max_size=max_size)):
        log.append(_events(draw, step, log.events))
    return log.events


def _events(draw: st.DrawFn, step: str, past: list[Recorded]) -> list[Event]:
    match step:
        case "deal":
            return [draw(deals())]
        case "price":
            return [draw(prices())]
        case "reject":
            return [draw(rejections())]
        case "line":
            return [draw(lines)]
        case "again":
            return [draw(st.sampled_from(past)).event] if past else []
        case "change":
            return _changed(draw, past)
        case "file":
            return [imported(day=draw(days), sha256=draw(st.sampled_from(("ab", "cd"))) * 32)]
        case "hole":
            up = [r.event for r in past if isinstance(r.event, FeedConnected)]
            return [interrupted(draw(st.sampled_from(up)), "09:00:00 to 09:30:00")] if up else []
        case "doubt":
            up = [r.event for r in past if isinstance(r.event, FeedConnected)]
            reason = draw(st.sampled_from(IN_DOUBT))
            return [lost(draw(st.sampled_from(up)), "10:00:00", "09:15:00", reason)] if up else []
        case "goes on":
            ends = [r.event for r in past if isinstance(r.event, FeedDisconnected) and r.event.reason in IN_DOUBT]
            return [_goes_on(draw(st.sampled_from(ends)))] if ends else []
        case "report":
            return [published(draw(st.none() | st.sampled_from(TRADERS)), day=draw(days), position=len(past))]
        case "settle":
            open_ones = [r.position for r in past if isinstance(r.event, MessageRejected)]
            return [resolved(draw(st.sampled_from(open_ones)))] if open_ones else []
        case _:
            up = [r.event for r in past if isinstance(r.event, FeedConnected)]
            return [lost(draw(st.sampled_from(up)), "12:00:00", "11:59:50")] if up else []


def _goes_on(end: FeedDisconnected) -> FeedConnected:
    """Return that somebody vouches again for a connection for which nobody had."""
    return FeedConnected(line=end.line, connection=connection_of(end.connection), connected_at=end.last_heard_at)


def _changed(draw: st.DrawFn, past: list[Recorded]) -> list[Event]:
    """Cancel or correct a deal that still counts."""
    taken_back = {r.event.replaces for r in past if isinstance(r.event, DealCancelled | DealCorrected)}
    standing = [
        (r.position, r.event.deal)
        for r in past
        if isinstance(r.event, DealConfirmed | DealCorrected) and r.position not in taken_back
    ]
    if not standing:
        return []
    position, agreed = draw(st.sampled_from(standing))
    made = deal("anna buys 1 MW 08-09 at 1")
    if draw(st.booleans()):
        return [cancelled(replace(made, deal=agreed), position)]
    now = replace(agreed, quantity_mw=draw(powers), price_eur_mwh=draw(amounts), period=draw(deals()).deal.period)
    return [corrected(replace(made, deal=agreed), replace(made, deal=now), position)]
