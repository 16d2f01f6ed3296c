"""A day of hundreds of deals, sent every way an exchange sends them, is answered to the last digit."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio
import rfc8785

from tests import oracle
from tests.end_to_end.client import Json
from tests.end_to_end.documents import DEALS, DEALS_RECORDED, PERFORMANCE, PERFORMANCE_CHANGED, REFERENCE_PRICES
from tests.end_to_end.scripted_day import AUTUMN, DAYS, NORMAL, SPRING, TRADERS
from tests.end_to_end.told import Told, tell, verbatim
from tests.oracle_reading import Trade

SEED = 20260206
DEALS_A_DAY = 110
PRICED_PERIODS_A_DAY = 26

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory, module_database: str) -> AsyncIterator[Told]:
    async with tell(tmp_path_factory.mktemp("scripted"), module_database) as all_told:
        yield all_told


async def test_the_script_holds_what_a_market_does(told: Told) -> None:
    labels = {trade.slot.label for trade in told.trades}
    assert {"02-03A", "02-03B"} <= labels
    assert {15, 30, 60} == {trade.slot.minutes for trade in told.trades}
    assert any(trade.price < 0 for trade in told.trades)
    assert any(trade.price == 0 for trade in told.trades)
    assert {reason.split(":")[0] for reason, _ in told.script.rejected} == {
        "UNREADABLE", "INVALID", "NO_SUCH_PERIOD", "AMBIGUOUS_PERIOD", "CONFLICT",
    }  # fmt: skip
    assert len(told.trades) > 250


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("trader", [None, *TRADERS, "nobody"])
async def test_every_figure_is_the_definitions_to_the_last_digit(told: Told, trader: str | None, day: str) -> None:
    answered = await told.desk.performance(trader, day)
    assert answered == told.expected(trader, day, answered["knowledge"])
    assert (
        len({row["period"]["start"] for row in answered["periods"] if len(row["period"]["label"]) < 7})
        == {
            NORMAL: 24,
            SPRING: 23,
            AUTUMN: 25,
        }[day]
    )
    assert answered["knowledge"]["position"] == str(told.head)
    assert answered["knowledge"]["recordedAt"] == told.events[-1]["recordedAt"]
    assert answered["knowledge"]["completeUpTo"] == told.events[-1]["recordedAt"]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.5, 0.8, 0.97, 1.0])
async def test_as_of_a_position_the_figures_are_those_of_the_words_known_then(told: Told, share: float) -> None:
    position = round(told.head * share)
    for day in DAYS:
        for trader in (None, *TRADERS):
            answered = await told.desk.performance(trader, day, position)
            assert answered == told.expected_at(position, trader, day, answered["knowledge"])
            assert answered["knowledge"]["position"] == str(position)


async def test_a_time_means_the_last_position_recorded_by_then(told: Told) -> None:
    for event in told.events[:: len(told.events) // 10]:
        last = max(int(each["position"]) for each in told.events if each["recordedAt"] == event["recordedAt"])
        answer = await told.desk.ask(PERFORMANCE, day=NORMAL, asOf={"recordedAt": event["recordedAt"]})
        assert answer["performance"] == await told.desk.performance(None, NORMAL, last)


async def test_a_report_prints_the_same_bytes_as_canonical_json(told: Told) -> None:
    middle = told.head // 2
    asked: list[tuple[str | None, str, int | None]] = [
        (None, AUTUMN, None), (TRADERS[2], SPRING, None), ("42", NORMAL, middle), (TRADERS[4], NORMAL, 0),
    ]  # fmt: skip

    async def compare(trader: str | None, day: str, position: int | None) -> None:
        flags = ["--trader", trader] if trader else []
        flags += ["--position", str(position)] if position is not None else []
        printed = await told.wattbook.command("report", "--day", day, "--json", *flags)
        assert printed.code == 0, printed
        assert printed.out == rfc8785.dumps(await told.desk.performance(trader, day, position)) + b"\n"

    await asyncio.gather(*(compare(*each) for each in asked))


async def test_the_deals_are_those_that_were_sent_each_once(told: Told) -> None:
    deals = await told.desk.deals()
    assert sorted(_as_row(deal) for deal in deals) == sorted(_as_sent(trade) for trade in told.trades)
    assert len({(d["dealId"], d["traderId"], d["direction"]) for d in deals}) == len(deals)
    positions = [int(deal["position"]) for deal in deals]
    assert positions == sorted(positions, reverse=True)
    recorded_at = {event["position"]: event["recordedAt"] for event in told.events}
    assert all(deal["recordedAt"] == recorded_at[deal["position"]] for deal in deals)


async def test_filters_and_orders_select_from_the_same_deals(told: Told) -> None:
    deals = await told.desk.deals()
    chosen = deals[len(deals) // 2]
    for asked, wanted in (
        ({"traderId": "42"}, lambda d: d["traderId"] == "42"),
        ({"direction": "SELL"}, lambda d: d["direction"] == "SELL"),
        ({"label": "02-03B"}, lambda d: d["period"]["label"] == "02-03B"),
        (
            {"deliveryDayFrom": SPRING, "deliveryDayTo": AUTUMN},
            lambda d: d["period"]["day"] in (SPRING, AUTUMN),
        ),
        ({"executedFrom": chosen["executionTime"]}, lambda d: _time(d) >= _time(chosen)),
        ({"executedTo": chosen["executionTime"]}, lambda d: _time(d) <= _time(chosen)),
    ):
        assert await told.desk.deals(filter=asked) == [deal for deal in deals if wanted(deal)], asked
    by_time = await told.desk.deals(order={"executionTime": "ASC"})
    assert by_time == sorted(deals, key=lambda d: (_time(d), int(d["position"])))
    by_delivery = [deal["period"]["start"] for deal in await told.desk.deals(order={"delivery": "DESC"})]
    assert by_delivery == sorted(by_delivery, reverse=True)


async def test_the_deals_as_of_a_position_are_those_recorded_by_then(told: Told) -> None:
    middle = told.head // 2
    deals = await told.desk.deals()
    assert await told.desk.deals(position=middle) == [deal for deal in deals if int(deal["position"]) <= middle]


@pytest.mark.parametrize("name", [None, *TRADERS[:3]])
async def test_a_stream_of_deals_from_a_position_has_every_later_one_in_log_order(told: Told, name: str | None) -> None:
    client = told.desk if name is None else told.trader(name)
    for after in (0, told.head // 2):
        wanted = [deal for deal in reversed(await client.deals()) if int(deal["position"]) > after]
        async with client.follow(DEALS_RECORDED, after=str(after)) as stream, told.wattbook.patience():
            assert [await stream.next() for _ in wanted] == wanted


@pytest.mark.parametrize("day", DAYS)
async def test_a_stream_of_figures_begins_with_those_that_a_query_gives(told: Told, day: str) -> None:
    for name in (None, TRADERS[0]):
        client = told.desk if name is None else told.trader(name)
        async with client.follow(PERFORMANCE_CHANGED, trader=name, day=day) as stream, told.wattbook.patience():
            assert await stream.next() == await told.desk.performance(name, day)


async def test_a_position_past_the_head_is_refused(told: Told) -> None:
    past = {"position": str(told.head + 1)}
    for query, variables in (
        (PERFORMANCE, {"day": NORMAL, "asOf": past}),
        (DEALS, {"asOf": past}),
        (REFERENCE_PRICES, {"day": NORMAL, "asOf": past}),
    ):
        refused = await told.desk.post(query, **variables)
        assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("day", DAYS)
async def test_the_reference_prices_are_those_that_the_figures_use(told: Told, day: str) -> None:
    for position in (told.head // 2, told.head):
        prices = {p["period"]["label"]: p for p in await told.desk.reference_prices(day, position)}
        performance = await told.desk.performance(None, day, position)
        for row in performance["periods"]:
            price = prices.get(row["period"]["label"])
            assert row["figures"]["referencePrice"] == (price["value"] if price else None)
            assert row["referenceLastUpdate"] == (price["lastUpdate"] if price else None)
        starts = [price["period"]["start"] for price in prices.values()]
        assert starts == sorted(starts)


async def test_the_rejections_are_whole_with_their_reasons_each_once(told: Told) -> None:
    rejections = await told.desk.rejections()
    assert sorted((r["reason"], r["message"]) for r in rejections) == sorted(
        (reason, _shown(raw)) for reason, raw in told.script.rejected
    )
    assert {r["source"] for r in rejections} == {"exchange/1", "exchange/2"}
    assert all(r["resolution"] is None for r in rejections)


async def test_the_log_has_every_position_once_and_time_never_runs_back(told: Told) -> None:
    assert [int(event["position"]) for event in told.events] == list(range(1, told.head + 1))
    assert all(a["recordedAt"] <= b["recordedAt"] for a, b in pairwise(map(_padded, told.events)))
    topics = [event["type"] for event in told.events]
    conflicts = sum(reason == "CONFLICT" for reason, _ in told.script.rejected)
    assert topics.count("deal.confirmed.v1") == len(told.trades)
    assert topics.count("deal.conflicted.v1") == conflicts
    assert topics.count("message.rejected.v1") == len(told.script.rejected) - conflicts
    assert topics.count("feed.connected.v1") == 2
    some = await told.desk.events(filter={"types": ["deal.conflicted.v1"], "after": "3", "until": str(told.head)})
    assert len(some) == conflicts


@pytest.mark.parametrize("name", TRADERS[:4])
async def test_a_trader_sees_own_rows_only(told: Told, name: str) -> None:
    trader = told.trader(name)
    for day in DAYS:
        assert await trader.performance(name, day) == await told.desk.performance(name, day)
        for other in (None, TRADERS[4]):
            refused = await trader.post(PERFORMANCE, trader=other, day=day)
            assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await trader.ask("{ traders }"))["traders"] == [name]
    assert await trader.deals() == await told.desk.deals(filter={"traderId": name})
    assert await trader.deals(filter={"traderId": TRADERS[4]}) == []
    for rejection in await trader.rejections():
        assert _trader_in(rejection["message"]) == name
    events = await trader.events()
    assert events
    for event in events:
        payload = json.loads(event["payload"])
        assert event["type"].split(".")[0] != "deal" or payload["deal"]["trader_id"] == name
        assert "receipt" not in payload or _trader_in(verbatim(payload["receipt"]["original"])) == name


def _shown(raw: str | bytes) -> str:
    return raw if isinstance(raw, str) else "base64:" + base64.b64encode(raw).decode()


def _trader_in(message: str | bytes) -> str:
    ((_, fields),) = json.loads(message).items()
    return str(fields["trader_id"])


def _as_row(deal: Json) -> tuple[str, ...]:
    period = deal["period"]
    return (deal["traderId"], deal["direction"], deal["energyMwh"], deal["price"], period["day"], period["label"])


def _as_sent(trade: Trade) -> tuple[str, ...]:
    energy, price = oracle._exact(trade.mwh), oracle._exact(trade.price)
    assert energy is not None
    assert price is not None
    return (trade.trader, "BUY" if trade.buys else "SELL", energy, price, trade.day, trade.slot.label)


def _time(deal: Json) -> str:
    return _sortable(deal["executionTime"])


def _padded(event: Json) -> Json:
    return event | {"recordedAt": _sortable(event["recordedAt"])}


def _sortable(instant: str) -> str:
    seconds, _, fraction = instant.removesuffix("Z").partition(".")
    return f"{seconds}.{fraction:0<6}"
