"""Is everything at the ends of the log, or far from them, found where it is?"""

from pathlib import Path

import psycopg
import pytest

from adapters.event_log.chain_check import Finding
from adapters.event_log.seals_file import read_seals
from adapters.postgres.installation import install
from projections import READ_MODELS
from tests.desk import Desk
from tests.integration.test_verify import LOG, UNBOUND, findings, places, tamper
from tests.sealing import sealer
from wattbook.verify import verified_log


@pytest.mark.parametrize("position", [0, -5, -(2**63)])
async def test_an_event_below_the_log_is_named_and_refused_where_the_log_is_whole(trading: Desk, position: int) -> None:
    another = f"""
        INSERT INTO {LOG} SELECT 'deal:x', 1, topic, state, {position}, recorded_at, hash FROM {LOG}
        WHERE notification_id = 2
    """
    with pytest.raises(psycopg.errors.CheckViolation):
        tamper(trading.url, another)
    tamper(trading.url, UNBOUND, another)
    told = f"an event of deal:x is at position {position}, and the log begins at 1"
    assert findings(trading.url) == [Finding(position, LOG, told)]
    tamper(trading.url, "UPDATE wattbook_state.installation SET digest = 'of an older version'")
    install(trading.url, READ_MODELS)
    assert findings(trading.url) == [Finding(position, LOG, told)]
    with pytest.raises(psycopg.errors.CheckViolation):
        tamper(trading.url, f"UPDATE {LOG} SET notification_id = 0 WHERE notification_id = 12")


@pytest.mark.parametrize("far", [10**15, 9 * 10**18, 2**63 - 1])
async def test_an_event_far_away_is_one_gap_and_ends(trading: Desk, far: int) -> None:
    tamper(trading.url, f"UPDATE {LOG} SET notification_id = {far} WHERE notification_id = 12")
    assert Finding(12, LOG, f"no event up to position {far - 1}") in findings(trading.url)
    assert findings(trading.url, stretch=5) == findings(trading.url)
    tamper(trading.url, f"DELETE FROM {LOG} WHERE notification_id = {far}")
    tamper(trading.url, f"UPDATE wattbook.log_head SET position = {far}")
    assert Finding(12, LOG, f"no event up to position {far}") in findings(trading.url)
    assert findings(trading.url, stretch=5) == findings(trading.url)


async def test_rows_in_a_gap_are_named_and_so_is_a_sum_over_them(trading: Desk) -> None:
    tamper(trading.url, f"DELETE FROM {LOG} WHERE notification_id > 4")
    told = places(trading.url)
    assert [position for position, table in told if table == "read_models.deals_v1"] == [5, 6, 6, 9, 11]
    assert (12, "read_models.positions_v1") in told
    assert findings(trading.url, stretch=3) == findings(trading.url)


@pytest.mark.parametrize("column", ["originator_id", "originator_version", "topic", "recorded_at", "state", "hash"])
async def test_a_column_of_an_event_that_is_gone_is_named(trading: Desk, column: str) -> None:
    tamper(
        trading.url,
        f"ALTER TABLE {LOG} DROP CONSTRAINT events_pkey, ALTER {column} DROP NOT NULL",
        f"UPDATE {LOG} SET {column} = NULL WHERE notification_id = 5",
    )
    assert {each.position for each in findings(trading.url) if each.table == LOG} <= {5, 6}
    assert 5 in {each.position for each in findings(trading.url) if each.table == LOG}
    assert findings(trading.url, stretch=5) == findings(trading.url)


async def test_an_event_without_a_position_is_named(trading: Desk) -> None:
    tamper(
        trading.url,
        f"ALTER TABLE {LOG} ALTER notification_id DROP NOT NULL",
        f"UPDATE {LOG} SET notification_id = NULL WHERE notification_id = 5",
    )
    assert Finding(5, LOG, "no such event") in findings(trading.url)
    assert any(each.what.endswith("is at no position, and the log begins at 1") for each in findings(trading.url))


async def test_a_head_that_is_gone_is_named(trading: Desk) -> None:
    tamper(
        trading.url,
        "ALTER TABLE wattbook.log_head ALTER hash DROP NOT NULL",
        "UPDATE wattbook.log_head SET hash = NULL",
    )
    assert findings(trading.url) == [Finding(12, "wattbook.log_head", "its row has a column that is NULL")]
    tamper(trading.url, "DELETE FROM wattbook.log_head")
    assert findings(trading.url) == [Finding(12, "wattbook.log_head", "its row is gone")]


@pytest.mark.parametrize("position", [3, 13])
async def test_a_state_that_is_gone_from_a_sealed_event_or_a_seal_is_named(
    trading: Desk, tmp_path: Path, small_blocks: None, position: int
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        tamper(
            trading.url,
            f"ALTER TABLE {LOG} ALTER state DROP NOT NULL",
            f"UPDATE {LOG} SET state = NULL WHERE notification_id = {position}",
        )
        for seals in ((), read_seals(recorder.file).seals):
            assert Finding(position, LOG, "its state is NULL") in verified_log(trading.url, seals=seals).findings
