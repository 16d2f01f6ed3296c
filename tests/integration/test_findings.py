"""Is a verification short however much is wrong, and does it say what it does not say?"""

import asyncio
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import pytest

from projections import READ_MODELS
from tests.desk import Desk
from tests.integration.test_verify import findings, tamper
from tests.rebuilding import many_deals
from wattbook.verify import verified_log, verify

ROOT = Path(__file__).parents[2]


async def test_the_first_findings_are_told_and_all_are_counted(
    trading: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    await trading.knows(*many_deals(1_500))
    tamper(trading.url, "TRUNCATE read_models.deals_v1")
    for stretch in (100, 10_000):
        verified = verified_log(trading.url, stretch)
        assert verified.count == 1_507
        assert len(verified.findings) == 1_000
        assert [each.position for each in verified.findings[:3]] == [2, 3, 5]
        assert [each.position for each in verified.findings[7:]] == list(range(13, 1_006))
    assert verify(trading.url, as_json=True) == 1
    told = capsys.readouterr()
    assert len(json.loads(told.out)["findings"]) == 1_000
    assert "1,507 findings; only the first 1,000 of them are in the answer" in told.err
    assert verify(trading.url, as_json=False) == 1
    assert "... and 507 more" in capsys.readouterr().out


async def test_a_long_text_in_a_key_is_told_by_its_digest(trading: Desk) -> None:
    tamper(trading.url, "UPDATE read_models.positions_v1 SET trader_id = repeat('x', 300) WHERE trader_id = 'bob'")
    digest = sha256(b"x" * 300).hexdigest()
    assert any(f"trader_id a text with SHA-256 {digest}, delivery_start 2023" in f.what for f in findings(trading.url))


async def test_read_models_that_were_emptied_with_their_checkpoints_are_not_said_to_be_well(
    trading: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = ", ".join(f"read_models.{model.table}" for model in READ_MODELS)
    tamper(trading.url, "UPDATE read_models.checkpoints SET position = 0", f"TRUNCATE {tables}")
    assert verify(trading.url, as_json=False) == 0
    told = capsys.readouterr().out
    assert "all is well" not in told
    assert "the log is well up to position 12; 0 of 8 read models have come to it" in told
    assert "not compared beyond position 0" in told
    await trading.projects()
    assert verify(trading.url, as_json=False) == 0
    assert "all is well up to position 12: 8 read models" in capsys.readouterr().out


async def test_a_table_of_long_texts_is_not_held_in_memory(trading: Desk) -> None:
    """Of 100 MB of messages there is never more than a chunk of rows; the rest are digests."""
    fill = "INSERT INTO read_models.rejections_v2 (position, message) SELECT n, repeat(md5(n::text), 2000)"
    tamper(trading.url, f"{fill} FROM generate_series(1000, 2500) AS n")
    reads = """
        import sys
        import psycopg
        from adapters.read_models.comparison import stored
        from projections.rejections import rejections

        def most() -> int:
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

        with psycopg.connect(sys.argv[1]) as connection:
            before = most()
            print(len(stored(connection, rejections)), most() - before)
    """
    command = [sys.executable, "-c", dedent(reads), trading.url]
    ran = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows, kilobytes = map(int, ran.stdout.split())
    assert rows > 1_500
    assert kilobytes < 50_000
