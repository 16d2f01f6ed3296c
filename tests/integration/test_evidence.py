"""Is everything that stands behind a figure found: the moments at which it may have changed, and every price?"""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.desk import Api, Desk, serving, settings_for
from tests.notation import deal

MOMENTS = (
    "query ($trader: String, $day: Date!, $atMost: Int! = 500) "
    "{ recordedMoments(traderId: $trader, deliveryDay: $day, atMost: $atMost) "
    "{ count moments { position recordedAt } } }"
)

PRICES = (
    "query ($label: String!, $first: Int! = 50, $asOf: AsOf) "
    '{ priceObservations(deliveryDay: "2023-02-06", label: $label, first: $first, asOf: $asOf) '
    "{ value position period { label } } }"
)


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a"])) as served:
        yield served


async def moments(api: Api, trader: str | None, day: str = "2023-02-06", viewer: str | None = None, **more: int) -> Any:
    asked = {"trader": trader, "day": day, **more}
    return (await api.data(MOMENTS, asked, viewer))["recordedMoments"]


def positions(found: dict[str, Any]) -> list[int]:
    return [int(each["position"]) for each in found["moments"]]


@pytest.mark.parametrize(
    ("trader", "expected"),
    [("anna", [2, 3, 4, 6, 7, 8, 9, 11]), ("bob", [4, 5, 7, 8]), (None, [2, 3, 4, 5, 6, 7, 8, 9, 11])],
)
async def test_each_deal_and_each_price_of_the_book_and_day_is_a_moment(
    api: Api, trader: str | None, expected: list[int]
) -> None:
    found = await moments(api, trader)
    assert positions(found) == expected
    assert found["count"] == len(expected)
    assert (await moments(api, trader, "2023-02-07")) == {"count": 0, "moments": []}


async def test_of_many_moments_so_many_are_told_evenly_spread_with_the_first_and_the_last(
    trading: Desk, api: Api
) -> None:
    await trading.knows(*[deal("carl buys 1 MW 08-09 at 20", deal_id=f"c{number}") for number in range(96)])
    everything = positions(await moments(api, "carl"))
    assert len(everything) == 99  # his deals, and three prices
    for at_most in range(2, 120):
        some = await moments(api, "carl", atMost=at_most)
        told = positions(some)
        assert some["count"] == 99
        assert len(told) <= at_most
        assert (told[0], told[-1]) == (everything[0], everything[-1])
        places = [everything.index(each) for each in told]
        steps = {later - earlier for earlier, later in pairwise(places)}
        assert len(steps - {places[-1] - places[-2]}) <= 1


async def test_a_trader_is_told_of_own_moments_only(api: Api) -> None:
    assert positions(await moments(api, "bob", viewer="bob")) == [4, 5, 7, 8]
    for other in ("anna", None):
        assert await api.refusal(MOMENTS, {"trader": other, "day": "2023-02-06"}, "bob") == "FORBIDDEN"


@pytest.mark.parametrize("at_most", [1, 0, -5, 2001])
async def test_fewer_than_two_moments_or_more_than_fit_are_refused(api: Api, at_most: int) -> None:
    asked = {"trader": "anna", "day": "2023-02-06", "atMost": at_most}
    assert await api.refusal(MOMENTS, asked) == "BAD_USER_INPUT"


async def test_every_price_of_a_period_is_told_the_one_that_stands_first(api: Api) -> None:
    async def told(**asked: object) -> list[tuple[str | None, str]]:
        found = (await api.data(PRICES, {"label": "08-09", **asked}))["priceObservations"]
        assert {each["period"]["label"] for each in found} <= {asked.get("label", "08-09")}
        return [(each["value"], each["position"]) for each in found]

    # What the provider said last stands, though another observation was recorded after it.
    assert await told() == [(None, "7"), ("31", "8"), ("28", "4")]
    assert await told(first=1) == [(None, "7")]
    assert await told(asOf={"position": "6"}) == [("28", "4")]
    assert await told(asOf={"position": "3"}) == []
    assert await told(label="09-10") == []
    assert await told(label="no period") == []
