"""Can an event that says it is a seal stop the sealing, spoil the file of seals, or pass for a good one?"""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from adapters.event_log.chain_check import TABLE, Finding
from adapters.event_log.seals import SealKey, seal_key
from adapters.event_log.seals_file import read_seals
from domain.proofs import LogSealed
from tests.desk import Desk, settings_for
from tests.notation import deal
from tests.sealing import Sealer, owner, sealer, signed
from wattbook.proofs import Wanted, check, prove
from wattbook.verify import verified_log, verify

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _small_blocks(small_blocks: None) -> None:
    pass


def rogue_after(own: LogSealed, key: SealKey, **said: int | str | None) -> LogSealed:
    """Return a seal with a key of its own that says it follows the log's *own* last one, but for what is *said*."""
    seal = LogSealed(
        first=own.last + 1, last=own.last + 2, root="ab" * 32, log_hash="cd" * 32, log=own.log,
        previous=own.signature, public_key=key.public, signature="",
    )  # fmt: skip
    return signed(LogSealed(**{**asdict(seal), **said}), key)


async def goes_on(recorder: Sealer, deals: int = 7) -> None:
    """Let the recorder seal what comes next."""
    await recorder.trading.knows(
        *(deal("anna buys 1 MW 08-09 at 1", deal_id=f"later {number}") for number in range(deals))
    )
    recorder.passes(hours=2)
    await recorder.seals()


PAST_THE_LOG = "the seal says that it is over events up to position {}, which came after it"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"last": 10**9}, PAST_THE_LOG.format(10**9)),
        ({"last": 2**53 - 1}, PAST_THE_LOG.format(2**53 - 1)),
        ({"last": 15}, PAST_THE_LOG.format(15)),
        ({"first": 12, "last": 13}, "the seal follows none of the log: one was taken out, or exchanged"),
        ({"previous": None}, "the seal follows none of the log: one was taken out, or exchanged"),
        ({"first": 0, "last": 10}, "the seal is over no block"),
        ({"log": "00" * 32}, "the seal is of another log"),
        ({"public_key": "00" * 32}, "the seal is not signed by its own key"),
        ({"public_key": "no key"}, "the seal is not signed by its own key"),
    ],
)
async def test_a_rogue_seal_is_named_and_passed_over_and_the_sealing_goes_on(
    trading: Desk, tmp_path: Path, capsys: Capture, said: dict[str, int | str | None], told: str
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        own = recorder.of_log()
        (rogue,) = await trading.knows(rogue_after(own[-1], seal_key(tmp_path / "rogue.pem"), **said))
        assert (rogue.kind, rogue.position) == ("recorded", 15)
        await goes_on(recorder)
        sealed = read_seals(recorder.file).seals
        assert [(seal.first, seal.last) for seal in sealed] == [(1, 5), (6, 10), (11, 15), (16, 20), (21, 24)]
        assert {seal.public_key for seal in sealed} == {recorder.key.public}
        for kept in ((), sealed):
            findings = verified_log(trading.url, seals=kept).findings
            assert Finding(15, TABLE, told) in findings
            assert {(finding.position, finding.table) for finding in findings} == {(15, TABLE)}
        assert verify(trading.url, as_json=False, seals_file=recorder.file) == 1
        assert "another key" not in capsys.readouterr().out
        prove(settings_for(tmp_path), trading.url, Wanted("later 1"))
        proof = tmp_path / "proof.json"
        proof.write_text(capsys.readouterr().out)
        assert check(proof, recorder.file) == 0
    async with sealer(trading, tmp_path) as started_again:
        await goes_on(started_again, deals=0)
        assert read_seals(started_again.file).seals == sealed


async def test_a_seal_that_follows_but_is_over_other_events_is_named(trading: Desk, tmp_path: Path) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        await trading.knows(rogue_after(recorder.of_log()[-1], seal_key(tmp_path / "rogue.pem")))
        told = "the seal over the block from 11 to 12 is not over what the log has there"
        assert verified_log(trading.url).findings == [Finding(15, TABLE, told)]


async def test_a_second_seal_over_a_block_is_no_damage_and_only_the_first_is_followed(
    trading: Desk, tmp_path: Path
) -> None:
    async with sealer(trading, tmp_path / "a") as one, sealer(trading, tmp_path / "b") as other:
        await one.seals()
        # As two recorders do that look before either has sealed.
        with one.raw() as log:
            late = other.key.seal(log, 6, 10, one.of_log()[0])
        assert [outcome.kind for outcome in await trading.knows(late)] == ["recorded"]
        await goes_on(one)
        await other.seals()
        assert other.file.read_bytes() == one.file.read_bytes()
        assert late not in read_seals(one.file).seals
        assert verified_log(trading.url, seals=read_seals(one.file).seals).findings == []


@pytest.mark.parametrize("damage", ["set_byte(state, 0, 32)", "'{}'::bytea", "'\\xff'::bytea"])
async def test_a_seal_that_was_damaged_is_named_and_all_else_is_compared(
    trading: Desk, tmp_path: Path, capsys: Capture, damage: str
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        await goes_on(recorder)
        sealed = recorder.of_log()
        owner(trading.url, f"UPDATE wattbook.events SET state = {damage} WHERE notification_id = 13")
        capsys.readouterr()
        assert verify(trading.url, as_json=True, seals_file=recorder.file) == 1
        findings = json.loads(capsys.readouterr().out)["findings"]
        told = [(each["position"], each["what"]) for each in findings]
        assert ("6", "the seal over the block from 1 to 5 is not in the log any more") in told
        assert ("14", "the seal follows none of the log: one was taken out, or exchanged") in told
        # It lies in the third block itself; the walk names its bytes.
        assert ("11", "the block from 11 to 15 is not what was sealed") in told
        assert "13" in dict(told)
        assert len([what for _, what in told if "not in the log any more" in what]) == 1
        # The blocks whose seals are there can still be proven.
        prove(settings_for(tmp_path), trading.url, Wanted("later 6"))
        assert json.loads(capsys.readouterr().out)[0]["seal"]["first"] == sealed[-1].first


async def test_a_kept_seal_counts_as_there_though_a_rogue_one_stands_before_it(trading: Desk, tmp_path: Path) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        own = recorder.of_log()
        key = seal_key(tmp_path / "rogue.pem")
        await trading.knows(signed(replace(rogue_after(own[0], key), last=9), key))
        kept = read_seals(recorder.file).seals
        told = "the seal over the block from 6 to 9 is not over what the log has there"
        assert verified_log(trading.url, seals=kept).findings == [Finding(15, TABLE, told)]


@pytest.mark.parametrize("position", [2, 13])
@pytest.mark.parametrize("column", ["state", "topic", "recorded_at", "hash"])
async def test_what_was_made_null_is_not_what_was_sealed_and_no_seal(
    trading: Desk, tmp_path: Path, column: str, position: int
) -> None:
    async with sealer(trading, tmp_path) as recorder:
        await recorder.seals()
        await goes_on(recorder)
        owner(
            trading.url,
            f"ALTER TABLE wattbook.events ALTER {column} DROP NOT NULL",
            f"UPDATE wattbook.events SET {column} = NULL WHERE notification_id = {position}",
        )
        block, seal = {2: ("1 to 5", 13), 13: ("11 to 15", 22)}[position]
        own = {(finding.position, finding.what) for finding in verified_log(trading.url).findings}
        assert (seal, f"the seal over the block from {block} is not over what the log has there") in own
        kept = {finding.what for finding in verified_log(trading.url, seals=read_seals(recorder.file).seals).findings}
        assert f"the block from {block} was sealed with an event that is not there" in kept
