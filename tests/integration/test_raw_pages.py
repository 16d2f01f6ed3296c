"""Is a page of stored bytes read whole and bounded, whether its events are short or long?"""

import subprocess
import sys
from datetime import date
from pathlib import Path

import psycopg
import pytest

from adapters.event_log.pages import PAGE_BYTES, LogPages
from adapters.event_log.raw_log import RawLog
from adapters.event_log.stored_events import state_of
from tests.desk import Desk, desk
from tests.notation import deal, rejected

SHORT = b"short"
LONG = b"x" * 10_000


@pytest.mark.parametrize("messages", [[SHORT], [LONG], [SHORT, LONG, SHORT], [LONG, LONG, b"y" * PAGE_BYTES, SHORT]])
async def test_every_event_comes_once_with_all_of_its_bytes(database: str, messages: list[bytes]) -> None:
    events = [rejected(b"%d%b" % numbered) for numbered in enumerate(messages)] + [deal("anna buys 1 MW 08-09 at 1")]
    async with desk(database) as trading:
        trading.records(*events)
    with RawLog(database) as log:
        pages = list(log.pages(0, len(events)))
        links = list(log.links(0, len(events)))
    assert [raw[3] for page in pages for raw in page] == [state_of(event) for event in events]
    assert [link[5] for page in links for link in page] == [state_of(event) for event in events]
    assert all(len(page) == 1 or sum(len(raw[3]) for raw in page) <= PAGE_BYTES for page in pages)
    assert [link[0] for page in links for link in page] == list(range(1, len(events) + 1))


async def test_what_is_left_after_a_hole_is_read_however_large_its_first_event_is(new_desk: Desk) -> None:
    new_desk.records(deal("anna buys 1 MW 08-09 at 1"), rejected(b"z" * (PAGE_BYTES + 1)), rejected(SHORT))
    with psycopg.connect(new_desk.url) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM wattbook.events WHERE notification_id = 1")
    with RawLog(new_desk.url) as log:
        assert [link[0] for page in log.links(0, 3) for link in page] == [2, 3]
    async with LogPages(new_desk.url) as following:
        assert [event.position for event in await following.page(0, 10)] == [2]


_PEAK = """
import sys
from datetime import date
from pathlib import Path
from adapters.event_log.raw_log import RawLog
with RawLog(sys.argv[1]) as log:
    count = sum(len(raw[3]) > 2_000_000 for raw in log.concerning(date(2023, 2, 6), 0, log.head().position))
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(count, peak.split()[1])
"""


async def test_a_replay_holds_few_large_events_at_once(new_desk: Desk) -> None:
    def read() -> list[int]:
        run = subprocess.run(
            [sys.executable, "-c", _PEAK, new_desk.url],
            cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [int(word) for word in run.stdout.split()]

    new_desk.records(rejected(b"x" * 3_000_000))
    few, peak_kb = read()
    for number in range(30):
        new_desk.records(rejected(b"%d %b" % (number, b"x" * 3_000_000)))
    many, peak_of_many_kb = read()
    assert (few, many) == (1, 31)
    # Thirty of them, as they are stored, would take 90 MB and more.
    assert peak_of_many_kb - peak_kb < 40_000
    with RawLog(new_desk.url) as log:
        events = [raw for page in log.pages(0, many) for raw in page]
        assert [*log.concerning(date(2023, 2, 6), 0, many)] == events
