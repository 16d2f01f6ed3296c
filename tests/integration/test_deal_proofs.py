"""Is a deal proven to be in a sealed block, and does no proof hold that was changed?"""

import json
from pathlib import Path

import pytest

from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals import seal_key
from adapters.event_log.seals_file import seal_line
from domain.errors import NoSuchDealError, NotSealedError, ProofRefusedError
from tests.desk import Desk, settings_for
from tests.notation import deal
from tests.sealing import sealer
from wattbook.proofs import ONLY_RECORDED, Wanted, check, prove

Capture = pytest.CaptureFixture[str]


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
        told = capsys.readouterr().out
        assert told.count("is in the sealed block") == 2
        # Without the correction what is left holds too, so it is said what that shows.
        assert ONLY_RECORDED in told
        proof.write_text(json.dumps(proven[:1]))
        assert check(proof, recorder.file) == 0
        assert ONLY_RECORDED in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda each: each["event"].update(state=each["event"]["state"].replace("4.5", "5.5")),
            "is not what was sealed",
        ),
        (lambda each: each["event"].update(position=2), "is not what was sealed"),
        (lambda each: each["event"].update(recorded_at="2023-01-01T00:00:00Z"), "is not what was sealed"),
        (lambda each: each["event"].update(recorded_at="2023-01-01T00:00:00"), "is not what was sealed"),
        (lambda each: each["event"].update(position=2**60), "is not what was sealed"),
        (lambda each: each["event"].update(version=2**63), "is not what was sealed"),
        (lambda each: each["event"].update(version=2**63 - 1), "is not what was sealed"),
        (lambda each: each["event"].update(version=-(2**70)), "is not what was sealed"),
        (lambda each: each["event"].update(recorded_at="0001-01-01T00:00:00+23:59"), "is not what was sealed"),
        (lambda each: each["path"].pop(), "is not what was sealed"),
        (lambda each: each["path"].insert(0, "zz"), "what is no hash"),
        (lambda each: each["seal"].update(root="00" * 32), "its seal is not in the seals file"),
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
        assert check(proof, recorder.file) == 1
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
        told = capsys.readouterr().out
        theirs_key = seal_key(tmp_path / "other.pem").public
        assert f"its seal is with the key {recorder.key.public}, and that in the seals file with {theirs_key}" in told


async def test_the_keys_of_the_file_that_is_trusted_are_named_and_where_they_change(
    trading: Desk, tmp_path: Path, small_blocks: None, capsys: Capture
) -> None:
    proof = tmp_path / "proof.json"
    async with sealer(trading, tmp_path) as recorder:
        old, new = recorder.key, seal_key(tmp_path / "new.pem")
        await recorder.sealing.step(old)
        recorder.key = new
        await recorder.seals()
        prove(settings_for(tmp_path), trading.url, Wanted("2"))
        proof.write_text(capsys.readouterr().out)
        assert check(proof, recorder.file) == 0
        told = capsys.readouterr().out
        assert f"the sealed block from 1 to 5, which is in the seals file with the key {old.public}" in told
        assert f"the sealed block from 6 to 10, which is in the seals file with the key {new.public}" in told
        assert "its signing key changes:" in told
        assert f"from position 6 to 10 it is the key {new.public}" in told
        recorder.file.write_text(recorder.file.read_text()[:-9])
        assert check(proof, recorder.file) == 1
        assert "line 2 was cut off while it was written and is left out" in capsys.readouterr().out


async def test_what_is_not_there_or_not_sealed_yet_cannot_be_proven(trading: Desk, tmp_path: Path) -> None:
    with pytest.raises(NotSealedError, match="position 2 is in no sealed block yet"):
        prove(settings_for(tmp_path), trading.url, Wanted("1"))
    with pytest.raises(NoSuchDealError, match="no deal '77'"):
        prove(settings_for(tmp_path), trading.url, Wanted("77"))
    with pytest.raises(ProofRefusedError, match=r"missing\.json cannot be read: No such file"):
        check(tmp_path / "missing.json", tmp_path / "seals.jsonl")


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
