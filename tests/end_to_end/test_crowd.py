"""A crowd that asks at once, ahead of the read models, is answered as soon as they have caught up."""

import asyncio
import os
import signal
from pathlib import Path

from tests.end_to_end.client import Client, Json
from tests.end_to_end.documents import PERFORMANCE
from tests.end_to_end.lines import Exchange, confirmation
from tests.end_to_end.processes import ROLES, Wattbook

CROWD = 60
DEALS = 5


async def test_a_crowd_that_asks_for_a_position_just_recorded_is_answered(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        for role in ROLES:
            wattbook.start(role)
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        await wattbook.until(desk.ready)
        projector = wattbook.roles[ROLES.index("project")].process.pid
        os.kill(projector, signal.SIGSTOP)
        for number in range(DEALS):
            await exchange.say(confirmation(id=number))
        recorded: list[Json] = []

        async def are_recorded() -> bool:
            recorded[:] = await desk.events(filter={"types": ["deal.confirmed.v1"]})
            return len(recorded) == DEALS

        await wattbook.until(are_recorded)
        last = recorded[-1]
        moments = ({"position": last["position"]}, {"recordedAt": last["recordedAt"]})
        # Different days, so that no answer can be shared.
        asking = [
            asyncio.create_task(
                desk.post(PERFORMANCE, day=f"2023-02-{number % 28 + 1:02}", asOf=moments[number % len(moments)])
            )
            for number in range(CROWD)
        ]
        await wattbook.until(lambda: wattbook.roles[ROLES.index("serve")].callers() >= CROWD)
        for _ in range(CROWD):
            # Whoever came before these was let in before them.
            assert await desk.ready()
        os.kill(projector, signal.SIGCONT)
        async with wattbook.patience():
            answers = await asyncio.gather(*asking)
        assert [answer["errors"] for answer in answers if "errors" in answer] == []
        assert {answer["data"]["performance"]["knowledge"]["position"] for answer in answers} == {last["position"]}
