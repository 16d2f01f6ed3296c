"""How does a test rebuild read models, and look at the tables that there are then?"""

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from domain.events import Event
from projections import READ_MODELS
from projections.read_model import AnyReadModel
from tests.desk import Desk
from tests.notation import deal
from wattbook.rebuild import rebuild, roll_back
from wattbook.verify import verified_log

TABLES = {model.table for model in READ_MODELS}

REBUILD = "rebuild(sys.argv[1], READ_MODELS, stretch=60)"
ROLL_BACK = "roll_back(sys.argv[1], READ_MODELS, all_of_them=True)"
_ALONE = "import sys; from projections import READ_MODELS; from wattbook.rebuild import rebuild, roll_back;sys.exit({})"

numbers = itertools.count()


def many_deals(count: int) -> list[Event]:
    return [deal("anna buys 1 MW 08-09 at 1", deal_id=f"many {next(numbers)}") for _ in range(count)]


async def rebuilds(
    desk: Desk, models: Sequence[AnyReadModel] = READ_MODELS, *, accept: bool = False, stretch: int = 1_000
) -> int:
    return await asyncio.to_thread(rebuild, desk.url, models, accept=accept, stretch=stretch)


async def rolls_back(desk: Desk, *models: AnyReadModel, accept: bool = False) -> int:
    return await asyncio.to_thread(roll_back, desk.url, models or READ_MODELS, all_of_them=not models, accept=accept)


def begun_alone(url: str, what: str = REBUILD) -> "subprocess.Popen[bytes]":
    """Start a rebuild by several processes, or a roll back, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", _ALONE.format(what), url],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def done(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def tables(url: str) -> set[str]:
    """Return the read models' tables that hold rows or might: those in use, and any other."""
    rows = asked(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'read_models'")
    return {name for (name,) in rows} - {"checkpoints", "joined"}


def identity(url: str, table: str) -> int:
    ((oid,),) = asked(url, f"SELECT 'read_models.{table}'::regclass::oid::bigint")
    return int(oid)


def structure(url: str) -> list[tuple[Any, ...]]:
    return asked(
        url,
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'read_models'"
        r" AND tablename ~ '_v\d+$' ORDER BY 1, 2",
    )


def is_well(url: str) -> bool:
    return not verified_log(url).findings
