"""Which deals were made, and which were taken back?"""

from decimal import Decimal

from projections.deals import deals
from tests.notation import cancelled, conflict, corrected, deal
from tests.spec import given

MADE = deal("anna buys 10 MW 08:15-08:30 at -40.5", deal_id="123")
NOW = deal("anna buys 7 MW 09-10 at 41", deal_id="123")


def test_a_deal_is_a_row_with_its_energy_and_money() -> None:
    given(MADE).when(deals).then(
        {
            "position": 1,
            "sign": 1,
            "replaces": None,
            "deal_id": "123",
            "direction": "buy",
            "energy_mwh": Decimal("2.5"),
            "money_eur": Decimal("-101.25"),
            "label": "08:15-08:30",
            "executed_at": MADE.deal.executed_at,
        }
    )


def test_a_sale_has_its_energy_and_money_too() -> None:
    given(deal("anna sells 10 MW 08-09 at 40")).when(deals).then({"energy_mwh": 10, "money_eur": 400})


def test_a_cancellation_takes_the_row_back_and_the_history_stays() -> None:
    given(MADE, cancelled(MADE, replaces=1)).when(deals).then(
        {"position": 1, "sign": 1, "replaces": None}, {"position": 2, "sign": -1, "replaces": 1, "deal_id": "123"}
    )


def test_a_correction_takes_one_row_back_and_adds_another_in_one_position() -> None:
    given(MADE, corrected(MADE, NOW, replaces=1)).when(deals).then(
        {"position": 1, "sign": 1},
        {"position": 2, "sign": -1, "replaces": 1, "quantity_mw": 10},
        {"position": 2, "sign": 1, "replaces": None, "quantity_mw": 7},
    )


def test_a_conflict_is_no_deal() -> None:
    given(MADE, conflict(NOW, stands=1)).when(deals).then({"position": 1})
