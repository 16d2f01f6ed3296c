"""Is a file that is no whole day file of this exchange refused, with what is wrong, and nothing of it recorded?"""

from pathlib import Path

import pytest

from tests.day_file_rows import HEADER, day_file, row_of
from tests.importing import Importer
from tests.notation import agreed

ONE = agreed("anna buys 10 MW 08-09 at 20.5", deal_id="1", executed="06:10:00")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "header"),
        (b"id,price\n", "header"),
        (HEADER.encode() + b"\n\n", "line 2: the line is empty"),
        (HEADER.encode() + b"\n" + row_of(ONE).encode()[:-9], "line 2: the execution_time is not valid"),
        (HEADER.encode() + b"\n" + row_of(ONE).encode()[:30], "line 2: this is no row of eight values"),
        (HEADER.encode() + b"\n" + row_of(ONE).encode() + b",x\n", "line 2: this is no row of eight values"),
        (HEADER.encode() + b"\n\xff\xfe\n", "line 2"),
        (HEADER.encode() + b"\n" + b"x" * 9_000, "line 2: no row is longer"),
        (HEADER.encode() + b"\n" + row_of(ONE).replace("20.5", "1e3").encode() + b"\n", "the price is not valid"),
        (HEADER.encode() + b"\n" + row_of(ONE).replace("08-09", "8-9").encode() + b"\n", "the delivery_hour is not"),
        (HEADER.encode() + b"\n" + row_of(ONE).replace("T06", "T23").encode() + b"\n", "executed on another day"),
    ],
)
async def test_a_bad_file_is_refused_with_the_line_that_is_wrong_and_nothing_is_recorded(
    importer: Importer, tmp_path: Path, content: bytes, said: str
) -> None:
    path = day_file(tmp_path, [])
    path.write_bytes(content)
    refused = await importer.refuses(path)
    assert said in refused
    assert str(path) in refused


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("other_trades_20230206.csv", "'other'"),
        ("exchange_trades_20230230.csv", "there is no day"),
        ("exchange_trades_18000101.csv", "no trading"),
        ("deals.csv", "exchange_trades_20230206.csv"),
        ("exchange_trades_20230207.csv", "no such file"),
        (".", "is named like"),
    ],
)
async def test_a_wrong_name_is_refused(importer: Importer, tmp_path: Path, name: str, said: str) -> None:
    if name.startswith("other") or name == "deals.csv":
        (tmp_path / name).write_text(HEADER + "\n")
    assert said in await importer.refuses(tmp_path / name)


async def test_what_is_no_file_is_refused(importer: Importer, tmp_path: Path) -> None:
    (tmp_path / "exchange_trades_20230206.csv").mkdir()
    assert "no file" in await importer.refuses(tmp_path / "exchange_trades_20230206.csv")
