"""Is the log sealed block by block, and is whoever rewrites it caught by the seals that were kept elsewhere?"""

import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from adapters.event_log.chain_check import TABLE, Finding
from adapters.event_log.hash_chain import GENESIS, Link, chained
from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals import SealKey, read_seals, seal_key, seal_line
from adapters.event_log.writer import EventLog
from domain.errors import NoSuchDealError, NotSealedError, ProofRefusedError, SealKeyError, SealsRefusedError
from domain.proofs import LogSealed
from tests.desk import Desk, busy_day, desk, settings_for
from tests.notation import deal
from wattbook import sealing
from wattbook.proofs import Wanted, check, prove
from wattbook.sealing import Sealing
from wattbook.verify import verified_log, verify

Capture = pytest.CaptureFixture[str]


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(*busy_day())
        yield opened


@dataclass
class Sealer:
    """A recorder's sealing, looked at step by step, on a clock that a test moves."""

    trading: Desk
    sealing: Sealing
    key: SealKey
    file: Path
    clock: list[datetime]

    async def seals(self) -> None:
        """Seal all that is due, and let the read models know it."""
        while await self.sealing.step(self.key):
            pass
        await self.trading.projects()

    def passes(self, hours: float) -> None:
        self.clock[0] += timedelta(hours=hours)

    def of_log(self) -> list[LogSealed]:
        with RawLog(self.trading.url) as log:
            return [seal for _, seal in log.seals()]


@asynccontextmanager
async def sealer(trading: Desk, folder: Path) -> AsyncIterator[Sealer]:
    clock = [datetime.now(UTC)]
    async with EventLog(trading.url) as log:
        file = folder / "kept" / "seals.jsonl"
        made = Sealing(trading.url, log, folder / "seal-key.pem", file, lambda: False, lambda: clock[0])
        yield Sealer(trading, made, seal_key(folder / "seal-key.pem"), file, clock)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BLOCK", 5)


async def test_whole_blocks_are_sealed_at_once_and_the_rest_after_an_hour(
    trading: Desk, tmp_path: Path, small_blocks: None
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        assert [(seal.first, seal.last) for seal in recorder.of_log()] == [(1, 5), (6, 10)]
        recorder.passes(hours=1)
        await recorder.seals()
        assert [(seal.first, seal.last) for seal in recorder.of_log()] == [(1, 5), (6, 10), (11, 14)]
        assert read_seals(recorder.file) == recorder.of_log()


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


async def test_a_file_of_another_log_is_not_written_to(trading: Desk, tmp_path: Path, small_blocks: None) -> None:
    async with sealer(trading, tmp_path) as recorder:
        recorder.file.parent.mkdir()
        recorder.file.write_text("another log's\n")
        with pytest.raises(SealsRefusedError, match="another log"):
            await recorder.seals()
        assert recorder.file.read_text() == "another log's\n"


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
        assert verified_log(trading.url, seals=read_seals(recorder.file)).findings == []


async def test_a_chain_that_was_rewritten_from_the_middle_is_caught_by_the_seals_alone(
    trading: Desk, tmp_path: Path, small_blocks: None
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        await rewritten(trading, 8, "07:05:00", "07:15:00")
        assert verified_log(trading.url).findings == []
        found = verified_log(trading.url, seals=read_seals(recorder.file)).findings
        assert found == [Finding(6, TABLE, "the block from 6 to 10 is not what was sealed")]


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
        found = verified_log(trading.url, seals=read_seals(recorder.file)).findings
        assert Finding(9, TABLE, "the block from 6 to 10 was sealed with an event that is not there") in found


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda lines: [], "has no seals"),
        (lambda lines: ["{}"], "line 1 is no seal"),
        (lambda lines: ["\x00"], "line 1 is no seal"),
        (lambda lines: lines[1:], "line 1 is not a first one"),
        (lambda lines: [lines[0], lines[0]], "line 2 does not follow the one before"),
        (lambda lines: [lines[0].replace('"last":5', '"last":4')], "line 1 is not signed"),
        (lambda lines: [lines[0].replace('"first":1', '"first":"1"')], "line 1 is no seal"),
    ],
)
async def test_a_file_that_is_no_whole_file_of_seals_is_refused(
    trading: Desk, tmp_path: Path, small_blocks: None, spoilt: object, told: str
) -> None:
    assert callable(spoilt)
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        recorder.file.write_text("".join(f"{line}\n" for line in spoilt(recorder.file.read_text().splitlines())))
        with pytest.raises(SealsRefusedError, match=told):
            verify(trading.url, as_json=True, seals_file=recorder.file)


