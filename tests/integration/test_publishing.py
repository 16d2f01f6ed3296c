"""What is a published report, who sees it, and does it stay as it was?"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
import rfc8785

from tests.desk import Api, Desk, serving, settings_for
from tests.notation import deal

ONE = (
    "dealCount boughtMwh soldMwh positionMwh pnlEur averagePrice averageBuyPrice averageSellPrice referencePrice delta "
    "light lightReason pnlAgainstReferenceEur realisedPnlEur unrealisedPnlEur tradedMwh pricedMwh"
)
FIGURES = (
    "traderId deliveryDay openRejections knowledge { position recordedAt completeUpTo projectionVersion } "
    f"total {{ {ONE} }} periods {{ period {{ day label start end }} figures {{ {ONE} }} referenceLastUpdate }}"
)
REPORT = f"id traderId deliveryDay position logHash publishedAt publishedBy digest performance {{ {FIGURES} }}"
PUBLISH = (
    "mutation ($trader: String, $asOf: AsOf) "
    f'{{ publishReport(traderId: $trader, deliveryDay: "2023-02-06", asOf: $asOf) {{ {REPORT} }} }}'
)
REPORT_OF = f"query ($id: ID!) {{ report(id: $id) {{ {REPORT} }} }}"
AS_OF_7 = f'{{ performance(traderId: "anna", deliveryDay: "2023-02-06", asOf: {{position: "7"}}) {{ {FIGURES} }} }}'
LIST = """query ($trader: String, $day: Date, $first: Int, $after: String) {
  reports(traderId: $trader, deliveryDay: $day, first: $first, after: $after) {
    edges { cursor node { id traderId } } pageInfo { hasNextPage endCursor }
  }
}"""


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a"])) as served:
        yield served


async def publishes(
    trading: Desk, api: Api, trader: str | None = "anna", position: int | None = None, viewer: str | None = None
) -> dict[str, Any]:
    """Publish a report and let the read models know it; return it as its publisher sees it."""
    as_of = None if position is None else {"position": str(position)}
    async with asyncio.TaskGroup() as group:
        publishing = group.create_task(api.data(PUBLISH, {"trader": trader, "asOf": as_of}, viewer))
        while not publishing.done():
            await trading.projects()
            await asyncio.sleep(0.01)
    answer = publishing.result()
    report: dict[str, Any] = answer["publishReport"]
    return report


async def test_a_report_is_what_was_known_at_its_position_with_its_digest_and_the_logs_hash(
    trading: Desk, api: Api
) -> None:
    report = await publishes(trading, api, position=7, viewer="auditor")
    assert report["performance"] == (await api.data(AS_OF_7))["performance"]
    assert report["digest"] == sha256(rfc8785.dumps(report["performance"])).hexdigest()
    with psycopg.connect(trading.url) as connection:
        row = connection.execute("SELECT encode(hash, 'hex') FROM wattbook.events WHERE notification_id = 7").fetchone()
    assert row == (report["logHash"],)
    assert (report["position"], report["publishedBy"], report["traderId"]) == ("7", "auditor", "anna")


async def test_a_report_stays_as_it_was_whatever_comes_after(trading: Desk, api: Api) -> None:
    report = await publishes(trading, api)
    await trading.knows(deal("anna buys 100 MW 08-09 at 500", deal_id="99"))
    assert (await api.data(REPORT_OF, {"id": report["id"]}))["report"] == report


async def test_before_the_first_event_a_report_says_that_nothing_was_known(trading: Desk, api: Api) -> None:
    report = await publishes(trading, api, None, position=0)
    assert report["logHash"] == "00" * 32
    assert report["performance"]["knowledge"]["recordedAt"] is None


async def test_publishing_the_same_again_gives_the_same_report(trading: Desk, api: Api) -> None:
    first = await publishes(trading, api, position=7)
    assert await publishes(trading, api, position=7) == first
    assert (await publishes(trading, api, position=7, viewer="auditor"))["id"] != first["id"]


async def test_a_trader_publishes_and_sees_own_reports_only(trading: Desk, api: Api) -> None:
    own = await publishes(trading, api, "anna", viewer="anna")
    desks = await publishes(trading, api, None)
    bobs = await publishes(trading, api, "bob")
    for trader in ("bob", None):
        assert await api.refusal(PUBLISH, {"trader": trader}, "anna") == "FORBIDDEN"
    assert ids(await api.data(LIST, viewer="anna")) == [own["id"]]
    for other in (desks, bobs):
        assert (await api.data(REPORT_OF, {"id": other["id"]}, "anna"))["report"] is None
    assert ids(await api.data(LIST, {"trader": "bob"}, "anna")) == []
    assert ids(await api.data(LIST)) == [bobs["id"], desks["id"], own["id"]]


async def test_reports_are_listed_newest_first_in_pages_and_by_trader_and_day(trading: Desk, api: Api) -> None:
    published = [(await publishes(trading, api, "anna", position))["id"] for position in (3, 5, 7)]
    bobs = (await publishes(trading, api, "bob"))["id"]
    first = await api.data(LIST, {"first": 2})
    assert ids(first) == [bobs, published[2]]
    rest = await api.data(LIST, {"first": 2, "after": first["reports"]["pageInfo"]["endCursor"]})
    assert ids(rest) == [published[1], published[0]]
    assert not rest["reports"]["pageInfo"]["hasNextPage"]
    assert ids(await api.data(LIST, {"trader": "bob"})) == [bobs]
    assert ids(await api.data(LIST, {"day": "2023-02-06"})) == [bobs, *published[::-1]]
    assert ids(await api.data(LIST, {"day": "2023-02-07"})) == []


async def test_a_report_that_is_none_is_null_and_one_past_the_head_is_refused(api: Api) -> None:
    assert (await api.data(REPORT_OF, {"id": "1"}))["report"] is None
    assert (await api.data(REPORT_OF, {"id": "999"}))["report"] is None
    assert await api.refusal(REPORT_OF, {"id": "x"}) == "BAD_USER_INPUT"
    assert await api.refusal(PUBLISH, {"trader": "anna", "asOf": {"position": "999"}}) == "BAD_USER_INPUT"


def ids(answer: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in answer["reports"]["edges"]]
