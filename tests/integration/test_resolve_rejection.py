"""Who may settle a rejection over the API, and what does everybody see afterwards?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk import Api, Desk, desk, serving, settings_for
from tests.notation import deal

RESOLVE = """mutation ($id: ID!, $as: Resolution!, $why: String!) {
  resolveRejection(id: $id, resolution: $as, reason: $why) {
    id reason resolution resolvedBy resolutionReason resolvedAt stands
  }
}"""
ANNA, OTHER = (deal(f"anna buys 10 MW 08-09 at {price}") for price in (40, 41))
ACCEPT = {"id": "2", "as": {"accept": True}, "why": "asked the exchange"}


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(ANNA, OTHER)
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a"])) as served:
        yield served


@pytest.mark.parametrize("viewer", [None, "analyst"])
async def test_desk_and_analysts_settle_and_the_figures_follow(trading: Desk, api: Api, viewer: str | None) -> None:
    # The read models stand still here: the settlement is told all the same, from the log.
    settled = (await api.data(RESOLVE, ACCEPT, viewer))["resolveRejection"]
    assert settled["resolvedAt"] is not None
    assert {name: settled[name] for name in ("resolution", "resolvedBy", "resolutionReason", "stands")} == {
        "resolution": "accepted",
        "resolvedBy": viewer or "desk",
        "resolutionReason": "asked the exchange",
        "stands": "1",
    }
    await trading.projects()
    answer = await api.data('{ performance(deliveryDay: "2023-02-06") { openRejections total { pnlEur } } }')
    assert answer["performance"] == {"openRejections": 0, "total": {"pnlEur": "-410"}}


@pytest.mark.parametrize("viewer", ["anna", "ben", "auditor"])
async def test_traders_and_auditors_hear_the_same_of_what_there_is_and_is_not(api: Api, viewer: str) -> None:
    answers = [await api.asks(RESOLVE, ACCEPT | {"id": each}, viewer) for each in ("2", "99")]
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["FORBIDDEN"] * 2
    assert answers[0]["errors"][0]["message"] == answers[1]["errors"][0]["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1"}, {"id": "99"}, {"id": "x"}, {"why": " "}, {"as": {"accept": False}}, {"as": {"period": "09-10"}},
        {"as": {}}, {"as": {"accept": True, "discard": True}},
    ],
)  # fmt: skip
async def test_what_cannot_be_settled_like_that_is_refused_and_nothing_recorded(
    trading: Desk, api: Api, change: dict[str, object]
) -> None:
    assert await api.refusal(RESOLVE, ACCEPT | change) == "BAD_USER_INPUT"
    assert trading.recorder.max_notification_id() == 2


async def test_a_second_settlement_is_refused_with_the_name_of_the_first(trading: Desk, api: Api) -> None:
    await api.data(RESOLVE, ACCEPT, "analyst")
    (error,) = (await api.asks(RESOLVE, ACCEPT))["errors"]
    assert "already settled by analyst: accepted" in error["message"]
    assert trading.recorder.max_notification_id() == 4


async def test_a_page_of_another_origin_settles_nothing(trading: Desk, api: Api) -> None:
    body = {"query": RESOLVE, "variables": ACCEPT}
    for origin in ("http://elsewhere.example", "null"):
        async with api.session.post(f"{api.address}/graphql", json=body, headers={"Origin": origin}) as response:
            assert response.status == 403
    assert trading.recorder.max_notification_id() == 2
    async with api.session.post(f"{api.address}/graphql", json=body, headers={"Origin": api.address}) as response:
        assert "errors" not in await response.json()
