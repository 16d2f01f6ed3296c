"""Is all well? Positions, lags, lines, roles and counts, for a person or a machine. The command ``status``."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import psycopg

from adapters.journal.entries import taken_over
from adapters.journal.holders import holders
from adapters.journal.reader import JournalReader, open_journals
from adapters.read_models.builds import is_left_half_way
from adapters.read_models.store import ReadStore
from domain.canonical import decimal_text, time_text
from domain.health_warnings import HealthWarning
from domain.watermarks import NOBODY_RECORDS
from projections.reading import FeedStatus, HealthStatus, Scope
from projections.shown import health_fields
from wattbook.database import application_name
from wattbook.process import EXIT_FOUND, EXIT_OK, utc_now
from wattbook.run import ROLES
from wattbook.settings import Settings

_REBUILD_LEFT: Final = HealthWarning(
    "REBUILD_LEFT",
    "WARNING",
    "A rebuild was left half-way: its tables take disk, and the projector may feed them beside those in use, which stay"
    " right. The next 'wattbook rebuild' removes them, as does 'wattbook rebuild --drop' together with what was kept.",
)


@dataclass(frozen=True)
class _Journals:
    receivers: int
    waiting: int
    unreadable: Sequence[Path]
    unheld_lines: Sequence[str]


async def status(settings: Settings, database_url: str, *, as_json: bool) -> int:
    """Print how Wattbook is; return 1 when a role or all lines are down, or a warning is critical."""
    store = ReadStore(database_url, settings.timezone, settings.lines, size=1)
    async with store, store.snapshot() as snapshot:
        health = await snapshot.health(Scope())
    if await asyncio.to_thread(is_left_half_way, database_url):
        health = replace(health, warnings=[*health.warnings, _REBUILD_LEFT])
    journals = _journals(settings)
    problems = _problems(health, await _roles(database_url), journals, bool(settings.exchange_urls))
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
    receivers = waiting = 0
    unreadable: list[Path] = []
    for reader in open_journals(settings.journal_dirs, on_unreadable=lambda path, _: unreadable.append(path)):
        with reader:
            receivers += not _ended(reader)
            try:
                waiting += reader.waiting().entries
            except sqlite3.Error:
                unreadable.append(reader.path)
    held = {line for holder in holders(settings.journal_dirs) for line in holder.lines}
    return _Journals(receivers, waiting, unreadable, [line for line in settings.lines if line not in held])


def _ended(reader: JournalReader) -> bool:
    with taken_over(reader.path) as abandoned:
        return abandoned


def _problems(health: HealthStatus, roles: set[str], journals: _Journals, expected_here: bool) -> Sequence[str]:
    warned_of = {"receive", "record"} if any(each.code == NOBODY_RECORDS for each in health.warnings) else {"receive"}
    problems = [f"no {role} process is running" for role in ROLES if role not in {*roles, *warned_of}]
    behind = health.log_position - health.projection_position
    if behind and "project" not in roles:
        problems.append(f"what is shown of lines and figures is {behind} events old")
    connected = any(feed.state == "CONNECTED" for feed in health.feeds)
    # Receivers on other machines are known by their lines alone, and those as far as the read models go.
    elsewhere = connected and not behind and not expected_here
    if not journals.receivers and not elsewhere:
        problems.insert(0, "no receive process is running")
    elif not connected:
        problems.insert(0, "no line to the exchange is open: deals may be missed now")
    problems += [warning.message for warning in health.warnings if warning.level == "CRITICAL"]
    problems += [f"unreadable journal {path}: what it holds is not recorded" for path in journals.unreadable]
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
        print(f"{feed.name:<20} {feed.state.lower().replace('_', ' ')}{since}{heard}{_lost(feed)}")
    if health.untold_outages:
        complete = "" if health.complete_up_to is None else f", the oldest from {time_text(health.complete_up_to)}"
        print(f"outages              {health.untold_outages} of which no day file told all deals{complete}")
    print(f"checked              {time_text(now.replace(microsecond=0))}")
    for warning in health.warnings:
        if warning.level == "WARNING":
            print(f"warning              {warning.message}")
    if journals.receivers:
        # Another machine may hold them, so they are no problem by themselves.
        for line in journals.unheld_lines:
            print(f"warning              no process of this machine holds {line}")
    for problem in problems:
        print(f"problem              {problem}")
    if not problems:
        print("all is well")


def _lost(feed: FeedStatus) -> str:
    loss = feed.last_loss
    if loss is None:
        return ""
    times = "once" if feed.losses == 1 else f"{feed.losses} times"
    delay = decimal_text(loss.detection_delay_s)
    return f", lost {times}, last {time_text(loss.lost_at)} ({loss.reason}), noticed after {delay} s"
