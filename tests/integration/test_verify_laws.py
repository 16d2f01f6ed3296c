"""Does a verification tell of the read models what comparing each row with the domain's fold of all events tells?"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.chain_check import TABLE, Finding
from adapters.event_log.raw_log import RawLog
from adapters.event_log.stored_events import read_event
from adapters.read_models.comparison import differences, folded, rows_by_key, stored
from adapters.read_models.ledger_check import holds_exactly, sums_of_ledger, told_rows
from domain.errors import LogDamagedError
from domain.events import DealConfirmed, Recorded
from projections import READ_MODELS
from projections.positions import positions
from tests.desk import Desk, busy_day, desk
from tests.histories import histories
from tests.notation import DAY, deal
from wattbook.verify import verified_log, verify

LEDGER = "read_models.deals_v1"
SUMS = "read_models.positions_v1"

OF_ROWS = [
    f"UPDATE {LEDGER} SET {change}"
    for change in (
            "position = position + 1000", "position = -position", "sign = -sign", "replaces = 1", "replaces = NULL",
            "recorded_at = recorded_at + interval '1 microsecond'", "exchange = ''", "deal_id = deal_id || ' '",
            "trader_id = 'bob'", "direction = 'sell'", "quantity_mw = quantity_mw + 0.000001",
            "quantity_mw = quantity_mw * 1.000", "price_eur_mwh = price_eur_mwh - 1", "price_eur_mwh = 'NaN'",
            "energy_mwh = energy_mwh + 1", "money_eur = -money_eur", "money_eur = money_eur * 1.0",
            "delivery_day = delivery_day + 1", "label = '08-09'", "label = label || E'\\n'", "minutes = 60",
            "delivery_start = delivery_start + interval '1 minute'", "executed_at = date_trunc('hour', executed_at)",
            "exchange = exchange || E'\\t' || deal_id, deal_id = NULL", "label = NULL",
    )
]  # fmt: skip
EDITS = [
    *OF_ROWS,
    f"DELETE FROM {LEDGER}",
    f"INSERT INTO {LEDGER} SELECT * FROM {LEDGER}",
    f"UPDATE {SUMS} SET deals = deals + 1",
    f"UPDATE {SUMS} SET sold_eur = sold_eur * 1.00",
    f"UPDATE {SUMS} SET bought_mwh = bought_mwh - 0.000001",
    f"DELETE FROM {SUMS}",
    "UPDATE read_models.checkpoints SET position = position - 3 WHERE table_name = 'deals_v1' AND position > 5",
    "UPDATE read_models.checkpoints SET position = 0 WHERE table_name = 'positions_v1'",
    "DELETE FROM read_models.rejections_v2",
]  # fmt: skip

ODD = [
    deal("anna buys 0.000001 MW 08:15-08:30 at 0.000001", executed="06:13:45.120", deal_id="odd 1"),
    deal("anna sells 1 MW 08-09 at -0.5", executed="06:13:45.000001", deal_id="odd 2"),
    deal("anna sells 1 MW 08-09 at 0", executed="06:13:45.999999", deal_id='"odd"\\N'),
]


def named(made: DealConfirmed, trader: str) -> DealConfirmed:
    return replace(made, deal=replace(made.deal, trader_id=trader))


def one_by_one(url: str) -> set[Finding]:
    """Return how the tables differ from what the domain's rules make of each event, and which cannot be read."""
    found: set[Finding] = set()
    with RawLog(url) as log:
        events = []
        for page in log.pages(0, log.head().position):
            for position, at, topic, state in page:
                try:
                    events.append(Recorded(position, at, read_event(topic, state)))
                except LogDamagedError as error:
                    found.add(Finding(position, TABLE, str(error)))
        checkpoints = log.connection.execute("SELECT table_name, position FROM read_models.checkpoints").fetchall()
        for model in READ_MODELS:
            reached = dict(checkpoints)[model.table]
            wanted = folded(model, (event for event in events if event.position <= reached))
            found.update(differences(model, wanted, stored(log.connection, model), reached))
    return found


def told_of_rows(url: str) -> set[Finding]:
    """Return what a verification tells of the rows, and of events that cannot be read."""
    findings = verified_log(url).findings
    return {each for each in findings if each.table != TABLE or each.what.startswith("the event log has")}


