"""Every command does what its help says, and says in one sentence and one exit code what is wrong."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange, confirmation, exchange_lines
from tests.end_to_end.processes import ROLES, Ran, Wattbook, free_port

ROOT = Path(__file__).parents[2]
HEALTH = {
    "serverTime",
    "feeds",
    "logPosition",
    "projectionPosition",
    "referencePriceFetchedAt",
    "openRejections",
    "completeUpTo",
    "untoldOutages",
    "warnings",
}
DAY = "2023-02-06"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Desk:
    """An installation with one deal, all of whose roles run."""

    wattbook: Wattbook
    client: Client
    exchange: Exchange

    async def command(self, *arguments: str, **settings: str) -> Ran:
        return await self.wattbook.command(*arguments, **settings)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory, module_database: str) -> AsyncIterator[Desk]:
    async with exchange_lines() as exchange:
        folder = tmp_path_factory.mktemp("commands")
        with Wattbook(folder, exchange_urls=exchange.urls(), database_url=module_database) as wattbook:
            for role in ROLES:
                wattbook.start(role)
            client = Client(wattbook.url)
            await wattbook.until(exchange.listening)
            await wattbook.until(client.ready)
            await exchange.say(confirmation())
            await exchange.say("no deal")

            async def are_recorded() -> bool:
                performance = await client.performance("trader_1", DAY)
                return bool(performance["total"]["dealCount"] and performance["openRejections"])

            await wattbook.until(are_recorded)
            yield Desk(wattbook, client, exchange)


@pytest.mark.parametrize("role", ["run", *ROLES, "report --day 2023-02-06", "status", "import x.csv", "database"])
async def test_all_problems_of_the_settings_are_named_at_once(desk: Desk, role: str) -> None:
    settings = {
        "exchange_urls": "http://exchange.example",
        "exchange_name": "two words",
        "market_data_url": "ftp://prices.example",
        "market_data_limits": "50 a minute",
        "market_data_refresh": "0",
        "database_url": "mysql://wrong",
        "timezone": "Mars/Olympus",
        "port": "eighty",
        "auth": "none",
        "exchange_url": "ws://a-slip-of-the-name",
    }
    ran = await desk.command(*role.split(), **settings)
    assert (ran.code, ran.out) == (2, b""), ran
    assert [name for name in settings if not re.search(rf"WATTBOOK_{name.upper()}\b", ran.err)] == []
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        "", "dance", "--json", "serve --port 1", "report", "report --day tomorrow", "report --day 2023-02-30",
        "report --day 2023-02-06 --position -1", "report --day 2023-02-06 --position 1e3",
        "report --day 2023-02-06 --at 2023-02-06T12:00:00",
        "report --day 2023-02-06 --position 1 --at 2023-02-06T12:00:00Z", "receive --line one", "simulate weather",
        "explain --day 2023-02-06 --from soon",
    ],
)  # fmt: skip
async def test_wrong_use_is_told_with_the_usage_and_exit_code_2(desk: Desk, arguments: str) -> None:
    ran = await desk.command(*arguments.split())
    assert ran.code == 2, ran
    assert "usage:" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        "receive --line 3", "report --day 2023-02-06 --position 999999999999",
        "replay --day 2023-02-06 --position 999999999999", "replay --report 1 --json", "replay --report 1 --trader a",
        "explain --day 2023-02-06 --from 2 --to 1", "prove --check proof.json", "prove --deal 1 --seals seals.jsonl",
        "prove --check proof.json --seals nowhere.jsonl", "verify --seals nowhere.jsonl",
        "export deals --to deals.csv --day-from 2023-02-07 --day-to 2023-02-06", "export deals --to nowhere/deals.csv",
        "export deals --to deals.csv --executed-from 2023-02-07T00:00:00Z --executed-to 2023-02-06T00:00:00Z",
        "export log --to /dev/null", "export log --to log --until 999999999999",
        "replay --from-export /dev/null --report 1",
    ],
)  # fmt: skip
async def test_what_cannot_be_there_is_wrong_use(desk: Desk, arguments: str) -> None:
    ran = await desk.command(*arguments.split())
    assert (ran.code, ran.out) == (2, b""), ran
    assert ran.err.startswith("wattbook: ")
    assert not {"Traceback", "Errno"} & set(re.findall(r"\w+", ran.err))


@pytest.mark.parametrize("arguments", ["replay --report 1", "prove --deal nobody's"])
async def test_what_is_not_there_cannot_be_proven(desk: Desk, arguments: str) -> None:
    ran = await desk.command(*arguments.split())
    assert (ran.code, ran.out) == (3, b""), ran
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("role", ["run", "receive"])
async def test_who_has_no_exchange_to_listen_to_is_told_which_setting_names_it(desk: Desk, role: str) -> None:
    ran = await desk.command(role, exchange_urls="")
    assert ran.code == 2, ran
    assert "WATTBOOK_EXCHANGE_URLS" in ran.err


async def test_a_port_that_is_taken_is_said_to_be(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = await desk.command("serve", port=str(port))
    assert ran.code == 3, ran
    assert str(port) in ran.err
    assert "in use" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments", ["record", "project", "serve", "run", "report --day 2023-02-06", "status", "database"]
)
async def test_without_a_database_nothing_that_needs_one_runs(desk: Desk, arguments: str) -> None:
    closed = f"postgresql://somebody:secret@127.0.0.1:{free_port()}/wattbook"
    ran = await desk.command(*arguments.split(), database_url=closed, port=str(free_port()))
    assert (ran.code, ran.out) == (3, b""), ran
    assert "database" in ran.err
    assert "secret" not in ran.err
    assert "Traceback" not in ran.err


async def test_a_report_says_what_the_desk_did_for_a_person_too(desk: Desk) -> None:
    whole, own, before = await asyncio.gather(
        desk.command("report", "--day", DAY),
        desk.command("report", "--day", DAY, "--trader", "trader_1"),
        desk.command("report", "--day", DAY, "--json", "--at", "2020-01-01T00:00:00Z"),
    )
    for ran in (whole, own):
        assert ran.code == 0, ran
        assert "12.300" in ran.text
        assert "-252.15" in ran.text
    assert before.code == 0, before
    early = json.loads(before.out)
    assert early["knowledge"]["position"] == "0"
    assert early["total"]["dealCount"] == 0


async def test_status_is_well_while_all_roles_run_and_names_those_that_do_not(desk: Desk) -> None:
    ran = await desk.command("status", "--json")
    health = json.loads(ran.out)
    assert (ran.code, health["ok"]) == (0, True), ran
    assert set(health) == HEALTH | {"ok"}
    assert health["openRejections"] == 1
    assert [(feed["name"], feed["state"]) for feed in health["feeds"]] == [
        ("exchange/1", "CONNECTED"),
        ("exchange/2", "CONNECTED"),
    ]
    for role in desk.wattbook.roles[1:]:
        assert await role.end() == 0
        ran = await desk.command("status", "--json")
        assert (ran.code, json.loads(ran.out)["ok"]) == (1, False), ran
        shown = await desk.command("status")
        assert shown.code == 1
        assert role.arguments[0] in shown.text
        role.start()
        if role.arguments != ("serve",):
            await desk.wattbook.until(lambda: _is_well(desk))
    await desk.wattbook.until(desk.client.ready)
    await desk.wattbook.until(lambda: _is_well(desk))


async def test_the_server_is_not_ready_while_its_figures_are_behind_the_log(desk: Desk) -> None:
    project = next(role for role in desk.wattbook.roles if role.arguments == ("project",))
    project.kill()
    await desk.exchange.say(confirmation(id="unseen"))

    async def is_behind() -> bool:
        return (await desk.client.get("/readyz"))[0] == 503

    await desk.wattbook.until(is_behind)
    _, checks = await desk.client.get("/readyz")
    assert isinstance(json.loads(checks), list)
    assert (await desk.client.get("/livez"))[0] == 200
    project.start()
    await desk.wattbook.until(desk.client.ready)


async def test_the_database_command_prints_where_the_log_is(desk: Desk) -> None:
    ran = await desk.command("database")
    assert ran.code == 0, ran
    async with await psycopg.AsyncConnection.connect(ran.text.strip()) as connection:
        cursor = await connection.execute("SELECT count(*) FROM wattbook.events WHERE topic = 'deal.confirmed.v1'")
        (number,) = await cursor.fetchone() or (0,)
    assert number >= 1


async def test_a_demo_does_not_start_on_a_log_of_real_deals(desk: Desk) -> None:
    ran = await desk.command("run", "--demo", exchange_urls="", port=str(free_port()))
    assert ran.code == 2, ran
    assert "real deals" in ran.err


async def test_every_command_and_flag_that_the_readme_names_exists(desk: Desk) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`|python -m )wattbook ((?:[a-z-]+)(?: [^`\n|#]*)?)", readme, re.MULTILINE)
    named = [words.split() for words in named if words.split()[0].isalpha()]
    commands = sorted({words[0] for words in named})
    assert {"run", "receive", "report", "status", "database", "simulate"} <= set(commands)
    helps = dict(zip(commands, await asyncio.gather(*(desk.command(c, "--help") for c in commands)), strict=True))
    for words in named:
        ran = helps[words[0]]
        assert ran.code == 0, (words, ran)
        for flag in (word for word in words if word.startswith("--")):
            assert flag.strip(";,.") in ran.text, words
    top = await desk.command("--help")
    assert top.code == 0
    assert [command for command in commands if command not in top.text] == []


async def test_every_make_target_that_the_readme_names_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, re.MULTILINE))
    assert {"run", "test"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


async def _is_well(desk: Desk) -> bool:
    return (await desk.command("status", "--json")).code == 0
