"""Does a verification name the exact place of whatever was done to the log and the read models?"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import psycopg
import pytest

from adapters.event_log.chain_check import Finding
from domain.canonical import time_text
from tests.desk import Desk, desk
from tests.notation import deal, published
from wattbook.verify import verified_log, verify

LOG = "wattbook.events"
UNBOUND = f"ALTER TABLE {LOG} DROP CONSTRAINT events_notification_id_check"


def tamper(url: str, *statements: str) -> None:
    """Do as the owner of the database can: without its triggers."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def findings(url: str, stretch: int = 1_000) -> Sequence[Finding]:
    return verified_log(url, stretch).findings


def places(url: str) -> list[tuple[int, str]]:
    return [(each.position, each.table) for each in findings(url)]


async def test_an_untouched_log_is_well_in_one_stretch_or_in_many_processes(trading: Desk) -> None:
    assert findings(trading.url) == []
    assert findings(trading.url, stretch=5) == []


async def test_an_empty_log_is_well(database: str) -> None:
    async with desk(database):
        assert findings(database) == []


async def test_one_changed_byte_is_named(trading: Desk) -> None:
    tamper(trading.url, changed(2, "06:13:46", "06:13:47"))
    assert places(trading.url) == [(2, LOG)]


async def test_a_changed_price_is_named_in_the_log_and_wherever_the_figures_still_say_the_old_one(
    trading: Desk,
) -> None:
    tamper(trading.url, changed(2, '"price_eur_mwh":"20"', '"price_eur_mwh":"10"'))
    told = findings(trading.url)
    assert [(each.position, each.table) for each in told][:2] == [(2, "read_models.deals_v1"), (2, LOG)]
    assert "price_eur_mwh is 20, not 10" in told[0].what


async def test_bytes_that_are_no_event_are_named(trading: Desk) -> None:
    tamper(trading.url, f"UPDATE {LOG} SET state = 'nonsense' WHERE notification_id = 10")
    told = findings(trading.url)
    assert (10, LOG) in [(each.position, each.table) for each in told]
    assert any("bytes that are no message.rejected.v1" in each.what for each in told)


@pytest.mark.parametrize("position", [1, 6, 12])
async def test_a_deleted_row_is_named(trading: Desk, position: int) -> None:
    tamper(trading.url, f"DELETE FROM {LOG} WHERE notification_id = {position}")
    told = findings(trading.url)
    assert Finding(position, LOG, "no such event") in told
    assert {each.position for each in told if each.table == LOG} == {position}


async def test_two_swapped_rows_are_named(trading: Desk) -> None:
    tamper(
        trading.url,
        UNBOUND,
        f"UPDATE {LOG} SET notification_id = -2 WHERE notification_id = 2",
        f"UPDATE {LOG} SET notification_id = 2 WHERE notification_id = 3",
        f"UPDATE {LOG} SET notification_id = 3 WHERE notification_id = -2",
    )
    assert {2, 3} <= {each.position for each in findings(trading.url) if each.table == LOG}


async def test_a_moved_time_is_named(trading: Desk) -> None:
    tamper(trading.url, f"UPDATE {LOG} SET recorded_at = recorded_at - interval '1 day' WHERE notification_id = 5")
    told = [each for each in findings(trading.url) if each.table == LOG]
    assert {each.position for each in told} == {5}
    (moved,) = [each.what for each in told if "before the event before it" in each.what]
    with psycopg.connect(trading.url) as connection:
        row = connection.execute(f"SELECT recorded_at FROM {LOG} WHERE notification_id = 4").fetchone()
    assert row
    at = row[0]
    assert moved == f"recorded at {time_text(at - timedelta(days=1))}, before the event before it, {time_text(at)}"


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "4000-01-01 BC", "20000-01-01"])
async def test_a_time_that_no_calendar_holds_is_named(trading: Desk, instant: str) -> None:
    tamper(trading.url, f"UPDATE {LOG} SET recorded_at = '{instant}' WHERE notification_id = 5")
    assert {each.position for each in findings(trading.url) if each.table == LOG} <= {5, 6}
    assert 5 in {each.position for each in findings(trading.url) if each.table == LOG}


async def test_a_changed_hash_is_named(trading: Desk) -> None:
    tamper(trading.url, f"UPDATE {LOG} SET hash = sha256('x') WHERE notification_id = 5")
    assert places(trading.url) == [(5, LOG), (6, LOG)]


@pytest.mark.parametrize(
    ("change", "what"),
    [("position = 11", "position"), ("hash = sha256('x')", "hash"), ("recorded_at = now() + interval '1 h'", "time")],
)
async def test_a_changed_head_is_named(trading: Desk, change: str, what: str) -> None:
    tamper(trading.url, f"UPDATE wattbook.log_head SET {change}")
    assert any(
        each.table == "wattbook.log_head" and each.what.startswith(f"its {what}") for each in findings(trading.url)
    )


