"""Does ``wattbook status`` say that the market-data provider is down, until some recorder has reached it?"""

import signal
from pathlib import Path

import psycopg

from tests.end_to_end.processes import Wattbook
from tests.scripted_provider import scripted_provider

DOWN = "warning              The market-data provider fails since"
RECORDERS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%record%'
"""
CUT_OFF_THE_LEADER = """
    SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database AS d ON d.oid = database
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
"""


async def test_a_provider_that_is_down_is_told_until_another_recorder_leads_and_reaches_it(
    tmp_path: Path, database: str
) -> None:
    async with scripted_provider() as broken, scripted_provider() as sound:
        broken.answers(b"out of order", 500)
        with Wattbook(tmp_path, database_url=database, market_data_url=broken.base_url) as wattbook:

            async def told() -> bool:
                return DOWN in (await wattbook.command("status")).text

            async def over() -> bool:
                return not await told()

            first = wattbook.start("record")
            await wattbook.until(told)

            wattbook.environment["WATTBOOK_MARKET_DATA_URL"] = sound.base_url
            of_the_first = recorders(database)
            wattbook.start("record")
            await wattbook.until(lambda: recorders(database) >= of_the_first + 2)
            assert await told(), "who waits for the lead knows nothing of the provider"
            assert sound.seen == []

            first.process.send_signal(signal.SIGSTOP)
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(CUT_OFF_THE_LEADER)
            await wattbook.until(lambda: sound.seen != [])
            first.process.send_signal(signal.SIGCONT)
            await wattbook.until(lambda: f"No longer so: {DOWN.split(maxsplit=1)[1]}" in first.text())
            await wattbook.until(over)
            assert first.running


def recorders(database: str) -> int:
    """Return how many connections recorders hold to the database."""
    with psycopg.connect(database) as connection:
        row = connection.execute(RECORDERS).fetchone()
    assert row is not None
    return int(row[0])
