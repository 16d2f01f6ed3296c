"""Can a file of seals be trusted, used and mended, whatever became of it, and is it said whose keys are in it?"""

import json
import os
from pathlib import Path

import pytest

from adapters.event_log.chain_check import TABLE, Finding
from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals import seal_key
from adapters.event_log.seals_file import read_seals, seal_line
from domain.errors import SealsRefusedError
from domain.proofs import LogSealed
from tests.desk import Desk
from tests.notation import deal
from tests.sealing import owner, sealer
from wattbook import sealing
from wattbook.verify import verified_log, verify

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BLOCK", 5)


class _KilledWhileWriting:
    """The system of a process that is killed when 900 bytes are in its file: a line, and a part of the next one."""

    fstat = staticmethod(os.fstat)

    @staticmethod
    def fsync(file: int) -> None:
        os.ftruncate(file, 900)
        raise KeyboardInterrupt


async def test_a_file_that_is_as_it_was_left_is_not_read_again_and_one_that_was_changed_is_noticed(
    trading: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[LogSealed] = []

    def seen(seal: LogSealed) -> str:
        written.append(seal)
        return seal_line(seal)

    monkeypatch.setattr(sealing, "seal_line", seen)
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        assert len(read_seals(recorder.file).seals) == 2
        await recorder.seals()
        written.clear()
        for _ in range(3):
            recorder.passes(hours=1)
            await trading.knows(deal("bob buys 1 MW 08-09 at 1", deal_id=f"later {recorder.clock}"))
            await recorder.seals()
        # Each new seal is written down once, and those before it are not gone through again.
        assert written == recorder.of_log()[2:]
        whole = recorder.file.read_bytes()
        recorder.file.write_bytes(whole.replace(b'"first":1', b'"first":2', 1))
        with pytest.raises(SealsRefusedError, match="another log"):
            await recorder.seals()
        recorder.file.write_bytes(whole[: whole.index(b"\n") + 1])
        await recorder.seals()
        assert recorder.file.read_bytes() == whole


async def test_a_file_whose_last_line_was_cut_off_is_used_up_to_the_line_before_and_repaired_at_the_next_start(
    trading: Desk, tmp_path: Path, capsys: Capture
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        whole = recorder.file.read_bytes()
        (second,) = recorder.of_log()[1:]
        first_line = whole.index(b"\n") + 1
        # However much of a line was written when the process was killed.
        for end in (first_line, first_line + 1, first_line + 300, len(whole) - 2):
            recorder.file.write_bytes(whole[:end])
            assert read_seals(recorder.file).seals == recorder.of_log()[:1]
            assert verify(trading.url, as_json=False, seals_file=recorder.file) == 0
            assert ("line 2 was cut off while it was written and is left out" in capsys.readouterr().out) is (
                end > first_line
            )
        recorder.file.write_bytes(whole[:-1])
        assert read_seals(recorder.file).seals[-1] == second
        recorder.file.write_bytes(whole[:-2])
    async with sealer(trading, tmp_path) as started_again:
        await started_again.seals()
        assert started_again.file.read_bytes() == whole


async def test_a_kill_while_a_seal_is_written_leaves_what_the_next_start_repairs(
    trading: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        whole = recorder.file.read_bytes()
        recorder.file.unlink()
        with monkeypatch.context() as killed:
            killed.setattr(sealing, "os", _KilledWhileWriting)
            with pytest.raises(KeyboardInterrupt):
                await recorder.sealing.step(recorder.key)
        assert 0 < recorder.file.stat().st_size < len(whole)
        await recorder.seals()
        assert recorder.file.read_bytes() == whole


async def test_a_key_that_changes_within_a_file_or_in_the_log_after_it_is_named(
    trading: Desk, tmp_path: Path, capsys: Capture
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        old, new = recorder.key, seal_key(tmp_path / "new.pem")
        await recorder.seals()
        assert verify(trading.url, as_json=False, seals_file=recorder.file) == 0
        told = capsys.readouterr().out
        assert f"seals all up to position 10, with the key {old.public}" in told
        assert "its signing key" not in told
        recorder.passes(hours=1)
        recorder.key = new
        before = recorder.file.read_text()
        await recorder.seals()
        assert verify(trading.url, as_json=True, seals_file=recorder.file) == 0
        out, told = capsys.readouterr()
        assert set(json.loads(out)) == {"ok", "position", "findings"}
        assert "its signing key changes:" in told
        assert f"from position 1 to 10 it is the key {old.public}" in told
        assert f"from position 11 to 14 it is the key {new.public}" in told
        # The copy that was kept an hour ago knows nothing of the new key.
        recorder.file.write_text(before)
        assert verify(trading.url, as_json=False, seals_file=recorder.file) == 0
        assert f"from position 11 on with another key than before: {new.public}" in capsys.readouterr().out


async def test_a_seal_of_the_log_that_is_not_the_one_that_was_kept_is_found(trading: Desk, tmp_path: Path) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        kept, other = read_seals(recorder.file).seals, seal_key(tmp_path / "other.pem")
        head = len(recorder.of_log()) + 12
        with RawLog(trading.url) as log:
            forged = other.seal(log, 6, 10, kept[0])
        owner(
            trading.url,
            "UPDATE wattbook.events SET state = convert_to(replace(replace(convert_from(state, 'UTF8'),"
            f" '{kept[1].signature}', '{forged.signature}'), '{kept[1].public_key}', '{other.public}'), 'UTF8')"
            f" WHERE notification_id = {head}",
        )
        found = verified_log(trading.url, seals=kept).findings
        told = "the log's own seal over the block from 6 to 10 is not the one that was kept, and with another key: "
        assert Finding(head, TABLE, told + other.public) in found
        owner(trading.url, f"DELETE FROM wattbook.events WHERE notification_id = {head}")
        owner(trading.url, f"UPDATE wattbook.log_head SET position = {head - 1}")
        told = "the seal over the block from 6 to 10 is not in the log any more"
        assert Finding(11, TABLE, told) in verified_log(trading.url, seals=kept).findings


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
    trading: Desk, tmp_path: Path, spoilt: object, told: str
) -> None:
    assert callable(spoilt)
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        recorder.file.write_text("".join(f"{line}\n" for line in spoilt(recorder.file.read_text().splitlines())))
        with pytest.raises(SealsRefusedError, match=told):
            verify(trading.url, as_json=True, seals_file=recorder.file)
