"""Whoever is started first waits: the roles for a database that is still starting, or not promoted yet."""

import asyncio
from pathlib import Path

import pytest

from adapters.postgres.installation import install
from projections import READ_MODELS
from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange
from tests.end_to_end.processes import Wattbook
from tests.end_to_end.stream import deal_stream
from tests.servers import control, server_of_its_own

STARTING = "-c hot_standby=off"
"""A server in recovery that answers as one does that is starting: SQLSTATE 57P03."""

READ_ONLY = "-c hot_standby=on"


@pytest.mark.parametrize(
    ("state", "commands", "waiting"),
    [
        (STARTING, ("record", "project", "serve"), ("record", "project", "serve")),
        (READ_ONLY, ("record", "project", "serve"), ("record",)),
        (STARTING, ("run",), ("run",)),
    ],
)
async def test_roles_that_are_started_before_the_database_wait_for_it_and_say_so(
    tmp_path: Path, exchange: Exchange, state: str, commands: tuple[str, ...], waiting: tuple[str, ...]
) -> None:
    with server_of_its_own() as server:
        url = server.get_uri()
        install(url, READ_MODELS)
        await asyncio.to_thread(control, server, "stop")
        (server.pgdata / "standby.signal").touch()
        await asyncio.to_thread(control, server, "start", "-o", f'-h "" -k {server.pgdata} {state}')
        with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=url) as wattbook:
            roles = {command: wattbook.start(command) for command in commands}
            if "run" not in roles:
                wattbook.start("receive")
            for command in waiting:
                await wattbook.until(lambda: "the database is not ready yet" in roles[command].text())  # noqa: B023
            await asyncio.to_thread(control, server, "promote")
            await wattbook.until(Client(wattbook.url).ready)
            await wattbook.until(exchange.listening)
            async with deal_stream(exchange, 3) as stream:
                await stream.more(20)

            async def all_recorded() -> bool:
                return len(await Client(wattbook.url).deals()) == len(stream.spoken)

            await wattbook.until(all_recorded)
            assert all(role.running for role in roles.values())
            told = roles[waiting[0]].text()
            assert told.count("the database is not ready yet") == told.count("the database is ready") == 1


async def test_a_server_that_refuses_the_user_is_not_waited_for(tmp_path: Path) -> None:
    with server_of_its_own() as server, Wattbook(tmp_path) as wattbook:
        ran = await wattbook.command("record", database_url=server.get_uri().replace("postgres:", "nobody:", 1))
    assert (ran.code, ran.out) == (3, b""), ran
    assert "nobody" in ran.err
    assert "not ready yet" not in ran.err
