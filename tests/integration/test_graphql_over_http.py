"""Does the API keep to HTTP: statuses, limits, readiness, headers, and no word too many about failures?"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from graphql import get_introspection_query

from tests.desk import Api, Desk, desk, serving, settings_for
from tests.notation import connected, deal, reference_price
from wattbook.serve import serve


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(
            connected("exchange/1", "06:00:00"),
            deal("anna buys 10 MW 08-09 at 20", deal_id="1"),
            deal("anna sells 4 MW 08-09 at 25", deal_id="2"),
            deal("anna buys 10 MW 08-09 at 30", deal_id="3"),
            deal("bob sells 1 MW 09-10 at 3", deal_id="4"),
            reference_price("08-09 at 28"),
        )
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path, ["ws://127.0.0.1:1/a", "ws://127.0.0.1:1/b"])) as served:
        yield served


@pytest.mark.parametrize(
    "query",
    [
        "{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }",
        '{ __type(name: "Query") ' + "{ ofType " * 20 + "{ name }" + " }" * 20 + " }",
        "{ " + "__typename " * 2001 + " }",
        "{ viewer " * 600 + "}" * 600,
    ],
)
async def test_what_asks_for_too_much_exceeds_a_limit(api: Api, query: str) -> None:
    answer = await api.asks(query)
    assert {error["extensions"]["code"] for error in answer["errors"]} >= {"LIMIT_EXCEEDED"}


async def test_the_standard_introspection_query_is_answered(api: Api) -> None:
    answer = await api.data(get_introspection_query(one_of=True, specified_by_url=True, input_value_deprecation=True))
    assert answer["__schema"]["queryType"]["name"] == "Query"


async def test_a_failure_of_ours_shows_no_more_than_a_request_id(trading: Desk, api: Api) -> None:
    trading.recorder.datastore.close()
    with psycopg.connect(trading.url) as connection:
        connection.execute("ALTER TABLE read_models.deals_v1 RENAME TO lost")
    answer = await api.asks("{ deals { edges { cursor } } }")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] in error["message"]
    assert "deals_v1" not in json.dumps(answer)


async def test_a_failure_before_an_operation_runs_is_hidden_just_the_same(trading: Desk, api: Api) -> None:
    with psycopg.connect(trading.url) as connection:
        connection.execute("ALTER TABLE wattbook.log_head RENAME TO lost")
    status, _, answer = await post(api, b'{"query": "{ traders }"}')
    assert status == 500
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "log_head" not in json.dumps(answer)


async def test_failures_of_ours_are_counted_apart_from_what_we_refuse(trading: Desk, api: Api) -> None:
    assert (await post(api, b"{"))[0] == 400
    with psycopg.connect(trading.url) as connection:
        connection.execute("ALTER TABLE wattbook.log_head RENAME TO lost")
    assert (await post(api, b'{"query": "{ traders }"}'))[0] == 500
    async with api.session.get(f"{api.address}/metrics") as response:
        metrics = await response.text()
    for outcome in ("refused", "error"):
        assert f'wattbook_graphql_duration_seconds_count{{outcome="{outcome}",type="query"}} 1.0' in metrics


async def post(api: Api, body: bytes, **headers: str) -> tuple[int, str, Any]:
    """Return status, media type and JSON of the answer to any body."""
    given = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with api.session.post(f"{api.address}/graphql", data=body, headers=given) as response:
        return response.status, response.content_type, json.loads(await response.read())


GRAPHQL = "application/graphql-response+json"


async def test_statuses_are_those_of_graphql_over_http(api: Api) -> None:
    fine, broken, unknown = (
        json.dumps({"query": query}).encode() for query in ("{ viewer { name } }", "{", "{ nothing }")
    )
    assert (await post(api, fine))[:2] == (200, "application/json")
    assert (await post(api, fine, accept=GRAPHQL))[:2] == (200, GRAPHQL)
    assert (await post(api, fine, accept="*/*"))[:2] == (200, "application/json")
    assert (await post(api, fine, accept=f"{GRAPHQL}; charset=utf-8, application/json; q=0.9"))[1] == GRAPHQL
    for wrong in (broken, unknown):
        assert (await post(api, wrong))[0] == 200
        status, media, answer = await post(api, wrong, accept=GRAPHQL)
        assert (status, media) == (400, GRAPHQL)
        assert "data" not in answer
    forbidden = json.dumps({"query": '{ performance(deliveryDay: "2023-02-06") { openRejections } }'}).encode()
    status, _, answer = await post(api, forbidden, accept=GRAPHQL, x_wattbook_user="anna")
    assert (status, answer["data"]) == (200, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'[{"query": "{ viewer { name } }"}]', 400),
        (b'"text"', 400),
        (b"{}", 400),
        (b'{"query": ""}', 400),
        (b'{"query": 1}', 400),
        (b'{"query": "{ traders }", "variables": []}', 400),
        (b'{"query": "{ traders }", "operationName": 1}', 400),
        (b'{"query": "{ traders }", "extensions": "x"}', 400),
        (b'{"query": "\xff"}', 400),
        (b"[" * 60_000, 400),
        (b'{"query": "{ traders }' + b" " * 65_536 + b'"}', 413),
    ],
)
async def test_a_body_that_is_no_operation_is_refused(api: Api, body: bytes, status: int) -> None:
    found, _, answer = await post(api, body)
    assert found == status
    assert answer["errors"][0]["extensions"]["code"] == ("LIMIT_EXCEEDED" if status == 413 else "BAD_USER_INPUT")


async def test_only_json_posts_are_taken(api: Api) -> None:
    body = b'{"query": "{ viewer { name } }"}'
    assert (await post(api, body, content_type="text/plain"))[0] == 415
    assert (await post(api, body, content_type="application/json; charset=latin-1"))[0] == 415
    assert (await post(api, body, content_type="application/json; charset=utf-8"))[0] == 200
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        async with api.session.request(method, f"{api.address}/graphql?query={{viewer{{name}}}}") as response:
            assert (response.status, response.headers["allow"]) == (405, "POST")


async def test_it_is_ready_while_the_database_answers_and_the_figures_are_current(trading: Desk, api: Api) -> None:
    async with api.session.get(f"{api.address}/readyz") as response:
        assert response.status == 200
        assert [check["ok"] for check in await response.json()] == [True, True]
    trading.records(deal("anna buys 1 MW 10-11 at 1", deal_id="old"))
    with psycopg.connect(trading.url) as connection:
        connection.execute("ALTER TABLE wattbook.events DISABLE TRIGGER USER")
        connection.execute("UPDATE wattbook.events SET recorded_at = now() - interval '6 s' WHERE notification_id = 7")
    async with api.session.get(f"{api.address}/readyz") as response:
        assert response.status == 503
        assert [check["ok"] for check in await response.json()] == [True, False]
    async with api.session.get(f"{api.address}/livez") as response:
        assert response.status == 200


async def test_metrics_are_shown(api: Api) -> None:
    await api.data("{ viewer { name } }")
    async with api.session.get(f"{api.address}/metrics") as response:
        text = await response.text()
    for name in (
        "wattbook_log_position", "wattbook_projection_position", "wattbook_subscriptions",
        "wattbook_graphql_duration_seconds_count",
    ):  # fmt: skip
        assert name in text


async def test_pages_may_load_from_here_only(api: Api) -> None:
    for path in ("/", "/deals", "/graphiql", "/livez"):
        async with api.session.get(api.address + path) as response:
            policy = response.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert ("unsafe-inline" in policy) == (path == "/graphiql")
            assert response.headers["x-content-type-options"] == "nosniff"
    async with api.session.get(f"{api.address}/assets/../../app.py") as response:
        assert "build_app" not in await response.text()


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:8000", "10.0.0.1", "", "[::"])
async def test_names_that_are_not_this_machines_are_refused(api: Api, host: str) -> None:
    async with api.session.get(f"{api.address}/livez", headers={"Host": host}) as response:
        assert response.status in (400, 421)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await api.session.ws_connect(f"{api.address}/graphql", headers={"Host": host})


async def test_this_machine_has_several_names(api: Api) -> None:
    for host in ("localhost:5173", "wattbook.localhost", "[::1]:80", "127.0.0.2"):
        async with api.session.get(f"{api.address}/livez", headers={"Host": host}) as response:
            assert response.status == 200


async def test_a_port_in_use_is_told_and_not_taken(trading: Desk, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settings_for(tmp_path, port=taken.getsockname()[1])
        assert await serve(settings, trading.url, asyncio.Event()) == 3
