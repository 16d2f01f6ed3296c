"""No process can be started any more: the roles that run go on, and the others are back as soon as there is room."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange
from tests.end_to_end.processes import Role, Wattbook
from tests.end_to_end.stream import deal_stream

SEED = 5


async def test_a_role_that_cannot_be_started_ends_no_other_and_is_tried_until_it_can(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        everything = wattbook.start("run")
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        await wattbook.until(desk.ready)
        before = wattbook.role_processes()
        sessions = len(exchange.sessions)
        async with deal_stream(exchange, SEED) as stream:
            await stream.more(50)
            with _no_descriptor_left(everything):
                for role in ("record", "project"):
                    os.kill(before[role], signal.SIGKILL)
                    await wattbook.until(lambda: everything.text().count(f"{role} cannot be started: ") > 1)  # noqa: B023
                everything.process.send_signal(signal.SIGHUP)
                await wattbook.until(lambda: everything.text().count("the process before goes on") == 2)
                await stream.more(50)
                kept = {"receive": before["receive"], "serve": before["serve"]}
                assert wattbook.role_processes() == kept
            await stream.more(50)

        async def all_recorded() -> bool:
            return await desk.ready() and len(await desk.deals()) >= len(stream.spoken)

        await wattbook.until(all_recorded)
        assert sorted(deal["dealId"] for deal in await desk.deals()) == sorted(str(n) for n, *_ in stream.identities)
        assert len(exchange.sessions) == sessions, "no line was opened or lost"
        assert await everything.end() == 0
        await wattbook.until(lambda: not wattbook.processes())


@contextmanager
def _no_descriptor_left(run: Role) -> Iterator[None]:
    """Let the process open nothing more, not even the pipe to a new child."""
    pid = run.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
