"""What did the provider say a period is worth?"""

from projections.reference_prices import reference_prices
from tests.notation import deal, instant, reference_price
from tests.spec import given


def test_every_observation_is_a_row_also_an_older_and_an_undefined_one() -> None:
    given(
        reference_price("08-09 at 28", last_update="09:10:00"),
        reference_price("08-09 at 27", last_update="09:00:00"),
        reference_price("08-09 undefined", last_update="09:20:00", fetched="09:20:04"),
        deal("anna buys 10 MW 08-09 at 40"),
    ).when(reference_prices).then(
        {"position": 1, "value": 28, "label": "08-09"},
        {"position": 2, "value": 27, "last_update": instant("09:00:00")},
        {"position": 3, "value": None, "fetched_at": instant("09:20:04")},
    )
