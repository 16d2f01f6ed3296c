"""Does the provider answer with the market's price, in steps, and misbehave as told?"""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.decimals import rounded
from domain.periods import parse_period
from domain.request_limits import RequestLimit
from simulator.answer_faults import FaultyAnswers
from simulator.answers import Answer, MarketAnswers, ScriptedAnswers, Undefined, price_body, publication_time
from simulator.clock import MarketClock
from simulator.limits import SlidingWindows, parse_limits
from simulator.market import Market, MarketParameters

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2023, 2, 6, 9, 17, 45, tzinfo=UTC)
PERIOD = parse_period(date(2023, 2, 6), "12-13", BERLIN)
MARKET = Market(MarketParameters(seed=3, zone=BERLIN, deals_per_minute=1))
GOOD = Answer(price_body("2023-02-06", "12-13", Decimal("100.00"), NOW))


def provider(undefined: Undefined = "null", now: datetime = NOW) -> MarketAnswers:
    return MarketAnswers(MARKET, MarketClock(now, now), lambda: now, undefined=undefined)


def test_a_body_has_the_five_fields_with_the_value_as_a_number() -> None:
    assert GOOD.body == (
        '{"delivery_day": "2023-02-06", "delivery_hour": "12-13", "value": 100, "unit": "euro", '
        '"last_update": "2023-02-06T09:17:45Z"}'
    )


async def test_the_answer_is_the_exact_average_of_the_markets_trades_when_it_was_published() -> None:
    answer = json.loads((await provider().answer("2023-02-06", "12-13")).body, parse_float=Decimal)
    published_at = datetime(2023, 2, 6, 9, 10, tzinfo=UTC)
    exact = MARKET.reference_price(PERIOD, published_at)
    assert exact is not None
    assert answer == {
        "delivery_day": "2023-02-06",
        "delivery_hour": "12-13",
        "value": rounded(exact),
        "unit": "euro",
        "last_update": "2023-02-06T09:10:00Z",
    }


@pytest.mark.parametrize(
    ("day", "label"),
    [("2023-02-06", "24-25"), ("2023-03-26", "02-03"), ("2023-10-29", "02-03"), ("soon", "02-03")],
)
async def test_what_is_no_period_of_the_day_is_a_bad_request(day: str, label: str) -> None:
    assert (await provider().answer(day, label)).status == 400


async def test_an_undefined_price_is_said_in_three_ways() -> None:
    assert json.loads((await provider().answer("2023-02-09", "12-13")).body)["value"] is None
    assert "value" not in json.loads((await provider("missing").answer("2023-02-09", "12-13")).body)
    assert (await provider("404").answer("2023-02-09", "12-13")).status == 404


def test_prices_are_published_every_ten_minutes_until_trading_closes() -> None:
    every = timedelta(minutes=10)
    assert publication_time(NOW, PERIOD, every) == NOW.replace(minute=10, second=0)
    assert publication_time(PERIOD.start + timedelta(days=90), PERIOD, every) == PERIOD.start


async def test_a_script_is_answered_in_turn_and_its_last_answer_stays() -> None:
    script = ScriptedAnswers({("2023-02-06", "12-13"): [Answer(status=500), GOOD]})
    statuses = [(await script.answer("2023-02-06", "12-13")).status for _ in range(3)]
    assert statuses == [500, 200, 200]
    assert (await script.answer("2023-02-06", "13-14")).status == 404


async def spoilt(kind: str) -> Answer:
    source = ScriptedAnswers({("2023-02-06", "12-13"): [GOOD]})
    return await FaultyAnswers(source, seed=1, rate=1, kinds=[kind]).answer("2023-02-06", "12-13")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("too-many", 429), ("too-many-retry-after", 429), ("server-error", 500), ("unavailable", 503), ("not-found", 404)],
)
async def test_errors_have_their_status(kind: str, status: int) -> None:
    answer = await spoilt(kind)
    assert answer.status == status
    assert ("Retry-After" in answer.headers) == (kind == "too-many-retry-after")


async def test_spoilt_bodies_are_wrong_in_what_they_are_named_after() -> None:
    assert json.loads((await spoilt("another-hour")).body)["delivery_hour"] != "12-13"
    assert json.loads((await spoilt("older")).body)["last_update"] < "2023-02-06T08:18"
    assert json.loads((await spoilt("null")).body)["value"] is None
    assert "value" not in json.loads((await spoilt("missing")).body)
    assert "last_update" not in json.loads((await spoilt("no-update")).body)
    assert json.loads((await spoilt("other-unit")).body)["unit"] == "pence/kwh"
    assert (await spoilt("html")).content_type == "text/html"
    assert (await spoilt("half")).cut
    assert (await spoilt("time-out")).delay_s > 60


async def test_without_faults_an_answer_is_only_late() -> None:
    source = ScriptedAnswers({("2023-02-06", "12-13"): [GOOD]})
    late = FaultyAnswers(source, seed=1, delay_s=30)
    answers = [await late.answer("2023-02-06", "12-13") for _ in range(50)]
    assert all(answer.body == GOOD.body and 0 <= answer.delay_s <= 30 for answer in answers)
    assert len({answer.delay_s for answer in answers}) > 40


def test_limits_are_sliding_windows() -> None:
    windows = SlidingWindows(parse_limits("2/minute,3/hour"))
    assert [windows.admit(0), windows.admit(30)] == [0, 0]
    assert windows.admit(45) == 15
    assert windows.admit(60) == 0
    assert windows.admit(100) == 3500
    assert windows.admit(3600) == 0


def test_limits_are_read_or_refused() -> None:
    assert parse_limits("50/minute,1000/hour") == (RequestLimit(50, 60), RequestLimit(1000, 3600))
    assert parse_limits("none") == ()
    with pytest.raises(ValueError, match="50/minute"):
        parse_limits("lots")
