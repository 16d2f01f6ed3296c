"""What does a person's choice make of a rejection, once its message is read again?"""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import NoSuchRejectionError, ResolutionRefusedError, StillNoDealError
from domain.events import Event, MessageRejected
from domain.resolution import Accept, Choice, Discard, ForPeriod, Settling, settling
from tests.desk import settings_for
from tests.notation import AUTUMN, DAY, conflict, deal, receipt, recorded
from wattbook.rereading import reading_again

ANNA, OTHER = (deal(f"anna buys 10 MW 08-09 at {price}") for price in (40, 41))
ORDER = {
    "id": "1", "price": 40, "quantity": 10, "direction": "buy", "delivery_day": str(AUTUMN), "delivery_hour": "02-03",
    "trader_id": "anna", "execution_time": "2023-10-28T12:00:00Z",
}  # fmt: skip


def said(
    reason: str = "AMBIGUOUS_PERIOD", source: str = "epex/1", change: Mapping[str, object] | None = None
) -> MessageRejected:
    message = json.dumps({"deal_confirmation": ORDER | dict(change or {})}).encode()
    return MessageRejected(reason=reason, trader_id="anna", delivery_day=AUTUMN, receipt=receipt(message, source))


def chosen(tmp_path: Path, event: Event, choice: Choice) -> Settling:
    return settling(recorded([event])[0], choice, reading_again(settings_for(tmp_path)), "asked", "desk")


@pytest.mark.parametrize("label", ["02-03A", "02-03B", "02:15-02:30B", "08-09"])
def test_an_order_is_a_deal_of_the_period_that_a_person_names_at_the_exchange_that_it_came_from(
    tmp_path: Path, label: str
) -> None:
    settled = chosen(tmp_path, said(), ForPeriod(label))
    assert settled.deal is not None
    assert settled.resolution == f"assigned to {label}"
    assert (settled.deal.period.label, settled.deal.period.day, settled.deal.exchange) == (label, AUTUMN, "epex")


def test_a_row_of_a_day_file_is_read_as_a_row(tmp_path: Path) -> None:
    row = b"1,40,10,buy,2023-10-29,02-03,anna,2023-10-28T12:00:00Z"
    source = "file:epex_trades_20231028.csv"
    event = replace(said(), receipt=receipt(row, source))
    settled = chosen(tmp_path, event, ForPeriod("02-03B"))
    assert settled.deal is not None
    assert (settled.deal.period.label, settled.deal.exchange) == ("02-03B", "epex")
    assert (settled.deal.deal_id, settled.deal.price_eur_mwh) == ("1", Decimal(40))
    with pytest.raises(StillNoDealError, match="AMBIGUOUS_PERIOD"):
        chosen(tmp_path, event, Accept())
    with pytest.raises(StillNoDealError, match="UNREADABLE"):
        chosen(tmp_path, replace(event, receipt=receipt(b"1,40", source)), ForPeriod("02-03A"))


@pytest.mark.parametrize(
    ("label", "words"),
    [("02-03", "02-03A or 02-03B"), ("25-26", "no delivery"), ("eight", "not the label"), ("08-09A", "no delivery")],
)
def test_a_period_that_the_day_has_not_or_has_twice_is_refused_by_its_name(
    tmp_path: Path, label: str, words: str
) -> None:
    with pytest.raises(ResolutionRefusedError, match=words):
        chosen(tmp_path, said(), ForPeriod(label))


def test_a_message_whose_period_is_not_in_doubt_is_given_none(tmp_path: Path) -> None:
    with pytest.raises(ResolutionRefusedError, match="INVALID: price"):
        chosen(tmp_path, said("INVALID: price", change={"price": "NaN"}), ForPeriod("08-09"))
    with pytest.raises(ResolutionRefusedError, match="is a conflict"):
        chosen(tmp_path, conflict(OTHER, 1), ForPeriod("08-09"))


@pytest.mark.parametrize(("fields", "reason"), [({}, "AMBIGUOUS_PERIOD"), ({"price": "NaN"}, "INVALID: price")])
def test_what_is_still_no_deal_is_not_accepted(tmp_path: Path, fields: dict[str, object], reason: str) -> None:
    with pytest.raises(StillNoDealError, match=reason):
        chosen(tmp_path, said(reason, change=fields), Accept())


def test_what_todays_rules_can_read_is_accepted_as_the_deal_it_says(tmp_path: Path) -> None:
    settled = chosen(
        tmp_path, said("UNREADABLE", change={"delivery_day": str(DAY), "delivery_hour": "08-09"}), Accept()
    )
    assert settled.deal is not None
    assert (settled.resolution, settled.deal.period.label, settled.deal.period.day) == ("accepted", "08-09", DAY)


def test_a_conflict_is_accepted_with_the_content_that_came() -> None:
    def never(*_: object) -> str:
        raise AssertionError("a conflict was read when it came")

    settled = settling(recorded([ANNA, conflict(OTHER, 1)])[1], Accept(), never, "asked", "desk")
    assert settled.deal == OTHER.deal


def test_anything_can_be_discarded_without_being_read(tmp_path: Path) -> None:
    for event in (said(), said("UNREADABLE", source="file:epex_trades_20231028.csv"), conflict(OTHER, 1)):
        assert chosen(tmp_path, event, Discard()) == Settling("discarded", None, "asked", "desk")


def test_what_is_no_rejection_is_settled_by_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRejectionError):
        chosen(tmp_path, ANNA, Accept())