def edited(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for name in ("deal_id", "label"):
            connection.execute(f"ALTER TABLE {LEDGER} ALTER {name} DROP NOT NULL".encode())
        connection.execute(f"ALTER TABLE {LEDGER} DROP CONSTRAINT IF EXISTS deals_v1_pkey".encode())
        for statement in statements:
            connection.execute(statement.encode())


def written(old: str, new: str) -> str:
    return f"state = convert_to(replace(convert_from(state, 'UTF8'), '{old}', '{new}'), 'UTF8')"


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(*busy_day(), *ODD)
        yield opened


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=histories(), trader=st.sampled_from(["ben", "Ben O'Neill", "a\tb", "a\nb", "\\N", "ç\r"]))
def test_of_any_log_nothing_is_found(database: str, log: list[Recorded], trader: str) -> None:
    async def knows() -> None:
        async with desk(database) as trading:
            # Each history goes on where the one before it ended.
            await trading.knows(*(recorded.event for recorded in log))
            await trading.knows(*(named(made, trader) for made in ODD))

    asyncio.run(knows())
    assert told_of_rows(database) == set()
    assert one_by_one(database) == set()


@pytest.mark.parametrize("edit", [*EDITS, *(f"{edit} WHERE position = 5" for edit in EDITS if edit in OF_ROWS)])
async def test_an_edit_is_told_as_comparing_row_by_row_tells_it(trading: Desk, edit: str) -> None:
    edited(trading.url, edit)
    assert told_of_rows(trading.url) == one_by_one(trading.url)


@pytest.mark.parametrize(
    "edit",
    [
        written('"source":"', '"source":7,"was":"'),
        written('"received_at":"', '"received_at":"x'),
        written('"price_eur_mwh":"', '"price_eur_mwh":"1'),
        written('"quantity_mw":"', '"quantity_mw":"NaN'),
        "topic = 'deal.confirmed.v9'",
        "topic = 'feed.connected.v1'",
        "recorded_at = recorded_at + interval '1 second'",
        "state = ''",
    ],
)
async def test_what_was_done_to_the_log_is_told_as_reading_each_event_tells_it(trading: Desk, edit: str) -> None:
    for position in (2, 14):
        edited(trading.url, f"UPDATE wattbook.events SET {edit} WHERE notification_id = {position}")
        assert told_of_rows(trading.url) == one_by_one(trading.url)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e1"])
async def test_an_odd_number_is_told_as_reading_each_event_tells_it_though_the_ledger_has_it_too(
    trading: Desk, number: str
) -> None:
    edited(
        trading.url,
        f"""UPDATE wattbook.events SET {written('"quantity_mw":"10"', f'"quantity_mw":"{number}"')}
            WHERE notification_id = 2""",
        f"""UPDATE {LEDGER} SET quantity_mw = '{number}', energy_mwh = '{number}', money_eur = 20 * '{number}'::numeric
            WHERE position = 2""",
    )
    told = told_of_rows(trading.url)
    assert told == one_by_one(trading.url)
    assert (2 in {each.position for each in told}) == (number != "1e1")


async def test_the_usual_rows_are_compared_as_one_text_and_sums_are_theirs(trading: Desk) -> None:
    with RawLog(trading.url) as log:
        (page,) = log.pages(0, 15)
        told = told_rows([raw for raw in page if raw[2] == DealConfirmed.TOPIC])
        others = [raw[0] for raw in page if raw[2] != DealConfirmed.TOPIC]
        assert told is not None
        assert len(told.executed_at) == 7
        assert holds_exactly(log.connection, told, 0, 15, others)
        assert not holds_exactly(log.connection, told, 0, 15, [*others, 2])
        sums = rows_by_key(positions, sums_of_ledger(log.connection, 15))
        assert sums == stored(log.connection, positions)
    edited(trading.url, f"UPDATE {LEDGER} SET money_eur = 0 WHERE position = 2")
    with RawLog(trading.url) as log:
        assert not holds_exactly(log.connection, told, 0, 15, others)


async def test_where_read_models_are_is_said_and_is_no_damage(
    trading: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    trading.records(deal("anna buys 1 MW 08-09 at 1", deal_id="99", day=DAY))
    for as_json in (False, True):
        assert verify(trading.url, as_json=as_json) == 0
        told = capsys.readouterr()
        assert "not compared beyond position 15, which is as far as they have come: deals, positions" in (
            told.err if as_json else told.out
        )
    await trading.projects()
    assert verify(trading.url, as_json=False) == 0
    assert "not compared" not in capsys.readouterr().out
