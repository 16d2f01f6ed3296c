"""The client asks exactly once, whatever the provider does, and hands over what came."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from adapters.market_data.answers import LONGEST_ANSWER
from adapters.market_data.client import ProviderAnswer, open_market_data
from domain.errors import ProviderUnreachableError
from domain.periods import parse_period
from tests.scripted_provider import ScriptedProvider, drop, half, scripted_provider
from tests.waiting import eventually

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2023, 2, 6, 11, tzinfo=UTC)
HOUR = parse_period(date(2023, 2, 6), "12-13", BERLIN)
DOUBLED = parse_period(date(2023, 10, 29), "02:15-02:30B", BERLIN)


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with scripted_provider() as scripted:
        yield scripted


async def ask(base_url: str, answer_within_s: float = 10) -> ProviderAnswer:
    async with open_market_data(base_url, lambda: NOON, answer_within_s=answer_within_s) as client:
        return await client.ask(HOUR)


@pytest.mark.parametrize("ending", ["", "/"])
async def test_a_period_is_asked_by_day_and_canonical_label(provider: ScriptedProvider, ending: str) -> None:
    provider.answers(b'{"value": 1}')
    async with open_market_data(provider.base_url + ending, lambda: NOON) as client:
        answer = await client.ask(DOUBLED)
    assert provider.seen == [("/v1/reference-price", {"delivery_day": "2023-10-29", "delivery_hour": "02:15-02:30B"})]
    assert answer == ProviderAnswer(200, b'{"value": 1}', NOON, None, None)


@pytest.mark.parametrize("ending", ["?key=1&sign=a%2Bb&empty=", "/?key=1&sign=a%2Bb&empty="])
async def test_a_query_of_the_base_url_goes_with_every_request(provider: ScriptedProvider, ending: str) -> None:
    provider.answers()
    for _ in range(2):
        await ask(provider.base_url + ending)
    asked = {"delivery_day": "2023-02-06", "delivery_hour": "12-13"}
    assert provider.seen == [("/v1/reference-price", {"key": "1", "sign": "a+b", "empty": "", **asked})] * 2


@pytest.mark.parametrize("status", [200, 404, 429, 500, 503])
async def test_every_status_is_handed_over_with_its_body(provider: ScriptedProvider, status: int) -> None:
    provider.answers(b"<html>", status)
    answer = await ask(provider.base_url)
    assert (answer.status, answer.body) == (status, b"<html>")


async def test_retry_after_is_read_in_seconds(provider: ScriptedProvider) -> None:
    provider.answers(status=429, Retry_After="17")
    assert (await ask(provider.base_url)).retry_after_s == 17


async def test_retry_after_as_a_date_counts_by_the_providers_own_clock(provider: ScriptedProvider) -> None:
    provider.answers(status=503, Retry_After="Tue, 07 Feb 2040 11:02:00 GMT", Date="Tue, 07 Feb 2040 11:00:00 GMT")
    assert (await ask(provider.base_url)).retry_after_s == 120


async def test_a_redirect_is_told_and_not_followed(provider: ScriptedProvider) -> None:
    provider.answers(status=302, Location="http://elsewhere.invalid/v2")
    answer = await ask(provider.base_url)
    assert (answer.status, answer.location) == (302, "http://elsewhere.invalid/v2")
    assert len(provider.seen) == 1


async def test_a_long_body_is_cut_just_past_what_is_read(provider: ScriptedProvider) -> None:
    provider.answers(b"x" * 5_000_000)
    assert len((await ask(provider.base_url)).body) == LONGEST_ANSWER + 1


async def test_a_packed_body_is_cut_after_unpacking(provider: ScriptedProvider) -> None:
    provider.answers(gzip.compress(b"x" * 20_000_000), Content_Encoding="gzip")
    assert len((await ask(provider.base_url)).body) == LONGEST_ANSWER + 1


async def test_a_late_answer_is_waited_for_and_a_too_late_one_is_not(provider: ScriptedProvider) -> None:
    released = asyncio.Event()

    async def wait(_: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response(body=b"late")

    provider.handler = wait
    with pytest.raises(ProviderUnreachableError, match="in time"):
        await ask(provider.base_url, answer_within_s=0.1)
    late = asyncio.create_task(ask(provider.base_url))
    await eventually(lambda: len(provider.seen) == 2)
    released.set()
    assert (await late).body == b"late"


async def test_a_connection_lost_before_the_answer_is_not_tried_again(provider: ScriptedProvider) -> None:
    provider.handler = drop
    with pytest.raises(ProviderUnreachableError):
        await ask(provider.base_url)
    assert len(provider.seen) == 1


async def test_half_an_answer_is_none(provider: ScriptedProvider) -> None:
    provider.handler = half
    with pytest.raises(ProviderUnreachableError, match="no whole answer"):
        await ask(provider.base_url)
    assert len(provider.seen) == 1


async def test_nobody_there_is_said_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ProviderUnreachableError, match=r"127\.0\.0\.1"):
        await ask(f"http://127.0.0.1:{port}/v1")


async def test_what_is_no_http_is_said_so() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\x00\xffhello\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProviderUnreachableError):
            await ask(f"http://127.0.0.1:{port}/v1")


async def test_a_proxy_in_the_environment_is_not_used(
    provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    provider.answers(b"direct")
    assert (await ask(provider.base_url)).body == b"direct"
