"""Are the tables the same rows as a fold of the log, whatever the pages, the faults and the rivals?"""

import asyncio
from collections.abc import Sequence
from typing import Any

import hypothesis
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.sql import SQL, Identifier

from adapters.event_log.pages import LogPages
from adapters.event_log.recorder import open_recorder
from adapters.postgres.installation import install
from adapters.read_models.tables import ReadTables
from domain.errors import FencedError, LogDamagedError
from domain.events import Event, Recorded
from projections import READ_MODELS
from projections.read_model import AnyReadModel, Folded
from projections.runner import Runner
from tests.histories import histories
from tests.notation import cancelled, deal, recorded, reference_price, rejected
from tests.raw_events import raw

EVENTS: list[Event] = [
    *(deal(f"anna buys {n} MW 08-09 at 40", deal_id=str(n)) for n in range(1, 8)),
    reference_price("08-09 at 28"),
    rejected(b"{"),
    cancelled(deal("anna buys 1 MW 08-09 at 40"), replaces=1),
]
TABLES = [model.table for model in READ_MODELS]


def rows_in(url: str, model: AnyReadModel) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        columns = SQL(", ").join(Identifier(name) for name in model.columns)
        key = SQL(", ").join(Identifier(name) for name in model.key)
        query = SQL("SELECT {} FROM read_models.{} ORDER BY {}").format(columns, Identifier(model.table), key)
        return connection.execute(query).fetchall()


def folded(model: AnyReadModel, log: Sequence[Recorded]) -> list[tuple[Any, ...]]:
    rows = [tuple(getattr(row, name) for name in model.columns) for row in model.fold(log)]
    return sorted(rows, key=lambda row: tuple(row[model.columns.index(name)] for name in model.key))


def assert_tables_are_the_fold(url: str, log: Sequence[Recorded]) -> None:
    for model in READ_MODELS:
        assert rows_in(url, model) == folded(model, log), model.name


def fold_all(page: Sequence[Recorded]) -> Folded:
    return [(model, model.fold(page)) for model in READ_MODELS]


def record(url: str, events: Sequence[Event]) -> None:
    install(url, READ_MODELS)
    recorder = open_recorder(url)
    recorder.append(events)
    recorder.datastore.close()


async def log_of(url: str) -> Sequence[Recorded]:
    async with LogPages(url) as pages:
        return await pages.page(0, 1_000_000)


@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@given(log=histories(), cuts=st.lists(st.integers(1, 12), max_size=20))
def test_rows_after_any_pages_are_the_fold_of_all_events(database: str, log: list[Recorded], cuts: list[int]) -> None:
    install(database, READ_MODELS)
    with psycopg.connect(database) as connection:
        for table in TABLES:
            connection.execute(SQL("TRUNCATE read_models.{}").format(Identifier(table)))
        connection.execute("UPDATE read_models.checkpoints SET position = 0")

    async def apply() -> None:
        async with ReadTables(database) as tables:
            position = 0
            for size in [*cuts, len(log)]:
                page = log[position : position + size]
                if page:
                    folded = tables.fold(raw(page), READ_MODELS) if size % 2 else fold_all(page)
                    await tables.apply(folded, position, page[-1].position)
                    position = page[-1].position
            assert await tables.checkpoints() == dict.fromkeys(TABLES, position)

    asyncio.run(apply())
    assert_tables_are_the_fold(database, log)


async def test_the_runner_brings_every_table_to_the_head(database: str) -> None:
    record(database, EVENTS)
    async with LogPages(database) as pages, ReadTables(database) as tables:
        runner = Runner(pages, tables, READ_MODELS)
        assert await runner.step() == len(EVENTS)
        assert await runner.step() == 0
    assert_tables_are_the_fold(database, await log_of(database))


