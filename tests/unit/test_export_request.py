"""Does an export's address ask for what the schema's DealFilter asks for, and is all else refused with a reason?"""

from datetime import UTC, date, datetime

import pytest

from domain.performance import Moment
from graphql_api import inputs
from graphql_api.errors import BadInputError
from graphql_api.export_request import read_parameters
from projections.reading import DealFilter


def test_the_parameters_are_the_fields_of_the_filter() -> None:
    wanted, moment = read_parameters(
        [
            ("traderId", "anna & co"),
            ("deliveryDayFrom", "2023-02-06"),
            ("deliveryDayTo", "2023-02-07"),
            ("label", "08-09"),
            ("direction", "SELL"),
            ("executedFrom", "2023-02-06T07:00:00+01:00"),
            ("executedTo", "2023-02-06T07:00:00.5Z"),
            ("asOf", "4711"),
        ]
    )
    assert wanted == DealFilter(
        trader_id="anna & co",
        delivery_day_from=date(2023, 2, 6),
        delivery_day_to=date(2023, 2, 7),
        label="08-09",
        direction="sell",
        executed_from=datetime(2023, 2, 6, 6, tzinfo=UTC),
        executed_to=datetime(2023, 2, 6, 7, 0, 0, 500_000, UTC),
    )
    assert moment == Moment(position=4711)
    assert set(inputs.DealFilter.__dataclass_fields__) == set(DealFilter.__dataclass_fields__)


def test_without_parameters_all_deals_are_wanted_as_of_now() -> None:
    assert read_parameters([]) == (DealFilter(), None)


def test_a_moment_may_be_a_time() -> None:
    assert read_parameters([("asOf", "2023-02-06T06:00:00Z")])[1] == Moment(
        recorded_at=datetime(2023, 2, 6, 6, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ([("trader", "anna")], "there is no parameter 'trader': there are traderId, "),
        ([("traderId", "anna"), ("traderId", "bob")], "traderId is given twice"),
        ([("traderId", "")], "traderId has no value"),
        ([("traderId", "a\0")], "traderId: a text has a NUL"),
        ([("direction", "both")], "direction: neither BUY nor SELL: 'both'"),
        ([("deliveryDayFrom", "2023-02-30")], "deliveryDayFrom: not a day"),
        ([("deliveryDayTo", "tomorrow")], "deliveryDayTo: not a day"),
        ([("executedFrom", "2023-02-06T06:00:00")], "executedFrom: not a time with an offset"),
        ([("executedTo", "2023-02-06T06:00:00 01:00")], "in an address \\+ is written %2B"),
        ([("asOf", "-1")], "asOf: not a position, a string of digits, nor a time: not a time"),
        ([("asOf", "9" * 19)], "asOf: not a position"),
        ([("asOf", "٣")], "asOf: not a position"),
        ([("asOf", "head")], "asOf: not a position, a string of digits, nor a time: not a time"),
    ],
)
def test_what_means_nothing_is_refused_with_a_sentence(parameters: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(BadInputError, match=told):
        read_parameters(parameters)
