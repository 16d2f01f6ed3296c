"""Is every event stored in the form that was once agreed, and read back for ever after?"""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.stored_events import read_event, state_of
from domain.errors import LogDamagedError
from domain.events import EVENT_TYPES, DealConfirmed, Event, Recorded
from tests.histories import histories
from tests.notation import (
    AUTUMN,
    cancelled,
    conflict,
    connected,
    corrected,
    deal,
    imported,
    interrupted,
    lost,
    published,
    receipt,
    reference_price,
    rejected,
    resolved,
    sealed,
)

GOLDEN: Final = Path(__file__).parents[1] / "golden"

ANNA = deal("anna buys 12.3 MW 08-09 at 20.5", deal_id="123")
OTHER = deal("anna buys 12.3 MW 08:15-08:30 at -0.000001", deal_id="123")
SECOND_TWO_O_CLOCK = deal(
    "Çağla sells 1000000 MW 02-03B at -500", day=AUTUMN, executed="2023-10-28T12:00:00.000001Z", line="file/a.csv"
)
BINARY = DealConfirmed(deal=ANNA.deal, receipt=receipt(b"\xff\xfe\x00 not UTF-8"))
UP = connected("exchange/1", "06:00:00")

EVENTS: Final[dict[str, Event]] = {
    "deal.confirmed.v1": ANNA,
    "deal.confirmed.v1.second-two-o-clock": SECOND_TWO_O_CLOCK,
    "deal.confirmed.v1.not-utf-8": BINARY,
    "deal.cancelled.v1": cancelled(ANNA, replaces=7),
    "deal.corrected.v1": corrected(ANNA, OTHER, replaces=7),
    "deal.conflicted.v1": conflict(OTHER, stands=7),
    "reference-price.updated.v1": reference_price("12-13 at 100.0"),
    "reference-price.updated.v1.undefined": reference_price("12-13 undefined", last_update="09:20:00.5"),
    "message.rejected.v1": rejected(b'{"deal_confirmation": 1}', "INVALID: price", trader="anna", day=AUTUMN),
    "message.rejected.v1.unreadable": rejected(b"\x80\x81"),
    "message.rejected.v1.empty": rejected(b""),
    "message.rejected.v1.text-with-nul": rejected('"\0" is Ünicode'.encode()),
    "rejection.resolved.v1": resolved(9, "02-03B"),
    "feed.connected.v1": UP,
    "feed.disconnected.v1": lost(UP, "10:00:00", "09:59:50.25"),
    "feed.interrupted.v1": interrupted(UP, "09:59:50.25 to 10:00:00"),
    "day-file.imported.v1": imported(),
    "log.sealed.v1": sealed(),
    "log.sealed.v1.second": sealed(8, 12, "5e" * 64),
    "report.published.v1": published(),
    "report.published.v1.desk": published(None, day=AUTUMN, position=0),
}


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_written_today_is_what_was_once_agreed(name: str) -> None:
    assert state_of(EVENTS[name]) == golden(name)


@pytest.mark.parametrize("name", EVENTS)
def test_what_was_once_written_is_read_as_the_same_event(name: str) -> None:
    assert read_event(EVENTS[name].TOPIC, golden(name)) == EVENTS[name]


def test_every_golden_file_has_its_event() -> None:
    assert {path.name.removesuffix(".json") for path in GOLDEN.glob("*.json")} == set(EVENTS)


def test_every_topic_has_a_golden_file() -> None:
    assert {event.TOPIC for event in EVENTS.values()} == {kind.TOPIC for kind in EVENT_TYPES}
    assert all((GOLDEN / f"{kind.TOPIC}.json").exists() for kind in EVENT_TYPES)


@given(histories())
def test_every_event_survives_being_stored(log: list[Recorded]) -> None:
    for recorded in log:
        event = recorded.event
        assert read_event(event.TOPIC, state_of(event)) == event


@given(st.binary(max_size=64))
def test_every_message_is_kept_verbatim(original: bytes) -> None:
    kept = read_event("message.rejected.v1", state_of(rejected(original)))
    assert kept == rejected(original)


def test_an_unknown_topic_is_damage_and_named() -> None:
    with pytest.raises(LogDamagedError, match="imagined"):
        read_event("deal.imagined.v1", b"{}")


@pytest.mark.parametrize("damage", [b"", b"{}", b"null", b"[]", b'{"deal"', b"\xff"])
def test_bytes_of_no_form_are_damage(damage: bytes) -> None:
    with pytest.raises(LogDamagedError):
        read_event("reference-price.updated.v1", damage)


@pytest.mark.parametrize(
    ("written", "changed"),
    [
        (b'"100"', b'"1e"'),
        (b'"100"', b'"NaN"'),
        (b'"100"', b"100"),
        (b'"minutes":60', b'"minutes":45'),
        (b"09:15:45Z", b"09:15:45"),
        (b'{"text":"12-13 at 100.0"}', b'{"base64":"!"}'),
        (b'{"text":"12-13 at 100.0"}', b"{}"),
    ],
)
def test_a_form_with_an_impossible_field_is_damage(written: bytes, changed: bytes) -> None:
    damaged = golden("reference-price.updated.v1").replace(written, changed)
    with pytest.raises(LogDamagedError):
        read_event("reference-price.updated.v1", damaged)


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes()
