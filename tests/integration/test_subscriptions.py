"""Do subscribers hear of every change in time, and each only what is his to hear?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from tests.desk import Api, Desk, desk, serving, settings_for
from tests.notation import DAY, connected, deal, lost, reference_price, rejected
from tests.subscribers import DEALS, HEALTH, PERFORMANCE, bought, changes, subscriptions
from tests.waiting import eventually


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(deal("anna buys 10 MW 08-09 at 20", deal_id="first"))
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a"])) as served:
        yield served


async def test_a_performance_comes_now_and_after_each_change_that_concerns_it(trading: Desk, api: Api) -> None:
    async with api.follows() as opened:
        socket = await opened.begins()
        await socket.subscribes(PERFORMANCE, trader="anna", day="2023-02-06")
        assert (await socket.next())["performanceChanged"]["total"]["dealCount"] == 1
        await trading.knows(
            bought(1, "bob"), deal("anna buys 1 MW 08-09 at 1", deal_id="later", day=DAY.replace(day=7))
        )
        await trading.knows(bought(2))
        changed = (await socket.next())["performanceChanged"]
        assert (changed["total"]["dealCount"], changed["knowledge"]["position"]) == (2, "4")
        await trading.knows(reference_price("08-09 at 3"))
        assert (await socket.next())["performanceChanged"]["knowledge"]["position"] == "5"
        await trading.knows(rejected(b"nonsense"))
        assert (await socket.next())["performanceChanged"]["openRejections"] == 1
        await trading.knows(connected("exchange/1", "06:00:00"))
        assert (await socket.next())["performanceChanged"]["knowledge"]["position"] == "7"


async def test_of_a_burst_the_last_state_comes_and_few_before_it(trading: Desk, api: Api) -> None:
    async with api.follows() as opened:
        socket = await opened.begins()
        await socket.subscribes(PERFORMANCE, day="2023-02-06")
        for number in range(300):
            await trading.knows(bought(number))
        counts = await changes(socket, 301)
        assert counts == sorted(set(counts))
        assert len(counts) < 100


async def test_the_same_view_is_computed_once_for_all_who_watch_it(trading: Desk, api: Api) -> None:
    async with api.follows() as one, api.follows("analyst") as two, api.follows() as three:
        sockets = [await each.begins() for each in (one, two, three)]
        for socket in sockets:
            await socket.subscribes(PERFORMANCE, trader="anna", day="2023-02-06")
            await socket.next()
        async with api.session.get(f"{api.address}/metrics") as response:
            assert "wattbook_views_computed_total 1.0" in await response.text()
        await trading.knows(bought(1))
        answers = [await socket.next() for socket in sockets]
        assert answers[0] == answers[1] == answers[2]


async def test_every_deal_after_a_position_comes_in_order_and_none_is_skipped(trading: Desk, api: Api) -> None:
    await trading.knows(*(bought(number) for number in range(1200)))
    async with api.follows() as opened:
        socket = await opened.begins()
        await socket.subscribes(DEALS, after="0")
        going_on = asyncio.create_task(trading.knows(*(bought(number) for number in range(1200, 1300))))
        positions = [(await socket.next())["dealsRecorded"]["position"] for _ in range(1301)]
        assert positions == [str(number) for number in range(1, 1302)]
        await going_on


async def test_deals_without_a_position_begin_now(trading: Desk, api: Api) -> None:
    async with api.follows() as opened:
        socket = await opened.begins()
        await socket.subscribes(DEALS)
        await eventually(lambda: _has_subscriptions(api, 1))
        await trading.knows(reference_price("08-09 at 1"), bought(1), bought(2, "bob"))
        assert [(await socket.next())["dealsRecorded"]["dealId"] for _ in range(2)] == ["anna-1", "bob-2"]


async def _has_subscriptions(api: Api, number: int) -> bool:
    return await subscriptions(api) == number


async def test_a_trader_follows_own_deals_only(trading: Desk, api: Api) -> None:
    async with api.follows("bob") as opened:
        socket = await opened.begins()
        await socket.subscribes(DEALS, after="0")
        await trading.knows(bought(1), bought(2, "bob"))
        assert (await socket.next())["dealsRecorded"]["dealId"] == "bob-2"
        for number, (query, variables) in enumerate(
            [
                (DEALS, {"trader": "anna"}),
                (PERFORMANCE, {"trader": "anna", "day": "2023-02-06"}),
                (PERFORMANCE, {"day": "2023-02-06"}),
            ],
            start=2,
        ):
            await socket.subscribes(query, str(number), **variables)
            message = await socket.hears()
            assert (message["type"], message["id"]) == ("error", str(number))
            assert message["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_health_beats_with_the_servers_clock_and_tells_of_lost_lines_at_once(trading: Desk, api: Api) -> None:
    line = connected("exchange/1", "06:00:00")
    async with api.follows() as opened:
        socket = await opened.begins()
        await socket.subscribes(HEALTH)
        first = (await socket.next())["health"]
        assert first["feeds"] == [{"name": "exchange/1", "state": "NEVER_CONNECTED"}]
        assert (first["logPosition"], first["projectionPosition"]) == ("1", "1")
        await trading.knows(line)
        assert (await socket.next())["health"]["feeds"][0]["state"] == "CONNECTED"
        await trading.knows(lost(line, "07:00:00"))
        assert (await socket.next())["health"]["feeds"][0]["state"] == "DISCONNECTED"
        beats = [datetime.fromisoformat((await socket.next())["health"]["serverTime"]) for _ in range(2)]
        assert beats[0] < beats[1]


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("subscription { nothing }", {}, "BAD_USER_INPUT"),
        ("subscription {", {}, "BAD_USER_INPUT"),
        (DEALS, {"after": "99"}, "BAD_USER_INPUT"),
        (DEALS, {"after": "x"}, "BAD_USER_INPUT"),
        (PERFORMANCE, {}, "BAD_USER_INPUT"),
        (PERFORMANCE, {"day": "2023-13-01"}, "BAD_USER_INPUT"),
        ("subscription { health { " + " ".join(f"a{n}: serverTime" for n in range(31)) + " } }", {}, "LIMIT_EXCEEDED"),
    ],
)
async def test_an_operation_that_cannot_start_says_why_and_harms_no_other(
    api: Api, query: str, variables: dict[str, str], code: str
) -> None:
    async with api.follows() as opened:
        socket = await opened.begins()
        await socket.subscribes(query, "bad", **variables)
        message = await socket.hears()
        assert (message["type"], message["id"]) == ("error", "bad")
        assert code in {error["extensions"]["code"] for error in message["payload"]}
        await socket.subscribes("{ viewer { name } }", "good")
        assert (await socket.next())["viewer"]["name"] == "desk"
        assert await socket.hears() == {"id": "good", "type": "complete"}


async def test_changes_are_heard_again_after_the_database_dropped_every_connection(trading: Desk, api: Api) -> None:
    async with api.follows() as opened:
        socket = await opened.begins()
        await socket.subscribes(PERFORMANCE, day="2023-02-06")
        await socket.next()
        with psycopg.connect(trading.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query LIKE '%checkpoints%table_name = ANY%')"
            )
            known = connection.execute("SELECT position FROM wattbook.log_head").fetchone()
        assert known == (1,)
        trading.records(bought(1))
        await trading.projects()
        assert (await changes(socket, 2))[-1] == 2
