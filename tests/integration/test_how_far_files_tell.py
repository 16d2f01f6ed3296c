"""Until when does an imported day file tell every deal, and is it said why no further?"""

from pathlib import Path

from domain.events import DayFileImported
from tests.day_file_rows import day_file
from tests.desk import Desk
from tests.importing import Importer, heard, log_of
from tests.notation import AUTUMN, DAY, agreed, connected, instant, lost

UP = connected("exchange/1", "06:00:00", "a")

ONE = agreed("anna buys 10 MW 08-09 at 20.5", deal_id="1", executed="06:10:00")
TWO = agreed("ben sells 4.5 MW 08:15-08:30 at -25.125", deal_id="2", executed="06:20:00")
THREE = agreed("anna buys 3 MW 23-24 at 11.5", deal_id="3", executed="06:30:00.000001")


async def test_a_file_of_the_running_day_tells_until_it_was_written_and_written_later_it_tells_more(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    await new_desk.knows(*(heard(each) for each in (ONE, TWO, THREE)))
    for written in ("2023-02-06T06:25:00Z", "2023-02-06T06:29:00Z"):
        path = day_file(tmp_path, [ONE, TWO], written=written)
        code, told = await importer.imports(path)
        assert (code, told["extra"]) == (0, 0)
    files = [each.event for each in await log_of(new_desk) if isinstance(each.event, DayFileImported)]
    assert [each.told_until for each in files] == [instant("06:25:00"), instant("06:29:00")]
    said = await importer.tells(path)
    assert "tells all until 2023-02-06T06:29:00Z: the file was written before its day was over" in said
    day_file(tmp_path, [ONE, TWO, THREE])
    assert "tells all" not in await importer.tells(path)


async def test_a_file_that_was_cut_between_rows_tells_until_its_last_row_before_a_deal_that_it_lacks(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    await new_desk.knows(UP, *(heard(each) for each in (ONE, THREE)), lost(UP, "06:15:00"))
    await new_desk.knows(connected("exchange/1", "06:25:00", "b"))
    path = day_file(tmp_path, [ONE, TWO])
    code, told = await importer.imports(path)
    assert (code, told["extraIds"]) == (1, ["3"])
    imported = (await log_of(new_desk))[-1]
    assert isinstance(imported.event, DayFileImported)
    assert (imported.event.extra, imported.event.told_until) == (1, TWO.executed_at)
    async with new_desk.store("exchange/1") as store, store.snapshot() as snapshot:
        # What was made between the cut and the next deal that was heard may be missing.
        assert (await snapshot.knowledge(imported.position)).complete_up_to == TWO.executed_at
    said = await importer.tells(path)
    assert "tells all until 2023-02-06T06:20:00Z: the file lacks 1 deal that is in the log" in said
    shuffled = day_file(tmp_path, [TWO, ONE])
    await importer.imports(shuffled)
    imported = (await log_of(new_desk))[-1]
    assert isinstance(imported.event, DayFileImported)
    assert imported.event.told_until == imported.event.told_from
    assert "so it tells nothing: ask" in await importer.tells(shuffled)


async def test_what_a_file_told_is_taken_back_when_a_deal_that_it_lacks_is_recorded_later(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    await new_desk.knows(UP, lost(UP, "06:15:00"), connected("exchange/1", "06:25:00", "b"))
    path = day_file(tmp_path, [ONE])
    await importer.imports(path)
    await new_desk.knows(heard(THREE))
    assert (await importer.imports(path))[0] == 1
    before = len(await log_of(new_desk))
    assert (await importer.imports(path))[0] == 1
    assert len(await log_of(new_desk)) == before
    async with new_desk.store("exchange/1") as store, store.snapshot() as snapshot:
        known = [(await snapshot.knowledge(position)).complete_up_to for position in range(before - 2, before + 1)]
    assert known[0] != instant("06:15:00")
    assert known[2] == instant("06:15:00")


async def test_two_days_without_deals_have_equal_files_and_each_is_news(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    for day in (AUTUMN, DAY):
        await importer.imports(day_file(tmp_path, [], day=day), only_news=True)
    files = [each.event for each in await log_of(new_desk) if isinstance(each.event, DayFileImported)]
    assert [each.day for each in files] == [AUTUMN, DAY]
