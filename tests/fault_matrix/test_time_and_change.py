"""Rows 23 and 25 of the fault matrix: clocks that jump, days that are no usual ones, and roles that are renewed."""

import asyncio
import json
from pathlib import Path

import psycopg
import pytest

from projections.rejections import rejections
from tests.end_to_end.lines import confirmation
from tests.fault_matrix.faulted import Faulted, faulted
from tests.fault_matrix.invariants import stored_log
from tests.fault_matrix.said import trading

WRONG_CLOCK = Path(__file__).parent / "wrong_clock"
ROOT = Path(__file__).parents[2]

HOURS = [f"{hour:02}-{hour + 1:02}" for hour in range(24)]
DAYS = {
    "2024-02-29": HOURS,
    "2025-03-30": [*HOURS[:2], *HOURS[3:]],
    "2025-10-26": [*HOURS[:2], "02-03A", "02-03B", *HOURS[3:]],
}
NEWEST_INDEX = "wattbook.events_of_rare_topics_idx"
OF_BEFORE = "rejections_v1"
NO_SUCH = {("2023-02-29", "08-09"): "INVALID", ("2025-03-30", "02-03"): "NO_SUCH_PERIOD"}


@pytest.mark.parametrize("row", ["row_23 clock"])
async def test_clocks_that_jump_by_an_hour_lose_and_reorder_nothing(tmp_path: Path, database: str, row: str) -> None:
    """23: clock jumps of an hour, forth and back; ordering by position, not time."""
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    environment = {"PYTHONPATH": f"{WRONG_CLOCK}:{ROOT}", "CLOCK_AHEAD_HOURS": str(ahead)}
    async with faulted(tmp_path, database, environment) as desk:
        async with trading(desk.exchange, 23) as market:
            for hours in ("1", "0", "-1", "0"):
                await market.more(50)
                _set(ahead, hours)
                await market.more(50)
                await desk.exchange.drop(1)
                await market.more(50)
                await desk.listens()
            await market.more(300)
        counted = await desk.recovered(market)
        assert counted.inside_outages == 0
        received = [row.fields["receipt"]["received_at"] for row in stored_log(desk.url) if "receipt" in row.fields]
        assert received != sorted(received), "the roles did see another time"


@pytest.mark.parametrize("row", ["row_23 days"])
async def test_leap_days_and_days_of_23_and_25_hours_are_as_long_as_they_are(desk: Faulted, row: str) -> None:
    """23: DST day, leap day, 29 Feb deal; 23 and 25 hours right."""
    async with trading(desk.exchange, 23) as market:
        for day, labels in DAYS.items():
            for label in labels:
                await market.say(_deal(day, label))
        for day, label in NO_SUCH:
            await market.say(_deal(day, label))
        await market.more(50)
    await desk.recovered(market)
    for day, labels in DAYS.items():
        performance = await desk.desk.performance("leap", day)
        assert [each["period"]["label"] for each in performance["periods"]] == labels
        assert performance["total"]["dealCount"] == len(labels)
    rejected = {each["message"]: each["reason"].partition(":")[0] for each in await desk.desk.rejections()}
    assert rejected == {_deal(day, label).decode(): reason for (day, label), reason in NO_SUCH.items()}


@pytest.mark.parametrize("row", ["row_25"])
async def test_roles_renewed_one_by_one_under_load_leave_no_stretch_without_a_line(desk: Faulted, row: str) -> None:
    """25: rolling deploy of each process while streaming; no uncovered interval, I1 to I4."""
    async with trading(desk.exchange, 25) as market:
        for line in (1, 2):
            await market.more(50)
            name = f"receive {line}"
            older = desk.roles[name]
            desk.roles[name] = desk.wattbook.start("receive", "--line", str(line), "--replace")
            assert await older.ended() == 0
        for name in ("record", "project", "serve"):
            await market.more(50)
            assert await desk.roles[name].end() == 0
            await market.more(50)
            desk.roles[name].start()
        await market.more(50)
    counted = await desk.recovered(market)
    assert counted.inside_outages == 0
    assert (await desk.desk.ask("{ outages { start } }"))["outages"] == []
    assert {feed["losses"] for feed in (await desk.desk.ask("{ feeds { losses } }"))["feeds"]} == {0}


@pytest.mark.parametrize("row", ["row_25 schema"])
async def test_a_schema_is_brought_up_to_date_while_deals_stream(desk: Faulted, row: str) -> None:
    """25: schema upgrade while streaming; the recorder of before goes on, and nothing is lost, I1 to I4."""
    async with trading(desk.exchange, 25) as market:
        await market.more(100)
        for name in ("project", "serve"):
            assert await desk.roles[name].end() == 0
        await asyncio.to_thread(_make_older, desk.url)
        await market.more(200)
        # The first of the new ones installs, with the recorder of before at work.
        for name in ("project", "serve"):
            desk.roles[name].start()
            await market.more(50)
        await desk.wattbook.until(desk.desk.ready)
        assert await desk.roles["record"].end() == 0
        desk.roles["record"].start()
        assert (await desk.wattbook.command("rebuild", "--drop")).code == 0
        await market.more(50)
    counted = await desk.recovered(market)
    assert counted.inside_outages == 0
    with psycopg.connect(desk.url) as connection:
        valid = connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", (NEWEST_INDEX,))
        assert valid.fetchone() == (True,)
        table = connection.execute("SELECT to_regclass(%s)", (f"read_models.{OF_BEFORE}",)).fetchone()
        assert table == (None,), "what was in use before is dropped"


def _make_older(url: str) -> None:
    """Leave the schema as an earlier version had it: an index less, and a read model of another version."""
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP INDEX {NEWEST_INDEX}".encode())
        connection.execute(f"ALTER TABLE read_models.{rejections.table} RENAME TO {OF_BEFORE}".encode())
        connection.execute(
            "UPDATE read_models.checkpoints SET table_name = %s WHERE table_name = %s", (OF_BEFORE, rejections.table)
        )
        connection.execute("UPDATE wattbook_state.installation SET digest = 'of before'")


def _deal(day: str, label: str) -> bytes:
    fields = confirmation(id=f"{day} {label}", trader_id="leap", delivery_day=day, delivery_hour=label)
    return json.dumps(fields).encode()


def _set(clock: Path, hours: str) -> None:
    """Let a process see the old or the new hours, and never none."""
    unfinished = clock.with_suffix(".unfinished")
    unfinished.write_text(hours)
    unfinished.replace(clock)
