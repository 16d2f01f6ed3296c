"""Is the log sealed block by block, and is whoever rewrites it caught by the seals that were kept elsewhere?"""

import asyncio
import stat
from pathlib import Path

import psycopg
import pytest

from adapters.event_log.chain_check import TABLE, Finding
from adapters.event_log.hash_chain import GENESIS, Link, chained
from adapters.event_log.seals import seal_key
from adapters.event_log.seals_file import read_seals
from domain.errors import LogDamagedError, SealKeyError, SealsRefusedError
from tests.desk import Desk
from tests.sealing import owner, sealer
from wattbook.verify import verified_log, verify

Capture = pytest.CaptureFixture[str]


async def test_whole_blocks_are_sealed_at_once_and_the_rest_after_an_hour(
    trading: Desk, tmp_path: Path, small_blocks: None
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        assert [(seal.first, seal.last) for seal in recorder.of_log()] == [(1, 5), (6, 10)]
        recorder.passes(hours=1)
        await recorder.seals()
        assert [(seal.first, seal.last) for seal in recorder.of_log()] == [(1, 5), (6, 10), (11, 14)]
        assert read_seals(recorder.file).seals == recorder.of_log()


async def test_a_log_in_which_nothing_happens_is_not_sealed_again_and_again(trading: Desk, tmp_path: Path) -> None:
    async with sealer(trading, tmp_path) as recorder:
        for _ in range(5):
            recorder.passes(hours=2)
            await recorder.seals()
        assert [(seal.first, seal.last) for seal in recorder.of_log()] == [(1, 12)]


async def test_the_file_is_brought_up_to_the_log_wherever_it_stands(
    trading: Desk, tmp_path: Path, small_blocks: None
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        whole = recorder.file.read_text()
        for left in ("", whole.splitlines(keepends=True)[0], whole[:-9]):
            recorder.file.write_text(left)
            await recorder.seals()
            assert recorder.file.read_text() == whole
        recorder.file.unlink()
        await recorder.seals()
        assert recorder.file.read_text() == whole


@pytest.mark.parametrize("other", [b"another log's\n", b"no line at all", b"\xff\xfe\n", b'{"first":1}\n\n\n'])
async def test_a_file_that_is_not_of_this_log_is_not_written_to(
    trading: Desk, tmp_path: Path, small_blocks: None, other: bytes
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        recorder.file.parent.mkdir()
        recorder.file.write_bytes(other)
        with pytest.raises(SealsRefusedError, match="another log"):
            await recorder.seals()
        assert recorder.file.read_bytes() == other
        # Nor does it end the recorder.
        running = asyncio.create_task(recorder.sealing.run())
        await asyncio.wait({running}, timeout=0.5)
        assert not running.done()
        running.cancel()


async def test_nothing_is_sealed_over_a_hole(trading: Desk, tmp_path: Path, small_blocks: None) -> None:
    owner(trading.url, "DELETE FROM wattbook.events WHERE notification_id = 3")
    async with sealer(trading, tmp_path) as recorder:
        with pytest.raises(LogDamagedError, match="not all events from position 1 to 5"):
            await recorder.seals()
        assert recorder.of_log() == []


async def test_of_two_recorders_one_seals_and_both_keep_the_seal(
    trading: Desk, tmp_path: Path, small_blocks: None
) -> None:
    async with sealer(trading, tmp_path / "a") as one, sealer(trading, tmp_path / "b") as other:
        await one.seals()
        await other.seals()
        assert len(one.of_log()) == 2
        assert other.file.read_text() == one.file.read_text()


def test_a_key_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    key = tmp_path / "data" / "seal-key.pem"
    assert seal_key(key).public == seal_key(key).public
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [each.name for each in key.parent.iterdir()] == ["seal-key.pem"]
    key.write_text("no key")
    with pytest.raises(SealKeyError, match=r"seal-key\.pem"):
        seal_key(key)


async def test_a_log_is_what_its_seals_say(trading: Desk, tmp_path: Path, small_blocks: None) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        assert verified_log(trading.url, seals=read_seals(recorder.file).seals).findings == []


async def test_a_chain_that_was_rewritten_from_the_middle_is_caught_by_the_seals_alone(
    trading: Desk, tmp_path: Path, small_blocks: None
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        await rewritten(trading, 8, "07:05:00", "07:15:00")
        assert verified_log(trading.url).findings == []
        found = verified_log(trading.url, seals=read_seals(recorder.file).seals).findings
        gone = "the seal over the block from {} is not in the log any more"
        assert found == [
            Finding(6, TABLE, "the block from 6 to 10 is not what was sealed"),
            Finding(6, TABLE, gone.format("1 to 5")),
            Finding(11, TABLE, gone.format("6 to 10")),
        ]


async def test_a_log_that_was_rewritten_from_its_start_or_another_one_is_told(
    trading: Desk, tmp_path: Path, small_blocks: None, capsys: Capture
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        await rewritten(trading, 1, "06:00:00", "06:00:01")
        assert verified_log(trading.url).findings == []
        assert verify(trading.url, as_json=False, seals_file=recorder.file) == 1
        assert "the seals are of a log that began otherwise" in capsys.readouterr().out


async def test_a_log_whose_end_was_cut_off_is_caught(trading: Desk, tmp_path: Path, small_blocks: None) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        owner(trading.url, "DELETE FROM wattbook.events WHERE notification_id > 8")
        found = verified_log(trading.url, seals=read_seals(recorder.file).seals).findings
        assert Finding(9, TABLE, "the block from 6 to 10 was sealed with an event that is not there") in found


async def test_whoever_rewrites_the_chain_must_do_away_with_its_seals_too(
    trading: Desk, tmp_path: Path, small_blocks: None
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        await rewritten(trading, 8, "07:05:00", "07:15:00", without_seals=False)
        told = "the seal over the block from 6 to 10 is not over what the log has there"
        assert verified_log(trading.url).findings == [Finding(14, TABLE, told)]


async def rewritten(trading: Desk, position: int, old: str, new: str, *, without_seals: bool = True) -> None:
    """Change an event and write everything that follows from it anew: the chain, its head and the read models."""
    with psycopg.connect(trading.url) as connection:
        connection.execute("SET session_replication_role = replica")
        if without_seals:
            connection.execute("DELETE FROM wattbook.events WHERE topic = 'log.sealed.v1'")
        rows = connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, recorded_at, state"
            " FROM wattbook.events ORDER BY notification_id"
        ).fetchall()
        before = GENESIS
        for number, stream, version, topic, recorded_at, state in rows:
            bytes_now = bytes(state).replace(old.encode(), new.encode()) if number == position else bytes(state)
            assert number != position or bytes_now != bytes(state)
            before = chained(before, Link(number, stream, version, topic, recorded_at, bytes_now))
            connection.execute(
                "UPDATE wattbook.events SET state = %s, hash = %s WHERE notification_id = %s",
                (bytes_now, before, number),
            )
        end = (number, recorded_at, before)
        connection.execute("UPDATE wattbook.log_head SET position = %s, recorded_at = %s, hash = %s", end)
        for (table,) in connection.execute("SELECT table_name FROM read_models.checkpoints").fetchall():
            connection.execute(f'TRUNCATE read_models."{table}"'.encode())
        connection.execute("UPDATE read_models.checkpoints SET position = 0")
    await trading.projects()
