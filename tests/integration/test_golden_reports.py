"""Does a report that earlier code published still reproduce, byte for byte, whichever way it is made?"""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.canonical_json import performance_json
from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals_file import read_seals
from adapters.log_export.reading import ExportedLog
from domain.events import EVENT_TYPES, DealCancelled, DealCorrected, Event
from domain.performance import Moment, Performance
from domain.proofs import ReportPublished
from projections import PROJECTION_VERSION
from tests.desk import desk, settings_for
from tests.golden_log import GOLDEN, folder_of
from tests.notation import AUTUMN, SPRING
from tests.rebuilding import rebuilds
from tests.restoring import restored
from wattbook import replay
from wattbook.replay import replay_report
from wattbook.report import report
from wattbook.verify import verified_log

Capture = pytest.CaptureFixture[str]
FOLDERS = sorted(GOLDEN.glob("reports-*"))
REPORTS = [(folder, int(path.stem)) for folder in FOLDERS for path in folder.glob("*.json")]
every_report = pytest.mark.parametrize(
    ("folder", "number"), REPORTS, ids=[f"{folder.name}-{number}" for folder, number in REPORTS]
)
every_version = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])


def test_the_reports_of_todays_version_are_kept() -> None:
    assert folder_of(PROJECTION_VERSION).is_dir(), "see tests/golden/README.md"
    assert len(REPORTS) >= 17


@every_version
def test_the_story_has_all_that_a_desk_lives_through(folder: Path) -> None:
    events = [event for _, event in log_of(folder)]
    assert {type(event) for event in events} == set(EVENT_TYPES)
    published = [event for event in events if isinstance(event, ReportPublished)]
    books = {(event.trader_id, event.delivery_day) for event in published}
    assert books >= {(trader, day) for trader in (None, "anna") for day in (SPRING, AUTUMN)}
    changes = [number for number, event in log_of(folder) if isinstance(event, DealCorrected | DealCancelled)]
    # Reports from before and after what came late, of the same book, say different things.
    for trader, day in ((None, SPRING), ("anna", SPRING), (None, AUTUMN)):
        of_book = [event for event in published if (event.trader_id, event.delivery_day) == (trader, day)]
        assert any(
            first.position < change <= last.position
            for first, last in [(of_book[0], of_book[-1])]
            for change in changes
        )
        assert json.loads(of_book[0].performance)["total"] != json.loads(of_book[-1].performance)["total"]
    assert {event.projection_version for event in published} == {folder.name.removeprefix("reports-")}


@every_report
def test_a_report_of_once_is_made_again_from_the_export_of_once(
    tmp_path: Path, capsys: Capture, folder: Path, number: int
) -> None:
    written = (folder / f"{number}.json").read_bytes()
    event = published_as(folder, number)
    digests = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert event.performance.encode() == written
    assert event.digest == sha256(written).hexdigest()
    assert [event.digest, f"{number}.json"] in digests
    assert replay_report(settings_for(tmp_path), partial(ExportedLog, folder / "log"), number) == 0
    assert f"report {number} is equal" in capsys.readouterr().out


@every_version
async def test_reports_of_once_are_made_again_from_the_log_put_back_into_postgresql(
    database: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], folder: Path
) -> None:
    chosen = settings_for(tmp_path)
    async with desk(database) as trading:
        await restored(trading, folder / "log")

        async def are_shown_alike() -> None:
            for number in (number for of, number in REPORTS if of == folder):
                event = published_as(folder, number)
                moment = Moment(event.position)
                capsysbinary.readouterr()
                await report(chosen, database, event.trader_id, event.delivery_day, moment, as_json=True)
                shown = json.loads(capsysbinary.readouterr().out)
                shown["knowledge"]["projectionVersion"] = event.projection_version
                assert shown == json.loads((folder / f"{number}.json").read_bytes())
                assert await asyncio.to_thread(replay_report, chosen, partial(RawLog, database), number) == 0
                assert b"is equal" in capsysbinary.readouterr().out

        await are_shown_alike()
        assert await rebuilds(trading) == 0
        await are_shown_alike()
        seals = read_seals(folder / "seals.jsonl").seals
        assert len(seals) == 2
        assert (await asyncio.to_thread(verified_log, database, seals=seals)).findings == []


@every_report
def test_under_a_later_version_of_the_rules_a_report_still_reproduces_and_says_which_version_published_it(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, folder: Path, number: int
) -> None:
    monkeypatch.setattr(replay, "PROJECTION_VERSION", "later")
    assert replay_report(settings_for(tmp_path), partial(ExportedLog, folder / "log"), number) == 0
    told = capsys.readouterr().out
    version = folder.name.removeprefix("reports-")
    assert f"report {number} is equal" in told
    assert f"it was published by the rules of version {version}, and these are its very bytes" in told


def test_where_later_rules_make_other_bytes_the_version_and_the_first_difference_are_told(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_one_more_field(performance: Performance) -> bytes:
        return performance_json(performance).replace(b'"dealCount"', b'"carbonKg":"0","dealCount"')

    monkeypatch.setattr(replay, "PROJECTION_VERSION", "later")
    monkeypatch.setattr(replay, "performance_json", with_one_more_field)
    folder, number = REPORTS[0]
    assert replay_report(settings_for(tmp_path), partial(ExportedLog, folder / "log"), number) == 1
    told = capsys.readouterr().out
    version = folder.name.removeprefix("reports-")
    assert f"it was published by the rules of version {version}; here are those of later" in told
    assert 'periods[0].figures.carbonKg: published null, replayed "0"' in told


def log_of(folder: Path) -> Iterator[tuple[int, Event]]:
    with ExportedLog(folder / "log") as log:
        for number in range(1, log.head().position + 1):
            event = log.event_at(number)
            assert event is not None
            yield number, event


def published_as(folder: Path, number: int) -> ReportPublished:
    with ExportedLog(folder / "log") as log:
        event = log.event_at(number)
    assert isinstance(event, ReportPublished)
    return event
