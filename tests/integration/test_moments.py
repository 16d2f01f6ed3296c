"""Does every answer say what it is as of, also before a time has come, or where nothing was known, or of nobody?"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from adapters.event_log.raw_log import RawLog
from domain.performance import Moment
from projections.reading import DealFilter
from tests.desk import Desk, serving, settings_for
from tests.notation import DAY
from wattbook.explain import explain
from wattbook.export import deals_to
from wattbook.replay import replay
from wattbook.report import report
from wattbook.reports import publish

Capture = pytest.CaptureFixture[str]
FUTURE = Moment(recorded_at=datetime(2999, 1, 1, tzinfo=UTC))
PAST = Moment(recorded_at=datetime(2020, 1, 1, tzinfo=UTC))
TO_COME = "wattbook: 2999-01-01T00:00:00Z is in the future: this is what is known now, as of position 12\n"
TOO_EARLY = "wattbook: 2020-01-01T00:00:00Z is before the first event: nothing was known then\n"


@pytest.mark.parametrize("command", ["report", "replay", "explain", "export"])
async def test_a_command_says_beside_its_answer_what_a_time_to_come_or_before_all_events_means(
    trading: Desk, tmp_path: Path, capsys: Capture, command: str
) -> None:
    chosen, url = settings_for(tmp_path), trading.url

    async def run(moment: Moment) -> tuple[str, str]:
        if command == "replay":
            await asyncio.to_thread(replay, chosen, partial(RawLog, url), None, DAY, moment, as_json=True)
        elif command == "report":
            await report(chosen, url, None, DAY, moment, as_json=True)
        elif command == "explain":
            await explain(chosen, url, None, DAY, Moment(position=0), moment, as_json=True)
        else:
            await deals_to(chosen, url, tmp_path / "deals.csv", DealFilter(), moment)
        return capsys.readouterr()

    now, to_come = await run(Moment(position=12)), await run(FUTURE)
    assert to_come == (now[0], TO_COME)
    assert now[1] == ""
    nothing, too_early = await run(Moment(position=0)), await run(PAST)
    assert too_early == (nothing[0], TOO_EARLY)
    # A time at which something was known, and that has come, says enough by its position.
    assert (await run(Moment(recorded_at=datetime.now(UTC))))[1] == ""


async def test_who_publishes_as_of_a_time_to_come_is_told_what_is_frozen(
    trading: Desk, tmp_path: Path, capsys: Capture
) -> None:
    await publish(settings_for(tmp_path), trading.url, None, DAY, FUTURE, "auditor", as_json=False)
    out, err = capsys.readouterr()
    assert "as of position 12" in out
    assert err == TO_COME


@pytest.mark.parametrize(
    ("trader", "position", "note"),
    [
        ("ana", 12, "wattbook: no deal of ana stands as of position 12, on any day\n"),
        ("anna", 1, "wattbook: no deal of anna stands as of position 1, on any day\n"),
        ("anna", 12, ""),
    ],
)
async def test_a_trader_of_whom_no_deal_stands_is_said_to_be_so_beside_the_zeros(
    trading: Desk, tmp_path: Path, capsys: Capture, trader: str, position: int, note: str
) -> None:
    await report(settings_for(tmp_path), trading.url, trader, DAY, Moment(position), as_json=False)
    out, err = capsys.readouterr()
    assert f"{trader}, delivery day" in out
    assert err == note


KNOWN = """
    query ($asOf: AsOf) { performance(deliveryDay: "2023-02-06", asOf: $asOf) { knowledge { position recordedAt } } }
"""


BESIDE = """
    query ($asOf: AsOf) {
      knowledge(asOf: $asOf) { position recordedAt }
      deals(asOf: $asOf) { edges { node { dealId } } }
    }
"""


async def test_an_answer_of_the_api_says_what_it_is_as_of(trading: Desk, tmp_path: Path) -> None:
    async with serving(trading, settings_for(tmp_path)) as api:

        async def known(as_of: dict[str, str] | None) -> dict[str, str | None]:
            answer: dict[str, str | None] = (await api.data(KNOWN, {"asOf": as_of}))["performance"]["knowledge"]
            return answer

        to_come = await known({"recordedAt": "2999-01-01T00:00:00Z"})
        assert to_come == await known(None) == await known({"position": "12"})
        assert to_come["recordedAt"] is not None
        assert to_come["recordedAt"] < "2999"
        assert await known({"recordedAt": "2020-01-01T00:00:00Z"}) == {"position": "0", "recordedAt": None}
        # Deals and prices do not say it themselves: beside them it can be asked for, and is that of the same snapshot.
        answer = await api.data(BESIDE, {"asOf": {"recordedAt": "2999-01-01T00:00:00Z"}})
        assert answer["knowledge"] == to_come
        assert [edge["node"]["dealId"] for edge in answer["deals"]["edges"]] == ["4", "2", "3"]
        answer = await api.data(BESIDE, {"asOf": {"position": "2"}})
        assert (answer["knowledge"]["position"], len(answer["deals"]["edges"])) == ("2", 1)
