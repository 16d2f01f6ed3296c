"""Two machines hear one exchange, each into a journal of its own, and record into one log at the same time."""

from pathlib import Path
from random import Random

import psycopg

from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange
from tests.end_to_end.processes import Wattbook
from tests.fault_matrix.invariants import assert_invariants, stored_log
from tests.fault_matrix.said import Market, trading

SEED = 19


async def test_two_machines_record_once_what_both_heard_and_all_that_only_one_heard(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    random = Random(SEED)
    with (
        _machine(tmp_path / "one", database, exchange) as one,
        _machine(tmp_path / "other", database, exchange) as other,
    ):
        for line, machine in enumerate((one, other), 1):
            machine.start("receive", "--line", str(line))
        await one.until(exchange.listening)
        async with trading(exchange, SEED) as market:
            # A backlog on both, so that both record whole batches of the same deals at the same time.
            await market.more(800)
            await _only_one_hears(market)
            recorders = [machine.start("record") for machine in (one, other)]
            one.start("project")
            one.start("serve")
            await one.until(Client(one.url).ready)
            for recorder in recorders * 2:
                await market.more(random.randint(20, 150))
                recorder.kill()
                await market.more(random.choice((1, 60)))
                recorder.start()
            await _only_one_hears(market)
            await market.more(50)
        await one.until(lambda: _all_recorded_and_shown(database, market))
        tally = assert_invariants(database, market.said)
        assert tally.recorded == tally.said == len(market.said)
        assert {row.fields["receipt"]["source"] for row in stored_log(database) if "receipt" in row.fields} == {
            "exchange/1",
            "exchange/2",
        }


def _machine(folder: Path, database: str, exchange: Exchange) -> Wattbook:
    folder.mkdir()
    return Wattbook(folder, exchange_urls=exchange.urls(), database_url=database)


async def _only_one_hears(market: Market) -> None:
    for number in range(100):
        await market.say(market.next_deal(), 1 + number % 2)


def _all_recorded_and_shown(database: str, market: Market) -> bool:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM wattbook.events WHERE topic = 'deal.confirmed.v1'),"
            " (SELECT position FROM wattbook.log_head) - (SELECT min(position) FROM read_models.checkpoints)"
        ).fetchone()
    return row == (len(market.said), 0)
