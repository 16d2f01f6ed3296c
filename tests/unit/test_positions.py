"""What has each trader bought and sold in each delivery period?"""

from decimal import Decimal

from projections.positions import positions
from tests.notation import AUTUMN, DAY, cancelled, conflict, corrected, deal, reference_price, rejected
from tests.spec import given


def test_deals_of_one_period_add_up_and_those_of_others_stay_apart() -> None:
    given(
        deal("anna buys 10 MW 08-09 at 40"),
        deal("anna sells 4 MW 08-09 at 50"),
        deal("anna buys 10 MW 08:00-08:15 at 40"),
        deal("ben buys 1 MW 08-09 at -5"),
    ).when(positions).then(
        {"trader_id": "anna", "label": "08:00-08:15", "minutes": 15, "deals": 1, "bought_mwh": Decimal("2.5")},
        {"trader_id": "anna", "label": "08-09", "deals": 2, "bought_eur": 400, "sold_mwh": 4, "sold_eur": 200},
        {"trader_id": "ben", "label": "08-09", "deals": 1, "bought_mwh": 1, "bought_eur": -5},
    )


def test_the_two_hours_of_the_autumn_day_stay_apart() -> None:
    given(
        deal("anna buys 1 MW 02-03A at 40", day=AUTUMN),
        deal("anna buys 2 MW 02-03B at 40", day=AUTUMN),
    ).when(positions).then({"label": "02-03A", "bought_mwh": 1}, {"label": "02-03B", "bought_mwh": 2})


def test_a_cancelled_deal_leaves_nothing_but_an_empty_row() -> None:
    made = deal("anna buys 10 MW 08-09 at 40")
    given(made, cancelled(made, replaces=1)).when(positions).then(
        {"delivery_day": DAY, "deals": 0, "bought_mwh": 0, "bought_eur": 0}
    )


def test_a_corrected_deal_counts_with_its_new_content_in_its_new_period() -> None:
    made, now = deal("anna buys 10 MW 08-09 at 40"), deal("anna buys 7 MW 09-10 at 41")
    given(made, corrected(made, now, replaces=1)).when(positions).then(
        {"label": "08-09", "deals": 0, "bought_mwh": 0, "bought_eur": 0},
        {"label": "09-10", "deals": 1, "bought_mwh": 7, "bought_eur": 287},
    )


def test_conflicts_rejections_and_prices_move_nothing() -> None:
    given(
        deal("anna buys 10 MW 08-09 at 40"),
        conflict(deal("anna buys 11 MW 08-09 at 40"), stands=1),
        rejected(b"{", trader="anna", day=DAY),
        reference_price("08-09 at 28"),
    ).when(positions).then({"deals": 1, "bought_mwh": 10})
