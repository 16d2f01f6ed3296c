"""Whatever order, duplicates and kills a history comes with: is each figure the same bytes, whichever way it is made?

``DIGESTS_SEED=7 .venv/bin/python -m pytest tests/end_to_end/test_digests.py`` tells another history.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from random import Random

import psycopg

from adapters.canonical_json import performance_json
from adapters.event_log.raw_log import RawLog
from adapters.log_export.reading import ExportedLog
from adapters.read_models.store import ReadStore
from domain.book import Book
from projections import READ_MODELS
from projections.reading import Scope
from tests.desk import settings_for
from tests.end_to_end.client import Json
from tests.end_to_end.lines import Exchange, confirmation
from tests.end_to_end.prices import MarketData
from tests.end_to_end.processes import Wattbook
from tests.end_to_end.scripted_day import AUTUMN, DAYS, SPRING, TRADERS, Sent, script
from tests.end_to_end.told import expected_from, prices_for
from tests.exported import exported
from tests.notation import BERLIN
from tests.oracle_reading import book
from tests.waiting import eventually
from wattbook.rebuild import rebuild
from wattbook.replay import OpenLog, replayed
from wattbook.verify import verified_log

SEED = int(os.environ.get("DIGESTS_SEED", "20231029"))
DEALS_A_DAY = 50
ROUNDS = 3
COMPARED = 24
RUNNING = (("receive", "--line", "1"), ("receive", "--line", "2"), ("record",), ("project",))


@dataclass(frozen=True)
class Asked:
    """A book on a delivery day, as known at a position."""

    trader: str | None
    day: date
    position: int


async def test_report_replay_rebuild_and_export_make_the_same_bytes_of_a_history_of_kills(
    tmp_path: Path, database: str, exchange: Exchange, provider: MarketData
) -> None:
    random = Random(SEED)
    said = in_disorder(random)
    trades, _ = book([sent.raw for sent in said], BERLIN)
    provider.will_say(prices_for(trades, SEED))
    settings = {"market_data_url": provider.url, "market_data_refresh": "1", "market_data_limits": "100000/minute"}
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database, **settings) as wattbook:
        for arguments in RUNNING:
            wattbook.start(*arguments)
        await wattbook.until(exchange.listening)
        telling = asyncio.create_task(tell(exchange, random, said))
        await kill_at_random(wattbook, Random(SEED + 1), telling)
        await wattbook.until(exchange.listening)
        await wattbook.until(lambda: last_words_are_shown(exchange, database))
        head, payloads = stored(database)
        assert len(payloads) == head > DEALS_A_DAY * len(DAYS)

        changes = [date.fromisoformat(day) for day in (SPRING, AUTUMN)]
        asked = [Asked(None, day, position) for day in changes for position in (0, head)]
        while len(asked) < COMPARED:
            asked.append(Asked(random.choice((None, *TRADERS)), random.choice(changes), random.randint(1, head)))

        reported = await reports(tmp_path, database, asked)
        for each, found in zip(asked, reported, strict=True):
            said_by_then = payloads[: each.position]
            shown = json.loads(found)
            assert shown == expected_from(said_by_then, each.trader, str(each.day), shown["knowledge"]), each
        assert replays(tmp_path, partial(RawLog, database), asked) == reported
        assert await asyncio.to_thread(rebuild, database, READ_MODELS, stretch=100) == 0
        assert await reports(tmp_path, database, asked) == reported
        await asyncio.to_thread(exported, database, tmp_path / "log", head, 100)
        assert replays(tmp_path, partial(ExportedLog, tmp_path / "log"), asked) == reported
        assert (await asyncio.to_thread(verified_log, database, stretch=100)).findings == []


def in_disorder(random: Random) -> list[Sent]:
    """Return all that comes, in any order, and some of it again, much later or at once."""
    made = script(SEED, DEALS_A_DAY)
    said = [*made.first, *made.then]
    said += random.sample(said, len(said) // 5)
    random.shuffle(said)
    return said


async def tell(exchange: Exchange, random: Random, said: Sequence[Sent]) -> None:
    """Say it all in bursts, over the lines that are open just now."""
    for sent in said:
        await eventually(partial(is_heard, exchange, sent))
        if random.random() < 0.1:
            await asyncio.sleep(random.uniform(0, 0.3))


async def is_heard(exchange: Exchange, sent: Sent) -> bool:
    return bool(await exchange.say(sent.raw, *sent.lines))


async def kill_at_random(wattbook: Wattbook, random: Random, telling: "asyncio.Task[None]") -> None:
    """Kill each role as often as that is wanted, at any moment, while all is told."""
    for role in random.sample(wattbook.roles * ROUNDS, len(wattbook.roles) * ROUNDS):
        await asyncio.sleep(random.uniform(0, 1.2))
        role.kill()
        await asyncio.sleep(random.choice((0, 0, 0.4)))
        role.start()
    await telling


async def last_words_are_shown(exchange: Exchange, database: str) -> bool:
    """Say the last words, again and again, for a receiver may have died as it was told them; then ask for them."""
    for line in (1, 2):
        await exchange.say(confirmation(id=f"the last on line {line}"), line)
    return all_is_shown(database)


def all_is_shown(database: str) -> bool:
    """Tell whether the last words on both lines are in the log, and the read models as far as it."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM wattbook.events WHERE originator_id LIKE '%the last on line%'),"
            " (SELECT position FROM wattbook.log_head) = (SELECT min(position) FROM read_models.checkpoints)"
        ).fetchone()
    return row == (2, True)


def stored(database: str) -> tuple[int, list[Json]]:
    """Return where the log ends, and what each event says."""
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT state FROM wattbook.events ORDER BY notification_id").fetchall()
    return len(rows), [json.loads(bytes(state)) for (state,) in rows]


async def reports(folder: Path, database: str, asked: Sequence[Asked]) -> list[bytes]:
    """Return what the read models say."""
    async with ReadStore(database, settings_for(folder).timezone, ()) as store:
        found = []
        for each in asked:
            async with store.snapshot() as snapshot:
                shown = await snapshot.performance(Scope(), each.trader, each.day, each.position)
            found.append(performance_json(shown))
        return found


def replays(folder: Path, log: OpenLog, asked: Sequence[Asked]) -> list[bytes]:
    """Return what the raw events say."""
    chosen = settings_for(folder)
    return [performance_json(replayed(chosen, log, Book(each.trader, each.day), each.position)) for each in asked]
