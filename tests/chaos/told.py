"""Does Wattbook tell the same as the exchange, which saw its lines open and closed and sent every deal?"""

import asyncio
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.coverage import Connection, Outage, outages
from simulator.deals import COLUMNS
from tests.end_to_end.client import Client, Json
from tests.end_to_end.lines import Session
from tests.fault_matrix.faulted import Faulted
from tests.fault_matrix.invariants import stored_log
from tests.fault_matrix.said import Market

NOTICED_WITHIN = timedelta(seconds=3)
"""How far a told outage may lie from what the exchange saw: a second between signs of life, and a role held up."""

LONG = timedelta(seconds=2)
"""A stretch that no role can have slept through."""

_OUTAGES = "{ outages(first: 500) { start end } }"
_DAY = "2023-02-06"


async def assert_shows_the_log(desk: Faulted) -> None:
    """The API shows each deal of the log once, as many rejections, and no hole."""
    log = await asyncio.to_thread(stored_log, desk.url)
    recorded = Counter(str(row.position) for row in log if row.topic == "deal.confirmed.v1")
    assert Counter(deal["position"] for deal in await desk.desk.deals()) == recorded
    rejected = sum(row.topic in ("message.rejected.v1", "deal.conflicted.v1") for row in log)
    assert len(await desk.desk.rejections()) == rejected


async def assert_outages_as_seen(desk: Faulted) -> int:
    """Every stretch without a line that the exchange saw is told, and no other; return how many are told."""
    told = [Outage(_instant(each["start"]), _instant(each["end"])) for each in await _outages(desk.desk)]
    seen = [gap for gap in _without_a_line(desk.exchange.sessions) if gap.end is not None]
    if len(told) == 500:
        seen = [gap for gap in seen if gap.start > min(each.start for each in told)]
    for gap in seen:
        assert not _is_long(gap) or any(_meet(gap, each) for each in told), f"{gap} is not told"
        assert _is_within(gap, told), f"the exchange saw no line in {gap}, which is not told"
    for gap in told:
        assert _is_within(gap, seen), f"{gap} is told, and the exchange saw a line in it:\n{_about(desk, gap)}"
    return len(told)


def _about(desk: Faulted, gap: Outage) -> str:
    """Return what the exchange saw around *gap*, and what the log says of the lines."""
    end = gap.end or datetime.max.replace(tzinfo=UTC)
    seen = [each for each in desk.exchange.sessions if each.opened_at <= end and not _ended_before(each, gap.start)]
    said = [row.fields for row in stored_log(desk.url) if row.topic.startswith("feed.")]
    near = [fields for fields in said if _instant(fields["connected_at"]) > gap.start - timedelta(minutes=1)]
    return "\n".join(map(str, [*seen, *near]))


def _ended_before(session: Session, moment: datetime) -> bool:
    return session.closed_at is not None and session.closed_at < moment


async def everything_is_stored_after_the_day_files(desk: Faulted, market: Market) -> str:
    """Import what the exchange sent as its day files; then sent = stored, and nothing is open. Say what was found."""
    folder = desk.wattbook.folder / "day-files"
    sent = [*(each.raw for each in market.said), *market.unheard]
    files = await asyncio.to_thread(write_day_files, folder, sent)
    ran = await desk.wattbook.command("import", "--json", *map(str, files))
    assert ran.code == 0, ran
    (told,) = json.loads(ran.text) if len(files) > 1 else [json.loads(ran.text)]
    await desk.wattbook.until(lambda: _is_complete(desk.desk))
    wanted = Counter(json.loads(raw)["deal_confirmation"]["id"] for raw in sent)
    assert Counter(deal["dealId"] for deal in await desk.desk.deals()) == wanted
    return f"day files: sent {len(sent)} = stored {sum(wanted.values())}, {told['missing']} were missing before"


def write_day_files(folder: Path, messages: Iterable[bytes], zone: str = "Europe/Berlin") -> list[Path]:
    """Write the deals of *messages* as the exchange does: a file for each day of execution in the market's zone."""
    rows: dict[date, list[list[object]]] = defaultdict(list)
    for raw in messages:
        fields = json.loads(raw)["deal_confirmation"]
        day = datetime.fromisoformat(fields["execution_time"]).astimezone(ZoneInfo(zone)).date()
        rows[day].append([fields[column] for column in COLUMNS])
    folder.mkdir(exist_ok=True)
    written = []
    for day, deals in sorted(rows.items()):
        path = folder / f"exchange_trades_{day:%Y%m%d}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *deals])
        written.append(path)
    return written


def _without_a_line(sessions: Sequence[Session]) -> tuple[Outage, ...]:
    return outages(Connection(session.opened_at, session.closed_at) for session in sessions)


def _is_within(gap: Outage, others: Iterable[Outage]) -> bool:
    """Tell whether *gap*, but for its first and last moments, lies in one of *others*; a short one need not."""
    assert gap.end is not None
    start, end = gap.start + NOTICED_WITHIN, gap.end - NOTICED_WITHIN
    return start >= end or any(each.start <= start and (each.end is None or end <= each.end) for each in others)


def _is_long(gap: Outage) -> bool:
    return gap.end is not None and gap.end - gap.start > LONG


def _meet(one: Outage, other: Outage) -> bool:
    assert one.end is not None
    return other.start <= one.end and (other.end is None or one.start <= other.end)


async def _outages(desk: Client) -> list[Json]:
    found: list[Json] = (await desk.ask(_OUTAGES))["outages"]
    return found


async def _is_complete(desk: Client) -> bool:
    knowledge = (await desk.performance(None, _DAY))["knowledge"]
    return bool(knowledge["completeUpTo"] == knowledge["recordedAt"])


def _instant(text: str | None) -> datetime:
    return datetime.max.replace(tzinfo=UTC) if text is None else datetime.fromisoformat(text).astimezone(UTC)