@pytest.mark.parametrize(
    ("statement", "position", "table"),
    [
        ("UPDATE read_models.deals_v1 SET money_eur = 1 WHERE position = 5", 5, "deals_v1"),
        ("DELETE FROM read_models.deals_v1 WHERE position = 11", 11, "deals_v1"),
        ("UPDATE read_models.deals_v1 SET executed_at = 'infinity' WHERE position = 5", 5, "deals_v1"),
        ("UPDATE read_models.deals_v1 SET recorded_at = '-infinity' WHERE position = 5", 5, "deals_v1"),
        ("UPDATE read_models.deals_v1 SET delivery_day = 'infinity' WHERE position = 5", 5, "deals_v1"),
        ("UPDATE read_models.positions_v1 SET delivery_start = '4000-01-01 BC'", 13, "positions_v1"),
        (
            "UPDATE read_models.reference_prices_v1 SET fetched_at = '20000-01-01' WHERE position = 4",
            4,
            "reference_prices_v1",
        ),
        ("UPDATE read_models.deals_v1 SET position = 999 WHERE position = 11", 999, "deals_v1"),
        ("UPDATE read_models.deals_v1 SET position = -4 WHERE position = 11", -4, "deals_v1"),
        ("UPDATE read_models.deals_v1 SET position = -(2 ^ 63) WHERE position = 11", -(2**63), "deals_v1"),
        ("UPDATE read_models.deals_v1 SET position = (2 ^ 62)::bigint + 1 WHERE position = 11", 2**62 + 1, "deals_v1"),
        (
            "UPDATE read_models.reference_prices_v1 SET position = -(2 ^ 63) WHERE position = 4",
            -(2**63),
            "reference_prices_v1",
        ),
        ("UPDATE read_models.positions_v1 SET bought_eur = bought_eur + 0.000001", 13, "positions_v1"),
        ("DELETE FROM read_models.positions_v1 WHERE trader_id = 'bob'", 13, "positions_v1"),
        ("UPDATE read_models.reference_prices_v1 SET value = 29 WHERE position = 4", 4, "reference_prices_v1"),
        (
            "UPDATE read_models.reports_v1 SET performance = 'sha256:' || encode(sha256(performance::bytea), 'hex')",
            13,
            "reports_v1",
        ),
        ("UPDATE read_models.feeds_v1 SET connected_at = now()", 13, "feeds_v1"),
        ("UPDATE read_models.rejections_v2 SET resolution = NULL WHERE position = 10", 10, "rejections_v2"),
    ],
)
async def test_an_edited_read_model_is_named(trading: Desk, statement: str, position: int, table: str) -> None:
    long = replace(published(position=0), performance="x" * 300, log_hash="00" * 32)
    await trading.knows(replace(long, digest=sha256(long.performance.encode()).hexdigest()))
    assert findings(trading.url) == []
    tamper(trading.url, statement)
    assert (position, f"read_models.{table}") in places(trading.url)
    assert {each.table for each in findings(trading.url)} == {f"read_models.{table}"}


async def test_a_row_that_is_there_twice_and_a_checkpoint_that_is_gone_are_named(trading: Desk) -> None:
    tamper(
        trading.url,
        "ALTER TABLE read_models.deals_v1 DROP CONSTRAINT deals_v1_pkey",
        "INSERT INTO read_models.deals_v1 SELECT * FROM read_models.deals_v1 WHERE position = 5",
    )
    assert places(trading.url) == [(5, "read_models.deals_v1")]
    tamper(trading.url, "DELETE FROM read_models.checkpoints WHERE table_name = 'feeds_v1'")
    assert Finding(0, "read_models.checkpoints", "feeds_v1 has no checkpoint") in findings(trading.url)


async def test_several_processes_find_what_one_finds(trading: Desk) -> None:
    tamper(trading.url, "UPDATE read_models.deals_v1 SET money_eur = 1", "DELETE FROM read_models.positions_v1")
    tamper(trading.url, f"DELETE FROM {LOG} WHERE notification_id IN (7, 8)")
    assert findings(trading.url, stretch=5) == findings(trading.url)


async def test_read_models_that_are_behind_are_compared_where_they_are(trading: Desk) -> None:
    trading.records(deal("anna buys 1 MW 08-09 at 1", deal_id="99"))
    assert findings(trading.url) == []


async def test_a_report_with_another_digest_or_log_hash_is_named(trading: Desk) -> None:
    await trading.knows(published())
    assert [each.what for each in findings(trading.url)] == ["the report's log hash is not that at position 7"]
    tamper(trading.url, changed(13, '"digest":"fd', '"digest":"ff'))
    assert "the report's digest is not that of its figures" in [each.what for each in findings(trading.url)]


async def test_the_command_says_so_with_its_exit_code(trading: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(trading.url, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "position": "12", "findings": []}
    assert verify(trading.url, as_json=False) == 0
    assert "all is well up to position 12" in capsys.readouterr().out
    tamper(trading.url, f"DELETE FROM {LOG} WHERE notification_id = 12")
    assert verify(trading.url, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert {"position": "12", "table": LOG, "what": "no such event"} in told["findings"]
    assert verify(trading.url, as_json=False) == 1
    assert f"position 12, {LOG}: no such event" in capsys.readouterr().out


def changed(position: int, old: str, new: str) -> str:
    now = f"convert_to(replace(convert_from(state, 'UTF8'), '{old}', '{new}'), 'UTF8')"
    return f"UPDATE {LOG} SET state = {now} WHERE notification_id = {position}"
