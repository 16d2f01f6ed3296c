"""Is all well? Positions, lags, lines, roles and counts, for a person or a machine. The command ``status``."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from adapters.journal.entries import taken_over
from adapters.journal.reader import JournalReader, open_journals
from adapters.read_models.store import ReadStore
from domain.canonical import time_text
from projections.reading import HealthStatus, Scope
from projections.shown import health_fields
from wattbook.database import application_name
from wattbook.process import EXIT_FOUND, EXIT_OK, utc_now
from wattbook.run import ROLES
from wattbook.settings import Settings


@dataclass(frozen=True)
class _Journals:
    receivers: int
    waiting: int


async def status(settings: Settings, database_url: str, *, as_json: bool) -> int:
    """Print how Wattbook is; return 1 when a role or all lines are down."""
    store = ReadStore(database_url, settings.timezone, settings.lines, size=1)
    async with store, store.snapshot() as snapshot:
        health = await snapshot.health(Scope())
    journals = _journals(settings)
    problems = _problems(health, await _roles(database_url), journals)
    now = utc_now()
    if as_json:
        print(json.dumps({**health_fields(health, now), "ok": not problems}))
    else:
        _print(health, journals, problems, now)
    return EXIT_FOUND if problems else EXIT_OK


async def _roles(database_url: str) -> set[str]:
    """Return the roles that are connected to the database, from whatever machine."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute(
            "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
        )
        names = {row[0] for row in await cursor.fetchall()}
    return {role for role in ROLES if application_name(role) in names}


def _journals(settings: Settings) -> _Journals:
    readers = open_journals(settings.journal_dir)
    try:
        return _Journals(sum(not _ended(each) for each in readers), sum(each.waiting().entries for each in readers))
    finally:
        for reader in readers:
            reader.close()


def _ended(reader: JournalReader) -> bool:
    with taken_over(reader.path) as abandoned:
        return abandoned


def _problems(health: HealthStatus, roles: set[str], journals: _Journals) -> Sequence[str]:
    problems = [f"no {role} process is running" for role in ROLES if role != "receive" and role not in roles]
    connected = [feed for feed in health.feeds if feed.state == "CONNECTED"]
    if not journals.receivers and not connected:
        problems.insert(0, "no receive process is running")
    elif not connected:
        problems.insert(0, "no line to the exchange is open: deals may be missed now")
    return problems


def _print(health: HealthStatus, journals: _Journals, problems: Sequence[str], now: datetime) -> None:
    print(f"log position         {health.log_position}")
    print(
        f"read models          {health.projection_position} ({health.log_position - health.projection_position} behind)"
    )
    print(f"waiting in journals  {journals.waiting}")
    print(f"open rejections      {health.open_rejections}")
    fetched = health.reference_price_fetched_at
    print(f"reference prices     {'none yet' if fetched is None else f'last came {time_text(fetched)}'}")
    for feed in health.feeds:
        since = "" if feed.since is None else f" since {time_text(feed.since)}"
        heard = "" if feed.last_message_at is None else f", last message {time_text(feed.last_message_at)}"
        print(f"{feed.name:<20} {feed.state.lower().replace('_', ' ')}{since}{heard}")
    print(f"checked              {time_text(now.replace(microsecond=0))}")
    for problem in problems:
        print(f"problem              {problem}")
    if not problems:
        print("all is well")
