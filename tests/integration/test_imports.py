"""Does importing a day file leave the log as the file says, and tell all that is not so?"""

import asyncio
import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.pages import LogPages
from domain.events import DayFileImported, Deal, DealConfirmed, DealKey, MessageRejected
from projections.reading import DealFilter, DealOrder, Page, Scope
from tests.day_file_rows import HEADER, day_file, row_of
from tests.desk import Desk, desk
from tests.importing import Importer, counts, heard, log_of
from tests.notation import AUTUMN, agreed, cancelled, connected, instant, lost
from tests.waiting import eventually
from wattbook.imports import import_files
from wattbook.rereading import reading_again
from wattbook.settings import Settings

UP = connected("exchange/1", "06:00:00", "a")

ONE = agreed("anna buys 10 MW 08-09 at 20.5", deal_id="1", executed="06:10:00")
TWO = agreed("ben sells 4.5 MW 08:15-08:30 at -25.125", deal_id="2", executed="06:20:00")
CROSS = agreed("ben buys 4.5 MW 08:15-08:30 at -25.125", deal_id="2", executed="06:20:00")
THREE = agreed("Çağla buys 3 MW 23-24 at 11.5", deal_id="3", executed="06:30:00.000001")


async def test_missing_deals_are_recorded_verbatim_and_the_outage_is_told(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    await new_desk.knows(UP, heard(ONE))
    await new_desk.knows(lost(UP, "06:15:00"), connected("exchange/1", "07:00:00", "b"))
    path = day_file(tmp_path, [ONE, TWO, CROSS, THREE])
    code, told = await importer.imports(path)
    assert (code, counts(told)) == (0, {"matched": 1, "recorded": 3, "missing": 3, "extra": 0, "differing": 0})
    assert (told["file"], told["missingIds"]) == (str(path), ["2", "2", "3"])
    *_, two, cross, three, imported = await log_of(new_desk)
    assert [r.event.deal for r in (two, cross, three) if isinstance(r.event, DealConfirmed)] == [TWO, CROSS, THREE]
    assert isinstance(two.event, DealConfirmed)
    assert (two.event.receipt.source, two.event.receipt.original) == (f"file:{path.name}", row_of(TWO).encode())
    assert isinstance(imported.event, DayFileImported)
    assert imported.event.sha256 == told["sha256"]
    assert (imported.event.told_from, imported.event.told_until) == (
        instant("2023-02-05T23:00:00Z"),
        instant("2023-02-06T23:00:00Z"),
    )
    async with new_desk.store("exchange/1") as store, store.snapshot() as snapshot:
        known = await snapshot.knowledge(imported.position)
        assert known.complete_up_to == known.recorded_at
        assert (await snapshot.knowledge(imported.position - 1)).complete_up_to == instant("06:15:00")
        assert snapshot.projected == imported.position


async def test_the_same_file_again_changes_nothing(new_desk: Desk, importer: Importer, tmp_path: Path) -> None:
    path = day_file(tmp_path, [ONE, TWO])
    await importer.imports(path)
    before = await log_of(new_desk)
    code, told = await importer.imports(path)
    assert (code, counts(told)) == (0, {"matched": 2, "recorded": 0, "missing": 0, "extra": 0, "differing": 0})
    assert await log_of(new_desk) == before


async def test_a_file_that_was_imported_before_is_left_out_and_told_so_where_only_news_are_wanted(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    path = day_file(tmp_path, [ONE, TWO])
    _, first = await importer.imports(path)
    before = await log_of(new_desk)
    left_out = {"file": str(path), "sha256": first["sha256"], "importedBefore": str(before[-1].position)}
    assert await importer.imports(path, only_news=True) == (0, left_out)
    assert await log_of(new_desk) == before
    other = day_file(tmp_path, [], day=AUTUMN)
    code, (known, news) = await importer.imports(path, other, only_news=True)
    assert (code, known, news["file"], news["missingIds"]) == (0, left_out, str(other), [])
    assert f"imported before, at position {before[-1].position}" in await importer.tells(path, only_news=True)


async def test_extra_and_differing_deals_are_found_and_what_stands_still_counts(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    other = agreed("anna buys 11 MW 08-09 at 20.5", deal_id="1", executed="06:10:00")
    gone = heard(THREE)
    await new_desk.knows(*(heard(each) for each in (other, TWO, CROSS)), gone, cancelled(gone, replaces=4))
    path = day_file(tmp_path, [ONE, CROSS, THREE])
    code, told = await importer.imports(path)
    assert (code, counts(told)) == (1, {"matched": 1, "recorded": 0, "missing": 0, "extra": 1, "differing": 2})
    assert (told["extraIds"], told["differingIds"]) == (["2"], ["1", "3"])
    imported = (await log_of(new_desk))[-1].event
    assert isinstance(imported, DayFileImported)
    assert imported.extra_deals == (DealKey(deal_id="2", trader_id="ben", direction="sell"),)
    code, again = await importer.imports(path)
    assert (code, counts(again)) == (1, counts(told))
    async with new_desk.store() as store, store.snapshot() as snapshot:
        found = await snapshot.deals(Scope(), DealFilter(trader_id="anna"), DealOrder(), Page(9), snapshot.projected)
        assert [row.quantity_mw for row in found.rows] == [11]
    said = await importer.tells(path)
    assert "3 deals, 1 as recorded before, 0 missing (0 recorded now), 2 differing, 1 extra" in said
    assert "2 of ben, sell" in said
    assert "1 of anna, buy" in said


async def test_a_row_whose_period_is_in_doubt_is_matched_or_kept_for_a_person(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    known = agreed("anna buys 1 MW 02-03B at 5", day=AUTUMN, deal_id="1", executed="2023-10-28T12:00:00Z")
    await new_desk.knows(heard(known))
    day = instant("2023-10-28T12:00:00Z").date()
    rows = [
        "1,5,1,buy,2023-10-29,02-03,anna,2023-10-28T12:00:00Z",
        "2,5,1,buy,2023-10-29,02-03,anna,2023-10-28T12:00:00Z",
        "3,5,1,buy,2023-10-29,02-03A,anna,2023-10-28T12:00:00Z",
    ]
    code, told = await importer.imports(day_file(tmp_path, rows, day=day))
    assert (code, counts(told)) == (0, {"matched": 1, "recorded": 1, "missing": 2, "extra": 0, "differing": 0})
    (kept,) = [r.event for r in await log_of(new_desk) if isinstance(r.event, MessageRejected)]
    assert (kept.reason, kept.trader_id, kept.receipt.original) == ("AMBIGUOUS_PERIOD", "anna", rows[1].encode())
    before = len(await log_of(new_desk))
    await importer.imports(day_file(tmp_path, rows, day=day))
    assert len(await log_of(new_desk)) == before


async def test_a_clock_change_day_has_all_its_hours(new_desk: Desk, importer: Importer, tmp_path: Path) -> None:
    made = [
        agreed("anna buys 1 MW 23-24 at 5", day=AUTUMN, deal_id=str(number), executed=executed)
        for number, executed in enumerate(
            ("2023-10-28T22:00:00Z", "2023-10-29T00:30:00Z", "2023-10-29T01:30:00Z", "2023-10-29T22:59:59.999999Z")
        )
    ]
    assert counts((await importer.imports(day_file(tmp_path, made, day=AUTUMN)))[1])["recorded"] == 4
    late = "9,5,1,buy,2023-10-30,08-09,anna,2023-10-29T23:00:00Z"
    assert "line 2" in await importer.refuses(day_file(tmp_path, [late], day=AUTUMN))


async def test_a_day_without_deals_has_a_file_that_tells_so(new_desk: Desk, importer: Importer, tmp_path: Path) -> None:
    code, told = await importer.imports(day_file(tmp_path, []))
    assert (code, told["matched"]) == (0, 0)
    assert [type(r.event) for r in await log_of(new_desk)] == [DayFileImported]


async def test_a_file_is_read_with_either_line_end_a_byte_order_mark_and_without_the_last_line_end(
    importer: Importer, tmp_path: Path
) -> None:
    path = day_file(tmp_path, [])
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([HEADER, row_of(ONE), row_of(THREE)]).encode())
    assert counts((await importer.imports(path))[1])["recorded"] == 2


async def test_several_files_are_checked_before_any_is_recorded(importer: Importer, tmp_path: Path) -> None:
    good = day_file(tmp_path, [ONE])
    bad = day_file(tmp_path, ["nonsense"], day=AUTUMN)
    assert "line 2" in await importer.refuses(good, bad)
    bad.write_text(HEADER + "\n")
    code, told = await importer.imports(good, bad)
    assert (code, [each["file"] for each in told]) == (0, [str(good), str(bad)])


async def test_a_deal_that_comes_twice_in_a_file_counts_once_or_names_both_lines(
    importer: Importer, tmp_path: Path
) -> None:
    assert counts((await importer.imports(day_file(tmp_path, [ONE, row_of(ONE).replace("20.5", "20.50")])))[1]) == {
        "matched": 0, "recorded": 1, "missing": 1, "extra": 0, "differing": 0,
    }  # fmt: skip
    said = await importer.refuses(day_file(tmp_path, [ONE, TWO, row_of(ONE).replace("20.5", "21")]))
    assert "lines 2 and 4" in said


async def test_a_row_in_doubt_can_be_settled_as_the_deal_it_is(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    row = "1,5,1,buy,2023-10-29,02-03,anna,2023-10-28T12:00:00Z"
    path = day_file(tmp_path, [row], day=date(2023, 10, 28))
    await importer.imports(path)
    kept = (await log_of(new_desk))[0].event
    assert isinstance(kept, MessageRejected)
    chosen = Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path)})
    settled = reading_again(chosen)(kept.receipt, "02-03A")
    assert isinstance(settled, Deal)
    await new_desk.knows(DealConfirmed(deal=settled, receipt=kept.receipt))
    code, told = await importer.imports(path)
    assert (code, counts(told)) == (0, {"matched": 1, "recorded": 0, "missing": 0, "extra": 0, "differing": 0})


async def test_an_import_that_was_interrupted_is_completed_by_the_next(
    new_desk: Desk, importer: Importer, tmp_path: Path
) -> None:
    made = [
        agreed("anna buys 1 MW 08-09 at 1", deal_id=str(n), executed=f"06:{n // 60 % 60:02}:{n % 60:02}")
        for n in range(2_500)
    ]
    path = day_file(tmp_path, made)
    stop = asyncio.Event()
    running = asyncio.create_task(
        import_files(
            Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path)}),
            new_desk.url, [path], stop, as_json=True, only_news=False,
        )
    )  # fmt: skip

    async def has_begun() -> bool:
        return running.done() or bool(await log_of(new_desk))

    await eventually(has_begun)
    stop.set()
    assert await running in (0, 130)
    code, told = await importer.imports(path)
    assert (code, told["matched"] + told["recorded"]) == (0, 2_500)
    async with LogPages(new_desk.url) as pages:
        log = await pages.page(0, 5_000)
    assert [type(r.event) for r in log].count(DealConfirmed) == 2_500
    assert [type(r.event) for r in log].count(DayFileImported) == 1


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known=st.sets(st.integers(0, 11)), more=st.sets(st.integers(12, 15)))
def test_whatever_the_log_knew_of_a_file_it_holds_all_of_it_afterwards(
    known: set[int], more: set[int], tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange = f"x{next(_EXCHANGES)}"
    made = [
        agreed(f"anna buys {n + 1} MW 08-09 at {n}", deal_id=str(n), executed=f"06:{n:02}:00", exchange=exchange)
        for n in range(16)
    ]

    async def imports() -> tuple[int, dict[str, Any]]:
        async with desk(database) as new_desk:
            await new_desk.knows(*(heard(made[n]) for n in sorted(known | more)))
            path = day_file(tmp_path, made[:12], exchange=exchange)
            chosen = Settings.from_environment({"WATTBOOK_DATA_DIR": str(tmp_path), "WATTBOOK_EXCHANGE_NAME": exchange})
            capsys.readouterr()
            code = await import_files(chosen, new_desk.url, [path], asyncio.Event(), as_json=True, only_news=False)
            return code, json.loads(capsys.readouterr().out)

    code, told = asyncio.run(imports())
    assert code == (1 if more else 0)
    assert told["matched"] == len(known)
    assert told["missingIds"] == [str(n) for n in range(12) if n not in known]
    assert sorted(told["extraIds"]) == sorted(str(n) for n in more)
    code, again = asyncio.run(imports())
    assert (again["matched"], again["missing"]) == (12, 0)


_EXCHANGES = itertools.count()
