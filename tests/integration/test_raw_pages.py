"""Is a page of stored bytes read whole and bounded, whether its events are short or long?"""

import pytest

from adapters.event_log.pages import PAGE_BYTES
from adapters.event_log.raw_log import RawLog
from adapters.event_log.stored_events import state_of
from tests.desk import desk
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