async def test_read_models_that_are_further_on_are_met_and_all_go_on_together(database: str) -> None:
    record(database, EVENTS)
    async with LogPages(database) as pages, ReadTables(database) as tables:
        await Runner(pages, tables, READ_MODELS[:2]).step()
        runner = Runner(pages, tables, READ_MODELS)
        assert await runner.step() == len(EVENTS)
        record(database, [deal("ben sells 1 MW 08-09 at 1", deal_id="99")])
        assert await runner.step() == 1
    assert_tables_are_the_fold(database, await log_of(database))


async def test_of_two_runners_one_is_fenced_and_nothing_is_applied_twice(database: str) -> None:
    record(database, EVENTS)
    log = await log_of(database)
    async with ReadTables(database) as one, ReadTables(database) as other:
        outcomes = await asyncio.gather(
            one.apply(fold_all(log), 0, len(log)), other.apply(fold_all(log), 0, len(log)), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes if outcome is not None] == [FencedError]
        with pytest.raises(FencedError):
            await one.apply(fold_all(log), 0, len(log))
        assert await other.checkpoints() == dict.fromkeys(TABLES, len(log))
    assert_tables_are_the_fold(database, log)


async def test_a_runner_that_was_fenced_goes_on_from_where_the_other_is(database: str) -> None:
    record(database, EVENTS)
    log = await log_of(database)
    async with ReadTables(database) as tables, LogPages(database) as pages:
        await tables.apply(fold_all(log[:3]), 0, 3)
        with pytest.raises(FencedError):
            await tables.apply(fold_all(log[:5]), 0, 5)
        assert await Runner(pages, tables, READ_MODELS).step() == len(log) - 3
    assert_tables_are_the_fold(database, log)


async def test_a_table_that_is_not_there_fences_too_and_the_others_stay(database: str) -> None:
    install(database, READ_MODELS)
    log = recorded(EVENTS)
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM read_models.checkpoints WHERE table_name = %s", (TABLES[-1],))
    async with ReadTables(database) as tables:
        with pytest.raises(FencedError):
            await tables.apply(fold_all(log), 0, len(log))
    assert_tables_are_the_fold(database, [])


async def test_texts_with_signs_that_mean_something_to_the_database_stay_as_they_are(database: str) -> None:
    install(database, READ_MODELS)
    log = recorded(deal("anna buys 10 MW 08-09 at 40", deal_id=odd) for odd in ("\\N", "a\\tb", "a\tb\nc\rd", "\\."))
    async with ReadTables(database) as tables:
        await tables.apply(fold_all(log), 0, len(log))
    assert_tables_are_the_fold(database, log)


async def test_a_page_that_cannot_be_applied_leaves_no_trace_and_the_tables_usable(database: str) -> None:
    install(database, READ_MODELS)
    log = recorded(EVENTS)
    poison = recorded([rejected(b"{", reason="a\0b")])
    async with ReadTables(database) as tables:
        with pytest.raises(psycopg.Error):
            await tables.apply(fold_all(poison), 0, 1)
        assert await tables.checkpoints() == dict.fromkeys(TABLES, 0)
        await tables.apply(fold_all(log), 0, len(log))
    assert_tables_are_the_fold(database, log)


async def test_a_hole_in_the_log_halts_the_runner_before_it_applies_anything(database: str) -> None:
    record(database, EVENTS)
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM wattbook.events WHERE notification_id = 3")
    async with LogPages(database) as pages, ReadTables(database) as tables:
        with pytest.raises(LogDamagedError, match="position 3"):
            await Runner(pages, tables, READ_MODELS).run(asyncio.Event())
        assert await tables.checkpoints() == dict.fromkeys(TABLES, 0)
    assert_tables_are_the_fold(database, [])


async def test_the_tables_are_opened_again_after_their_connection_was_killed(database: str) -> None:
    record(database, EVENTS)
    log = await log_of(database)
    async with ReadTables(database) as tables:
        await tables.apply(fold_all(log[:3]), 0, 3)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(psycopg.OperationalError):
            await tables.apply(fold_all(log[3:]), 3, len(log))
        await tables.apply(fold_all(log[3:]), 3, len(log))
    assert_tables_are_the_fold(database, log)