async def test_a_deal_is_proven_to_be_in_a_sealed_block_without_the_database(
    trading: Desk, tmp_path: Path, small_blocks: None, capsys: Capture
) -> None:
    proof = tmp_path / "proof.json"
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        prove(settings_for(tmp_path), trading.url, Wanted("2"))
        proof.write_text(capsys.readouterr().out)
        proven = json.loads(proof.read_text())
        assert [each["event"]["topic"] for each in proven] == ["deal.confirmed.v1", "deal.corrected.v1"]
        assert check(proof, recorder.file) == 0
        assert capsys.readouterr().out.count("is in the sealed block") == 2
        assert check(proof, None) == 0
        assert recorder.key.public in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda each: each["event"].update(state=each["event"]["state"].replace("4.5", "5.5")),
            "is not what was sealed",
        ),
        (lambda each: each["event"].update(position=2), "is not what was sealed"),
        (lambda each: each["event"].update(recorded_at="2023-01-01T00:00:00Z"), "is not what was sealed"),
        (lambda each: each["path"].pop(), "is not what was sealed"),
        (lambda each: each["path"].insert(0, "zz"), "what is no hash"),
        (lambda each: each["seal"].update(root="00" * 32), "not signed by its own key"),
    ],
)
async def test_a_proof_that_was_changed_does_not_hold(
    trading: Desk, tmp_path: Path, small_blocks: None, capsys: Capture, change: object, told: str
) -> None:
    assert callable(change)
    proof = tmp_path / "proof.json"
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        prove(settings_for(tmp_path), trading.url, Wanted("2"))
        proven = json.loads(capsys.readouterr().out)
        change(proven[0])
        proof.write_text(json.dumps(proven))
        assert check(proof, None) == 1
        assert told in capsys.readouterr().out


async def test_a_proof_with_somebody_elses_seal_does_not_hold(
    trading: Desk, tmp_path: Path, small_blocks: None, capsys: Capture
) -> None:
    proof, theirs = tmp_path / "proof.json", tmp_path / "theirs.jsonl"
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        prove(settings_for(tmp_path), trading.url, Wanted("2"))
        proof.write_text(capsys.readouterr().out)
        with RawLog(trading.url) as log:
            theirs.write_text(seal_line(seal_key(tmp_path / "other.pem").seal(log, 1, 5, None)) + "\n")
        assert check(proof, theirs) == 1
        assert "its seal is not in the seals file" in capsys.readouterr().out


async def test_what_is_not_there_or_not_sealed_yet_cannot_be_proven(trading: Desk, tmp_path: Path) -> None:
    with pytest.raises(NotSealedError, match="position 2 is in no sealed block yet"):
        prove(settings_for(tmp_path), trading.url, Wanted("1"))
    with pytest.raises(NoSuchDealError, match="no deal '77'"):
        prove(settings_for(tmp_path), trading.url, Wanted("77"))
    with pytest.raises(ProofRefusedError, match="has no proofs"):
        check(tmp_path / "missing.json", None)


async def test_of_a_cross_trade_one_leg_can_be_chosen(trading: Desk, tmp_path: Path, capsys: Capture) -> None:
    await trading.knows(deal("a:b sells 1 MW 08-09 at 1", deal_id="x"), deal("anna buys 1 MW 08-09 at 1", deal_id="x"))
    async with sealer(trading, tmp_path) as recorder:
        recorder.passes(hours=2)
        await recorder.seals()
        for wanted, positions in (
            (Wanted("x"), [13, 14]),
            (Wanted("x", trader="a:b"), [13]),
            (Wanted("x", direction="buy"), [14]),
        ):
            prove(settings_for(tmp_path), trading.url, wanted)
            assert [each["event"]["position"] for each in json.loads(capsys.readouterr().out)] == positions


def owner(url: str, *statements: str) -> None:
    """Do as the owner of the database can: without its triggers."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


async def rewritten(trading: Desk, position: int, old: str, new: str) -> None:
    """Change an event and write everything that follows from it anew: the chain, its head and the read models."""
    with psycopg.connect(trading.url) as connection:
        connection.execute("SET session_replication_role = replica")
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
        connection.execute("UPDATE wattbook.log_head SET hash = %s", (before,))
        for (table,) in connection.execute("SELECT table_name FROM read_models.checkpoints").fetchall():
            connection.execute(f'TRUNCATE read_models."{table}"'.encode())
        connection.execute("UPDATE read_models.checkpoints SET position = 0")
    await trading.projects()
