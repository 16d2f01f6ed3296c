"""Does an explanation name every event between two moments that changed the figures, with the figures after each?"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.errors import UnknownPositionError, WrongOrderError
from domain.performance import Moment
from graphql_api import audit_query
from tests.desk import Api, Desk, serving, settings_for
from tests.notation import DAY, deal, reference_price
from wattbook.explain import explain

ONE = (
    "dealCount boughtMwh soldMwh positionMwh pnlEur averagePrice averageBuyPrice averageSellPrice referencePrice delta "
    "light lightReason pnlAgainstReferenceEur realisedPnlEur unrealisedPnlEur tradedMwh pricedMwh"
)
EXPLAIN = (
    "query ($trader: String, $from: AsOf!, $to: AsOf) "
    f'{{ explain(traderId: $trader, deliveryDay: "2023-02-06", from: $from, to: $to) {{ before {{ {ONE} }} '
    f"after {{ {ONE} }} steps {{ event {{ position type recordedAt hash }} figures {{ {ONE} }} }} }} }}"
)
TOTAL = (
    "query ($trader: String, $asOf: AsOf) "
    f'{{ performance(traderId: $trader, deliveryDay: "2023-02-06", asOf: $asOf) {{ total {{ {ONE} }} }} }}'
)


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a"])) as served:
        yield served


def at(position: int) -> dict[str, str]:
    return {"position": str(position)}


async def explained(api: Api, trader: str | None, start: int, end: int | None, viewer: str | None = None) -> Any:
    asked = {"trader": trader, "from": at(start), "to": None if end is None else at(end)}
    return (await api.data(EXPLAIN, asked, viewer))["explain"]


async def total(api: Api, trader: str | None, position: int) -> Any:
    return (await api.data(TOTAL, {"trader": trader, "asOf": at(position)}))["performance"]["total"]


@pytest.mark.parametrize("trader", ["anna", "bob", None, "nobody"])
async def test_each_step_has_the_figures_that_were_known_right_after_it(api: Api, trader: str | None) -> None:
    for start in range(13):
        told = await explained(api, trader, start, 12)
        assert told["before"] == await total(api, trader, start)
        assert told["after"] == await total(api, trader, 12)
        for step in told["steps"]:
            assert step["figures"] == await total(api, trader, int(step["event"]["position"]))


async def test_what_changes_no_figure_of_the_book_is_left_out_and_nothing_else(api: Api) -> None:
    steps = (await explained(api, "bob", 0, None))["steps"]
    assert [(step["event"]["position"], step["event"]["type"]) for step in steps] == [("5", "deal.confirmed.v1")]
    types = [step["event"]["type"] for step in (await explained(api, "anna", 0, None))["steps"]]
    assert types.count("reference-price.updated.v1") == 3


async def test_prices_of_periods_without_deals_of_the_book_are_left_out(trading: Desk, api: Api) -> None:
    await trading.knows(reference_price("20-21 at 80"), deal("bob buys 1 MW 20-21 at 70", deal_id="99"))
    assert (await explained(api, "anna", 12, None))["steps"] == []
    assert [step["event"]["position"] for step in (await explained(api, "bob", 12, None))["steps"]] == ["13", "14"]
    assert [step["event"]["position"] for step in (await explained(api, None, 12, None))["steps"]] == ["13", "14"]
    assert (await explained(api, "bob", 12, 13))["steps"] == [], "as it was known then"


async def test_without_an_end_it_is_up_to_now(trading: Desk, api: Api) -> None:
    assert (await explained(api, "anna", 12, None))["steps"] == []
    await trading.knows(deal("anna buys 1 MW 08-09 at 1", deal_id="99"))
    (step,) = (await explained(api, "anna", 12, None))["steps"]
    assert step["event"]["position"] == "13"


async def test_a_trader_is_told_of_own_figures_only(api: Api) -> None:
    asked = {"trader": "bob", "from": at(0)}
    assert await api.refusal(EXPLAIN, asked, "anna") == "FORBIDDEN"
    assert await api.refusal(EXPLAIN, {"from": at(0)}, "anna") == "FORBIDDEN"
    assert (await explained(api, "anna", 0, 12, "anna")) == (await explained(api, "anna", 0, 12))


async def test_moments_in_the_wrong_order_or_unknown_are_refused(api: Api) -> None:
    assert await api.refusal(EXPLAIN, {"from": at(5), "to": at(4)}) == "BAD_USER_INPUT"
    assert await api.refusal(EXPLAIN, {"from": at(99)}) == "BAD_USER_INPUT"


async def test_a_stretch_with_too_many_events_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_query, "EXPLAINED", 3)
    assert await api.refusal(EXPLAIN, {"from": at(0)}) == "LIMIT_EXCEEDED"
    assert len((await explained(api, "bob", 4, None))["steps"]) == 1


async def test_the_command_says_what_the_api_says(
    trading: Desk, api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = Moment()
    await explain(settings_for(tmp_path), trading.url, "anna", DAY, Moment(2), now, as_json=True)
    told = json.loads(capsys.readouterr().out)
    api_told = await explained(api, "anna", 2, None)
    assert (told["before"], told["after"]) == (api_told["before"], api_told["after"])
    assert [step["figures"] for step in told["steps"]] == [step["figures"] for step in api_told["steps"]]
    await explain(settings_for(tmp_path), trading.url, "anna", DAY, Moment(2), now, as_json=False)
    table = capsys.readouterr().out
    assert "corrected: 2 of anna: sell 4.5 MW 08-09 at -25.125, now 2 of anna: sell 4 MW 09-10 at 25" in table
    assert "reference price 08-09: undefined" in table


async def test_the_command_refuses_moments_in_the_wrong_order_or_unknown(trading: Desk, tmp_path: Path) -> None:
    chosen = settings_for(tmp_path)
    with pytest.raises(WrongOrderError, match=r"--from \(position 5\) is after --to \(position 4\)"):
        await explain(chosen, trading.url, None, DAY, Moment(5), Moment(4), as_json=True)
    with pytest.raises(UnknownPositionError, match="position 99 is past the head of the log, 12"):
        await explain(chosen, trading.url, None, DAY, Moment(5), Moment(99), as_json=True)
