"""Does the command ``import`` fill what no line heard, while everything runs and while nothing does?"""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.day_file_rows import HEADER, day_file
from tests.end_to_end.client import Client
from tests.end_to_end.processes import ROLES, Wattbook
from tests.notation import DAY, agreed

FIRST = agreed("trader_1 buys 10 MW 08-09 at 20.5", deal_id="1", executed="06:10:00")
SECOND = agreed("trader_1 sells 4 MW 09-10 at 30", deal_id="2", executed="06:20:00")

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wattbook(tmp_path_factory: pytest.TempPathFactory, module_database: str) -> AsyncIterator[Wattbook]:
    with Wattbook(tmp_path_factory.mktemp("imports"), database_url=module_database) as opened:
        yield opened


async def test_a_file_is_imported_while_nothing_runs_and_then_figures_count_it(
    wattbook: Wattbook, tmp_path: Path
) -> None:
    path = day_file(tmp_path, [FIRST])
    ran = await wattbook.command("import", str(path))
    assert ran.code == 0, ran
    assert "1 deal, 0 as recorded before, 1 missing (1 recorded now), 0 differing, 0 extra" in ran.text
    report = await wattbook.command("report", "--day", str(DAY), "--json")
    assert json.loads(report.out)["total"]["dealCount"] == 1


async def test_a_file_is_imported_while_all_roles_run(wattbook: Wattbook, tmp_path: Path) -> None:
    for name in ROLES[1:]:
        wattbook.start(name)
    client = Client(wattbook.url)
    await wattbook.until(client.ready)
    path = day_file(tmp_path, [FIRST, SECOND])
    ran = await wattbook.command("import", "--json", str(path))
    assert ran.code == 0, ran
    told = json.loads(ran.out)
    assert (told["matched"], told["missingIds"]) == (1, ["2"])

    async def counts_both() -> bool:
        performance = await client.performance("trader_1", str(DAY))
        return bool(performance["total"]["dealCount"] == 2)

    await wattbook.until(counts_both)
    for role in wattbook.roles:
        assert await role.end() == 0


async def test_extra_and_differing_deals_are_exit_code_1(wattbook: Wattbook, tmp_path: Path) -> None:
    other = agreed("trader_1 buys 11 MW 08-09 at 20.5", deal_id="1", executed="06:10:00")
    ran = await wattbook.command("import", str(day_file(tmp_path, [other])))
    assert ran.code == 1, ran
    assert "1 of trader_1, buy" in ran.text
    assert "2 of trader_1, sell" in ran.text


async def test_what_cannot_be_imported_is_said_in_one_sentence_with_exit_code_2(
    wattbook: Wattbook, tmp_path: Path
) -> None:
    half = day_file(tmp_path, ["1,20.5,10,buy,2023-02-06,08-0"])
    folder = tmp_path / "exchange_trades_20230207.csv"
    folder.mkdir()
    binary = tmp_path / "exchange_trades_20230208.csv"
    binary.write_bytes(bytes(range(256)) * 100)
    empty = tmp_path / "exchange_trades_20230209.csv"
    empty.touch()
    other = tmp_path / "other_trades_20230206.csv"
    other.write_text(HEADER + "\n")
    for path in (half, folder, binary, empty, other, tmp_path / "exchange_trades_20230210.csv"):
        ran = await wattbook.command("import", str(path))
        assert (ran.code, ran.out) == (2, b""), ran
        assert ran.err.startswith("wattbook: ")
        assert path.name in ran.err
        assert len(ran.err.splitlines()) == 1


async def test_a_demo_does_not_take_real_day_files(wattbook: Wattbook, tmp_path: Path) -> None:
    ran = await wattbook.command("import", "--demo", str(day_file(tmp_path, [FIRST])))
    assert ran.code == 2, ran
    assert "real deals" in ran.err


async def test_files_of_the_watched_folder_are_imported_by_themselves(
    tmp_path: Path, module_database: str, wattbook: Wattbook
) -> None:
    watched = tmp_path / "watched"
    watched.mkdir()
    third = agreed("trader_2 buys 1 MW 08-09 at 1", deal_id="3", executed="2023-02-07T06:00:00Z")
    with Wattbook(tmp_path, database_url=module_database, day_file_dir=str(watched)) as watching:
        record = watching.start("record")
        day_file(watched, ["nonsense"], day=DAY)
        day_file(watched, [third], day=DAY + timedelta(days=1))
        await watching.until(lambda: "1 missing (1 recorded now)" in record.text())
        assert "line 2: this is no row of eight values" in record.text()
        assert await record.end() == 0
        assert watching.processes() == []
    report = await wattbook.command("report", "--day", str(DAY), "--trader", "trader_2", "--json")
    assert json.loads(report.out)["total"]["dealCount"] == 1
