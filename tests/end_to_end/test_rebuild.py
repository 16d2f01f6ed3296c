"""Read models are made again while a thousand deals a second come in: does anybody who looks notice?"""

import asyncio
from bisect import bisect_right
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg

from adapters.event_log.recorder import open_recorder
from adapters.postgres.installation import install
from projections import READ_MODELS
from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange, confirmation
from tests.end_to_end.processes import ROLES, Wattbook
from tests.notation import deal
from wattbook.project import MANY

DAY = "2023-02-06"
TICK_S = 0.01
PER_TICK = 10


async def test_a_rebuild_under_steady_ingest_shows_nobody_a_wrong_or_missing_figure(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    said = 0
    stop = asyncio.Event()

    async def speaks() -> None:
        nonlocal said
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not stop.is_set():
            for _ in range(PER_TICK):
                await exchange.say(confirmation(id=said, price=1, quantity=1, trader_id="anna"))
                said += 1
            due += TICK_S
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def polls(desk: Client) -> list[tuple[int, int]]:
        """Return each position that was shown, with the energy bought up to it, by the sums and by the ledger alike."""
        looks = []
        while not stop.is_set():
            live = await desk.performance("anna", DAY)
            position = int(live["knowledge"]["position"])
            assert live == await desk.performance("anna", DAY, position)
            looks.append((position, int(live["total"]["boughtMwh"])))
        return looks

    with Wattbook(tmp_path, exchange_urls=exchange.urls(1), database_url=database) as wattbook:
        for name in ROLES:
            wattbook.start(name)
        desk = Client(wattbook.url)
        await wattbook.until(lambda: exchange.listening(1))
        await wattbook.until(desk.ready)
        speaking = asyncio.create_task(speaks())
        polling = [asyncio.create_task(polls(desk)) for _ in range(3)]
        try:
            await wattbook.until(lambda: said > 1_000)
            began = datetime.now(UTC)
            first, second = await asyncio.gather(wattbook.command("rebuild"), wattbook.command("rebuild"))
            codes = sorted((first.code, second.code))
            assert codes in ([0, 3], [0, 0]), (first, second)
            back = await wattbook.command("rebuild", "--rollback")
            assert back.code == 0, back
            only = await wattbook.command("rebuild", "positions", "deals")
            assert only.code == 0, only
            ended = datetime.now(UTC)
        finally:
            stop.set()
            await speaking
            looks = await asyncio.gather(*polling)
        assert min(len(seen) for seen in looks) > 10
        await wattbook.until(lambda: _has_all(desk, said))
        with psycopg.connect(database) as connection:
            query = "SELECT notification_id FROM wattbook.events WHERE topic = 'deal.confirmed.v1' ORDER BY 1"
            recorded = [position for (position,) in connection.execute(query).fetchall()]
            meanwhile = "SELECT count(*) FROM wattbook.events WHERE recorded_at BETWEEN %s AND %s"
            ((deals,),) = connection.execute(meanwhile, (began, ended)).fetchall()
        seconds = (ended - began).total_seconds()
        print(
            f"\n{deals / seconds:,.0f} deals/s recorded while read models were made again for {seconds:.0f} s;"
            f" {sum(map(len, looks)):,} polls"
        )
        for seen in looks:
            # Each deal is one MWh.
            assert seen == sorted((position, bisect_right(recorded, position)) for position, _ in seen)
        verified = await wattbook.command("verify")
        assert verified.code == 0, verified
        dropped = await wattbook.command("rebuild", "--drop")
        assert "deals_v1_kept" in dropped.text
        assert (await wattbook.command("rebuild", "--rollback")).code == 3
        unknown = await wattbook.command("rebuild", "dreams")
        assert unknown.code == 2
        assert "no such read model: dreams; there are deals, positions" in unknown.err
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE read_models.deals_v1 SET price_eur_mwh = 2 WHERE position = 5")
        refused = await wattbook.command("rebuild", "deals")
        assert refused.code == 1
        assert "position 5, read_models.deals_v1: row position 5, sign 1: price_eur_mwh is 2, not 1" in refused.text
        assert (await wattbook.command("rebuild", "deals", "--accept-differences")).code == 0
        assert (await wattbook.command("rebuild", "deals", "--rollback")).code == 1
        assert (await wattbook.command("rebuild", "--drop", "--accept-differences")).code == 2
        assert (await wattbook.command("verify")).code == 0


async def test_a_projector_has_new_tables_of_a_long_log_filled_wherever_it_was_stopped_or_killed_before(
    tmp_path: Path, database: str
) -> None:
    install(database, READ_MODELS)
    recorder = open_recorder(database)
    deals = [deal("anna buys 1 MW 08-09 at 1", deal_id=str(number)) for number in range(MANY)]
    for start in range(0, MANY, 5_000):
        recorder.append(deals[start : start + 5_000])
    recorder.datastore.close()
    with (
        Wattbook(tmp_path, database_url=database) as wattbook,
        psycopg.connect(database, autocommit=True) as connection,
    ):

        def is_building() -> bool:
            query = "SELECT 1 FROM pg_tables WHERE schemaname = 'read_models' AND tablename LIKE '%\\_next\\_%'"
            return connection.execute(query).fetchone() is not None

        def reached() -> int:
            row = connection.execute("SELECT min(position) FROM read_models.checkpoints").fetchone()
            assert row is not None
            return int(row[0])

        project = wattbook.start("project")
        await wattbook.until(is_building)
        assert await project.end() == 0
        assert not is_building()
        assert reached() in (0, MANY)
        project.start()
        await wattbook.until(lambda: is_building() or reached() == MANY)
        project.kill()
        project.start()
        await wattbook.until(lambda: reached() == MANY)
        await wattbook.until(lambda: not is_building())
        assert "filled from the log" in project.text()
        assert await project.end() == 0
        assert (await wattbook.command("verify")).code == 0


async def _has_all(desk: Client, said: int) -> bool:
    with suppress(AssertionError):
        return Decimal((await desk.performance("anna", DAY))["total"]["boughtMwh"]) == said
    return False
