"""Which day files were imported, and which of them are news?"""

from domain.recording import Append, decide
from projections.day_files import day_files
from tests.notation import AUTUMN, DAY, connected, imported, instant, recorded
from tests.spec import MemoryLog, given


def test_each_import_is_a_row_with_its_counts_and_what_it_tells() -> None:
    given(connected("exchange/1", "06:00:00"), imported("07:00:00 to 08:00:00"), imported(day=AUTUMN)).when(
        day_files
    ).then(
        {
            "position": 2,
            "name": "exchange_trades_20230206.csv",
            "day": DAY,
            "imported_by": "desk",
            "rows": 46,
            "matched": 40,
            "recorded": 3,
            "rejected": 1,
            "differing": 2,
            "extra": 1,
            "told_from": instant("07:00:00"),
            "told_until": instant("08:00:00"),
        },
        {"position": 3, "day": AUTUMN},
    )


def test_the_same_file_is_news_where_it_tells_more_or_was_found_to_lack_deals() -> None:
    known = recorded([imported("07:00:00 to 08:00:00", extra=0)])
    assert not isinstance(decide(imported("07:00:00 to 08:00:00", extra=0), known), Append)
    assert not isinstance(decide(imported("07:00:00 to 07:59:59", extra=0), known), Append)
    assert isinstance(decide(imported("07:00:00 to 08:00:01", extra=0), known), Append)
    lacking = imported("07:00:00 to 07:30:00", extra=2)
    assert isinstance(decide(lacking, known), Append)
    known += recorded([lacking], after=1)
    assert not isinstance(decide(lacking, known), Append)
    assert isinstance(decide(imported("07:00:00 to 08:00:00", extra=0), known), Append)


def test_other_bytes_are_another_file() -> None:
    log = MemoryLog()
    kinds = [outcome.kind for outcome in log.append([imported(), imported(), imported(sha256="cd" * 32)])]
    assert kinds == ["recorded", "duplicate", "recorded"]
