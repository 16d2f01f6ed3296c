"""Does a line that cannot be opened try on for ever, and say so once?"""

import asyncio
import logging
from random import Random

import pytest

from adapters.exchange.line import LineOptions
from tests.exchanges import RawLine, Wire, raw_exchange, stay
from tests.held_line import held
from tests.waiting import eventually


def answering(answer: bytes) -> Wire:
    async def talk(line: RawLine) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        line.writer.write(answer)
        await line.writer.drain()

    return talk


def http(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 0", *headers, "", ""]).encode()


REFUSALS = {
    "401": (http("401 Unauthorized"), "HTTP 401"),
    "403": (http("403 Forbidden"), "HTTP 403"),
    "404": (http("404 Not Found"), "HTTP 404"),
    "429": (http("429 Too Many Requests", "Retry-After: 3600"), "HTTP 429"),
    "500": (http("500 Internal Server Error"), "HTTP 500"),
    "503": (http("503 Service Unavailable"), "HTTP 503"),
    "200": (http("200 OK"), "HTTP 200"),
    "elsewhere": (
        http("302 Found", "Location: ws://other.invalid/deals"),
        "HTTP 302: a redirect to another host is refused",
    ),
    "a wrong key": (
        http("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: no"),
        "no websocket answer (InvalidHeaderValue)",
    ),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n", "no websocket answer (InvalidMessage)"),
    "nothing": (b"", "no websocket answer (InvalidMessage)"),
}


@pytest.mark.parametrize(("answer", "told"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_refused_line_is_tried_until_it_opens_and_told_once(
    answer: bytes, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "adapters.exchange.line")
    async with raw_exchange(*[answering(answer)] * 5, stay) as url, held(url) as notebook:
        await eventually(notebook.has(b"still here"))
        assert notebook.losses == []
    warnings = [record.getMessage() for record in caplog.records if record.name == "adapters.exchange.line"]
    assert warnings == [f"Line exchange/1 is down, it cannot be opened: {told}. It is tried again until it is open."]


async def test_a_redirect_within_the_host_is_followed() -> None:
    redirect = answering(http("307 Temporary Redirect", "Location: /elsewhere"))
    async with raw_exchange(redirect, stay) as url, held(url) as notebook:
        await eventually(notebook.has(b"still here"))


async def test_an_exchange_that_is_not_there_yet_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "adapters.exchange.line")
    async with raw_exchange(stay) as url:
        pass
    async with held(url) as notebook:
        await eventually(lambda: "Connection refused" in caplog.text)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await stay(RawLine(reader, writer))
            writer.close()

        host, port = url.removeprefix("ws://").removesuffix("/deals").split(":")
        async with await asyncio.start_server(answer, host, int(port)):
            await eventually(notebook.has(b"still here"))


async def test_an_address_is_never_told_since_it_may_carry_a_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "adapters.exchange.line")
    async with raw_exchange(answering(http("401 Unauthorized"))) as url:
        secret = url.replace("ws://", "ws://me:hunter2@") + "?token=hunter2"
        async with held(secret):
            await eventually(lambda: "HTTP 401" in caplog.text)
    assert "hunter2" not in caplog.text


FAILING_ADDRESSES = {
    "an unknown host": ("ws://wattbook.invalid/deals", "the host name is not known"),
    "a port without a listener": ("ws://127.0.0.1:1/deals", "Connection refused"),
}


@pytest.mark.parametrize(("url", "told"), FAILING_ADDRESSES.values(), ids=FAILING_ADDRESSES.keys())
async def test_an_address_that_cannot_be_reached_is_tried_on(
    url: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "adapters.exchange.line")
    async with held(url) as notebook:
        await eventually(lambda: told in caplog.text)
    assert notebook.noted == []


async def test_an_exchange_without_tls_is_not_taken_for_one_with_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "adapters.exchange.line")

    async def answer_in_the_open(line: RawLine) -> None:
        await line.reader.read(1)
        line.writer.write(http("400 Bad Request"))

    async with raw_exchange(answer_in_the_open) as url, held(url.replace("ws://", "wss://")) as notebook:
        await eventually(lambda: "TLS" in caplog.text)
    assert notebook.noted == []


def test_the_first_attempt_is_made_at_once_and_the_later_ones_at_growing_distances() -> None:
    options = LineOptions()
    plain = [options.delay_s(lost, Random(1)) / Random(1).uniform(0.8, 1) for lost in range(9)]
    assert plain == pytest.approx([0, 0.1, 0.25, 0.5, 1, 2, 5, 5, 5])


def test_two_lines_do_not_try_in_step() -> None:
    options = LineOptions()
    delays = {options.delay_s(6, Random(seed)) for seed in range(20)}
    assert len(delays) == 20
    assert min(delays) >= 4


def test_an_exchange_that_is_back_is_asked_within_five_seconds() -> None:
    options = LineOptions()
    assert max(options.delay_s(lost, Random(seed)) for lost in range(30) for seed in range(200)) <= 5
