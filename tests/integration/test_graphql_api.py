"""Does the API answer as its contract says, each viewer with what is his to see?"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.canonical import performance_fields
from projections.reading import Scope
from tests.desk import Api, Desk, desk, serving, settings_for
from tests.notation import DAY, cancelled, connected, deal, reference_price, rejected

PERFORMANCE = """
query ($trader: String, $day: Date!, $asOf: AsOf) {
  performance(traderId: $trader, deliveryDay: $day, asOf: $asOf) {
    traderId deliveryDay openRejections
    knowledge { position recordedAt completeUpTo projectionVersion }
    total { ...All }
    periods { period { day label start end } figures { ...All } referenceLastUpdate }
  }
}
fragment All on Figures {
  dealCount boughtMwh soldMwh positionMwh pnlEur averagePrice averageBuyPrice averageSellPrice referencePrice delta
  light lightReason pnlAgainstReferenceEur realisedPnlEur unrealisedPnlEur tradedMwh pricedMwh
}
"""


DEALS = """
query ($filter: DealFilter, $order: DealOrder, $first: Int, $after: String, $last: Int, $before: String, $asOf: AsOf) {
  deals(filter: $filter, order: $order, first: $first, after: $after, last: $last, before: $before, asOf: $asOf) {
    edges { node { dealId traderId position direction price energyMwh executionTime period { label } } cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(
            connected("exchange/1", "06:00:00"),
            deal("anna buys 10 MW 08-09 at 20", deal_id="1"),
            deal("anna sells 4 MW 08-09 at 25", deal_id="2"),
            deal("anna buys 10 MW 08-09 at 30", deal_id="3"),
            deal("bob sells 1 MW 09-10 at 3", deal_id="4"),
            reference_price("08-09 at 28"),
        )
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a", "ws://127.0.0.1:1/b"])) as served:
        yield served


async def test_a_performance_is_the_canonical_one_to_the_letter(trading: Desk, api: Api) -> None:
    for trader, as_of in (("anna", None), ("anna", {"position": "3"}), (None, None), ("nobody", None)):
        answer = await api.data(PERFORMANCE, {"trader": trader, "day": "2023-02-06", "asOf": as_of})
        async with trading.store() as store, store.snapshot() as snapshot:
            position = int(as_of["position"]) if as_of else snapshot.projected
            expected = await snapshot.performance(Scope(), trader, DAY, position)
        assert answer["performance"] == performance_fields(expected)


async def test_the_worked_day_is_red(api: Api) -> None:
    answer = await api.data(PERFORMANCE, {"trader": "anna", "day": "2023-02-06"})
    total = answer["performance"]["total"]
    assert (total["averagePrice"], total["delta"], total["light"], total["pnlEur"]) == ("25", "-3", "RED", "-400")
    assert total["pnlAgainstReferenceEur"] == total["unrealisedPnlEur"] == "48"


async def test_an_answer_is_new_as_soon_as_the_read_models_are(trading: Desk, api: Api) -> None:
    question = "query ($day: Date!) { performance(deliveryDay: $day) { total { dealCount } knowledge { position } } }"
    for number in range(5, 15):
        answer = (await api.data(question, {"day": "2023-02-06"}))["performance"]
        assert (answer["total"]["dealCount"], answer["knowledge"]["position"]) == (number - 1, str(number + 1))
        again = (await api.data(question, {"day": "2023-02-06"}))["performance"]
        assert again == answer
        await trading.knows(deal("anna buys 1 MW 10-11 at 1", deal_id=str(number)))


async def test_all_fields_of_an_operation_answer_from_one_snapshot(trading: Desk, api: Api) -> None:
    async def go_on() -> None:
        for number in range(100, 160):
            await trading.knows(deal("anna buys 1 MW 10-11 at 1", deal_id=str(number)))

    going_on = asyncio.create_task(go_on())
    question = """{
      a: performance(deliveryDay: "2023-02-06") { total { dealCount } knowledge { position } }
      deals(first: 500) { edges { node { position } } }
      b: performance(traderId: "anna", deliveryDay: "2023-02-06") { knowledge { position } }
    }"""
    while not going_on.done():
        answer = await api.data(question)
        assert answer["a"]["knowledge"] == answer["b"]["knowledge"]
        assert answer["a"]["total"]["dealCount"] == len(answer["deals"]["edges"])
    await going_on


async def test_as_of_a_time_is_as_of_the_last_event_recorded_by_then(api: Api) -> None:
    question = 'query ($asOf: AsOf) { performance(deliveryDay: "2023-02-06", asOf: $asOf) { knowledge { position recordedAt } } }'  # noqa: E501

    async def known(as_of: object) -> dict[str, Any]:
        knowledge: dict[str, Any] = (await api.data(question, {"asOf": as_of}))["performance"]["knowledge"]
        return knowledge

    newest = await known(None)
    assert await known({"recordedAt": newest["recordedAt"]}) == newest
    assert await known({"recordedAt": "2199-01-01T00:00:00+01:00"}) == newest
    assert await known({"recordedAt": "2000-01-01T00:00:00Z"}) == {"position": "0", "recordedAt": None}
    assert await known({"position": "0"}) == {"position": "0", "recordedAt": None}


async def test_a_position_that_is_recorded_is_waited_for(trading: Desk, api: Api) -> None:
    trading.records(deal("anna buys 1 MW 10-11 at 1", deal_id="9"))
    asking = asyncio.create_task(
        api.data(PERFORMANCE, {"day": "2023-02-06", "trader": "anna", "asOf": {"position": "7"}})
    )
    await asyncio.sleep(0)
    await trading.projects()
    assert (await asking)["performance"]["total"]["dealCount"] == 4


async def test_a_crowd_that_asks_many_times_for_what_was_just_recorded_is_answered(trading: Desk, api: Api) -> None:
    trading.records(deal("anna buys 1 MW 10-11 at 1", deal_id="9"))
    asked = (
        'performance(deliveryDay: "2023-02-06", asOf: { position: "7" }) { total { dealCount } knowledge { position } }'
    )
    question = '{ now: performance(deliveryDay: "2023-02-06") { total { dealCount } knowledge { position } } '
    question += " ".join(f"a{number}: {asked}" for number in range(12)) + " }"
    crowd = [asyncio.create_task(api.data(question)) for _ in range(10)]
    assert (await api.data("{ traders }"))["traders"] == ["anna", "bob"]
    await trading.projects()
    for answer in await asyncio.gather(*crowd):
        assert {found["knowledge"]["position"] for found in answer.values()} == {"7"}
        assert {found["total"]["dealCount"] for found in answer.values()} == {5}


async def test_a_position_that_is_not_worked_in_in_time_is_explained(trading: Desk, api: Api) -> None:
    trading.records(deal("anna buys 1 MW 10-11 at 1", deal_id="9"))
    answer = await api.asks(PERFORMANCE, {"day": "2023-02-06", "trader": "anna", "asOf": {"position": "7"}})
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "position 7 is recorded but not yet worked in" in error["message"]


async def test_deals_are_paged_by_cursors_that_hold_while_deals_arrive(trading: Desk, api: Api) -> None:
    first = (await api.data(DEALS, {"first": 2}))["deals"]
    assert [edge["node"]["dealId"] for edge in first["edges"]] == ["4", "3"]
    assert first["pageInfo"]["hasNextPage"]
    await trading.knows(deal("anna buys 1 MW 10-11 at 1", deal_id="9"))
    second = (await api.data(DEALS, {"first": 2, "after": first["pageInfo"]["endCursor"]}))["deals"]
    assert [edge["node"]["dealId"] for edge in second["edges"]] == ["2", "1"]
    assert not second["pageInfo"]["hasNextPage"]
    before = (await api.data(DEALS, {"last": 1, "before": second["edges"][0]["cursor"]}))["deals"]
    assert [edge["node"]["dealId"] for edge in before["edges"]] == ["3"]
    oldest = (await api.data(DEALS, {"last": 1, "order": {"position": "DESC"}}))["deals"]
    assert [edge["node"]["dealId"] for edge in oldest["edges"]] == ["1"]
    by_delivery = (await api.data(DEALS, {"order": {"delivery": "ASC"}, "filter": {"traderId": "bob"}}))["deals"]
    assert [edge["node"]["period"]["label"] for edge in by_delivery["edges"]] == ["09-10"]


async def test_a_deal_is_shown_in_the_terms_of_the_schema(api: Api) -> None:
    deals = (await api.data(DEALS, {"filter": {"direction": "SELL", "traderId": "anna"}}))["deals"]
    assert deals["edges"][0]["node"] == {
        "dealId": "2",
        "traderId": "anna",
        "position": "3",
        "direction": "SELL",
        "price": "25",
        "energyMwh": "4",
        "executionTime": "2023-02-06T06:13:45Z",
        "period": {"label": "08-09"},
    }


async def test_a_deal_taken_back_is_gone_now_and_still_there_as_of_before(trading: Desk, api: Api) -> None:
    await trading.knows(cancelled(deal("anna buys 10 MW 08-09 at 20", deal_id="1"), replaces=2))
    now = (await api.data(DEALS, {}))["deals"]["edges"]
    before = (await api.data(DEALS, {"asOf": {"position": "6"}}))["deals"]["edges"]
    assert [edge["node"]["dealId"] for edge in now] == ["4", "3", "2"]
    assert [edge["node"]["dealId"] for edge in before] == ["4", "3", "2", "1"]


async def test_the_log_is_shown_with_its_chain(trading: Desk, api: Api) -> None:
    question = "query ($filter: EventFilter) { events(filter: $filter) { edges { node { position recordedAt type stream version payload hash } cursor } pageInfo { hasNextPage } } }"  # noqa: E501
    events = (await api.data(question, {}))["events"]["edges"]
    assert [edge["node"]["position"] for edge in events] == ["1", "2", "3", "4", "5", "6"]
    assert json.loads(events[1]["node"]["payload"])
    assert {len(edge["node"]["hash"]) for edge in events} == {64}
    only = (await api.data(question, {"filter": {"types": ["reference-price.updated.v1"]}}))["events"]["edges"]
    assert [edge["node"]["type"] for edge in only] == ["reference-price.updated.v1"]
    own = (await api.data(question, {}, "bob"))["events"]["edges"]
    assert [edge["node"]["position"] for edge in own] == ["1", "5", "6"]


async def test_an_answer_has_room_for_some_megabytes_of_messages_whatever_their_number(trading: Desk, api: Api) -> None:
    await trading.knows(*[rejected(b"x" * 3_000_000 + bytes([48 + number])) for number in range(5)])
    question = (
        "events(first: 500, after: $after) { edges { node { position payload } } pageInfo { hasNextPage endCursor } }"
    )
    seen: list[str] = []
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        found = (await api.data(f"query ($after: String) {{ {question} }}", {"after": page["endCursor"]}))["events"]
        assert sum(len(edge["node"]["payload"]) for edge in found["edges"]) < 9_000_000
        seen += [edge["node"]["position"] for edge in found["edges"]]
        page = found["pageInfo"]
    assert seen == [str(position) for position in range(1, 12)]
    many = " ".join(f'a{number}: events(filter: {{ after: "6" }}) {{ edges {{ cursor }} }}' for number in range(5))
    answer = await api.asks(f"{{ {many} }}")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"LIMIT_EXCEEDED"}


async def test_rejections_have_the_position_as_their_id_and_are_own_for_a_trader(trading: Desk, api: Api) -> None:
    await trading.knows(
        rejected(b"\xff\x00", "UNREADABLE"), rejected(b"hers", "INVALID: price", trader="anna", day=DAY)
    )
    question = "{ rejections { edges { node { id position source reason message resolution } } } }"
    everybody = (await api.data(question))["rejections"]["edges"]
    assert [edge["node"]["id"] for edge in everybody] == ["8", "7"]
    assert everybody[1]["node"]["message"].startswith("base64:")
    assert everybody[0]["node"]["reason"] == "INVALID: price"
    assert [edge["node"]["id"] for edge in (await api.data(question, viewer="anna"))["rejections"]["edges"]] == ["8"]
    assert (await api.data(question, viewer="bob"))["rejections"]["edges"] == []


async def test_the_market_its_lines_and_its_people_are_named(api: Api) -> None:
    answer = await api.data(
        "{ market { timeZone today exchange } feeds { name state } traders signInOptions { name roles traderId } "
        'viewer { name roles traderId } referencePrices(deliveryDay: "2023-02-06") { value period { label } } }'
    )
    assert answer["market"]["timeZone"] == "Europe/Berlin"
    assert answer["feeds"] == [
        {"name": "exchange/1", "state": "CONNECTED"},
        {"name": "exchange/2", "state": "NEVER_CONNECTED"},
    ]
    assert answer["traders"] == ["anna", "bob"]
    assert [option["name"] for option in answer["signInOptions"]] == ["desk", "analyst", "auditor", "anna", "bob"]
    assert answer["viewer"] == {"name": "desk", "roles": ["TRADER", "ANALYST", "AUDITOR"], "traderId": None}
    assert answer["referencePrices"] == [{"value": "28", "period": {"label": "08-09"}}]


async def test_a_trader_sees_own_figures_only(api: Api) -> None:
    own = {"day": "2023-02-06", "trader": "anna"}
    assert (await api.data(PERFORMANCE, own, "anna"))["performance"]["total"]["dealCount"] == 3
    assert await api.refusal(PERFORMANCE, own, "bob") == "FORBIDDEN"
    assert await api.refusal(PERFORMANCE, {"day": "2023-02-06"}, "anna") == "FORBIDDEN"
    assert await api.refusal(PERFORMANCE, {"day": "2023-02-06", "trader": ""}, "anna") == "FORBIDDEN"
    assert (await api.data("{ traders }", viewer="bob"))["traders"] == ["bob"]
    deals = (await api.data(DEALS, {"filter": {"traderId": "anna"}}, "bob"))["deals"]
    assert deals["edges"] == []
    assert await api.refusal("{ viewer { name } }", viewer="x" * 129) == "UNAUTHENTICATED"


async def test_of_several_operations_the_one_that_is_named_is_answered(api: Api) -> None:
    body = {"query": "query A { traders } query B { viewer { name } }", "operationName": "B"}
    async with api.session.post(f"{api.address}/graphql", json=body) as response:
        assert (await response.json())["data"] == {"viewer": {"name": "desk"}}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ nothing }", {}),
        ("{ viewer ", {}),
        ("query A { viewer { name } } query B { viewer { name } }", {}),
        (PERFORMANCE, {}),
        (PERFORMANCE, {"day": "2023-02-30"}),
        (PERFORMANCE, {"day": "2023-02-06", "trader": "a\0b"}),
        (PERFORMANCE, {"day": "2023-02-06", "trader": "\ud800"}),
        (PERFORMANCE, {"day": "2023-02-06", "asOf": {"position": "999"}}),
        (PERFORMANCE, {"day": "2023-02-06", "asOf": {"position": 1}}),
        (PERFORMANCE, {"day": "2023-02-06", "asOf": {"position": "-1"}}),
        (PERFORMANCE, {"day": "2023-02-06", "asOf": {}}),
        (PERFORMANCE, {"day": "2023-02-06", "asOf": {"position": None}}),
        (PERFORMANCE, {"day": "2023-02-06", "asOf": {"position": "1", "recordedAt": "2023-02-06T00:00:00Z"}}),
        (PERFORMANCE, {"day": "2023-02-06", "asOf": {"recordedAt": "2023-02-06T00:00:00"}}),
        (DEALS, {"first": 501}),
        (DEALS, {"first": -1}),
        (DEALS, {"first": 1, "last": 1}),
        (DEALS, {"first": 1, "after": "nonsense"}),
        (DEALS, {"order": {"position": "ASC", "delivery": "ASC"}}),
        (DEALS, {"filter": {"label": "a\0b"}}),
        ("{ deals(first: 5, last: 5) { edges { cursor } } }", {}),
        ("{ events(first: 501) { edges { cursor } } }", {}),
        ("{ deals(asOf: {}) { edges { cursor } } }", {}),
        ("subscription { health { serverTime } }", {}),
        ("fragment A on Query { traders }", {}),
    ],
)
async def test_what_makes_no_sense_is_bad_input(api: Api, query: str, variables: dict[str, Any]) -> None:
    assert await api.refusal(query, variables) == "BAD_USER_INPUT"
