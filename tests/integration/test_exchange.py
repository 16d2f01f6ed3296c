"""Does a line note every byte, and go on, however its connections end?"""

import asyncio
import logging
from dataclasses import replace
from random import Random

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Opcode

from adapters.exchange.line import Line
from tests.exchanges import RawLine, exchange, raw_exchange, say, stay
from tests.held_line import QUICK, Notebook, held, now
from tests.waiting import eventually


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 1013, 3000, 4999])
async def test_the_line_opens_again_after_every_close_code(code: int) -> None:
    connections = 0

    async def talk(line: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await line.send(f"message {connections}")
        if connections < 3:
            await line.close(code, "good\0bye")
        await line.wait_closed()

    async with exchange(talk) as url, held(url) as notebook:
        await eventually(notebook.has(b"message 1", b"message 2", b"message 3"))
        assert notebook.losses == [f"the exchange closed it: {code} good\ufffdbye"] * 2
        assert len(set(notebook.connections)) == 3


async def test_everything_sent_before_a_close_is_noted() -> None:
    sent = [b"%d" % number for number in range(20_000)]

    async def burst(line: RawLine) -> None:
        await say(line, *sent)
        line.send(Opcode.CLOSE, b"\x03\xe8")
        await line.until_hung_up()

    async with raw_exchange(burst, stay) as url, held(url) as notebook:
        await eventually(notebook.has(b"still here"))
        assert notebook.messages == [*sent, b"still here"]


async def test_everything_sent_before_a_cut_in_the_midst_of_a_frame_is_noted() -> None:
    async def half(line: RawLine) -> None:
        await say(line, b"whole")
        line.writer.write(b"\x81\x7e\x10\x00half of a frame")
        await line.writer.drain()
        await eventually(notebook.has(b"whole"))
        line.cut()

    async with raw_exchange(half, stay) as url, held(url) as notebook:
        await eventually(notebook.has(b"whole", b"still here"))
        assert notebook.losses == ["cut: Connection reset by peer"]


async def test_a_connection_that_ends_without_a_word_is_opened_again() -> None:
    async def hang_up(line: RawLine) -> None:
        await say(line, b"before")

    async with raw_exchange(hang_up, stay) as url, held(url) as notebook:
        await eventually(notebook.has(b"before", b"still here"))
        assert notebook.losses == ["cut without a close frame"]


async def test_an_exchange_that_says_goodbye_but_does_not_hang_up_is_left_at_once() -> None:
    async def linger(line: RawLine) -> None:
        await say(line, b"before")
        line.send(Opcode.CLOSE, b"\x03\xe9")
        await asyncio.Event().wait()

    async with raw_exchange(linger, stay) as url, held(url, replace(QUICK, ping_interval_s=600)) as notebook:
        await eventually(notebook.has(b"before", b"still here"))
        assert notebook.losses == ["the exchange closed it: 1001"]


HOSTILE_FRAMES = {
    "bad UTF-8 in a text frame": [(Opcode.TEXT, b"\xff\xfe\x00", True)],
    "a binary frame": [(Opcode.BINARY, bytes(range(256)), True)],
    "an empty message": [(Opcode.TEXT, b"", True)],
    "several megabytes": [(Opcode.TEXT, b"x" * 9_000_000, True)],
    "a message in pieces, a ping in between": [
        (Opcode.TEXT, b"\xc3", False),
        (Opcode.PING, b"?", True),
        (Opcode.CONT, b"", False),
        (Opcode.CONT, b"\xa4", True),
    ],
}


@pytest.mark.parametrize("frames", HOSTILE_FRAMES.values(), ids=HOSTILE_FRAMES.keys())
async def test_any_message_is_noted_as_it_came_and_the_line_stays_up(frames: list[tuple[Opcode, bytes, bool]]) -> None:
    async def talk(line: RawLine) -> None:
        await line.shake_hands()
        for opcode, data, fin in frames:
            line.send(opcode, data, fin)
        line.send(Opcode.TEXT, b"after")
        await line.until_hung_up()

    async with raw_exchange(talk) as url, held(url) as notebook:
        await eventually(notebook.has(b"after"))
        assert notebook.messages == [b"".join(data for opcode, data, _ in frames if opcode != Opcode.PING), b"after"]
        assert notebook.losses == []


PROTOCOL_ERRORS = {
    "a message past the limit": b"\x81\x7f" + (200_000).to_bytes(8, "big") + b"x" * 200_000,
    "a message said to be of exabytes": b"\x81\x7f" + (2**62).to_bytes(8, "big"),
    "reserved bits": b"\xf1\x00",
    "an unknown opcode": b"\x83\x00",
    "a masked frame": b"\x81\x80\x00\x00\x00\x00",
    "a continuation of nothing": b"\x80\x00",
    "no frame at all": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100,
}


@pytest.mark.parametrize("wire", PROTOCOL_ERRORS.values(), ids=PROTOCOL_ERRORS.keys())
async def test_a_broken_protocol_is_an_outage_with_its_reason_and_the_line_goes_on(wire: bytes) -> None:
    async def talk(line: RawLine) -> None:
        await say(line, b"before")
        line.writer.write(wire)
        await line.until_hung_up()

    options = replace(QUICK, largest_message_bytes=100_000, ping_interval_s=600)
    async with raw_exchange(talk, stay) as url, held(url, options) as notebook:
        await eventually(notebook.has(b"before", b"still here"))
        assert len(notebook.losses) == 1
        assert notebook.losses[0].startswith(("given up: 1009", "given up: 1002"))


async def test_a_line_on_which_nothing_is_heard_any_more_is_given_up() -> None:
    options = replace(QUICK, ping_interval_s=0.05, silence_s=0.3)

    async def freeze(line: RawLine) -> None:
        await say(line, b"before")
        await asyncio.Event().wait()

    async with raw_exchange(freeze, stay) as url, held(url, options) as notebook:
        await eventually(notebook.has(b"before", b"still here"))
        assert notebook.losses[0] == "nothing heard for 0.3 s"


async def test_a_quiet_line_that_answers_pings_stays_up() -> None:
    options = replace(QUICK, ping_interval_s=0.05, silence_s=2)

    async def quiet(line: ServerConnection) -> None:
        await line.wait_closed()

    async with exchange(quiet) as url, held(url, options) as notebook:
        await eventually(lambda: notebook.signs_of_life > 50)
        assert (len(notebook.connections), notebook.losses) == (1, [])


async def test_a_line_that_brings_messages_stays_up_though_it_answers_no_ping() -> None:
    options = replace(QUICK, ping_interval_s=0.05, silence_s=2)

    async def talk(line: RawLine) -> None:
        await say(line)
        while not line.writer.is_closing():
            line.send(Opcode.TEXT, b"tick")
            await line.writer.drain()
            await asyncio.sleep(0.05)

    async with raw_exchange(talk) as url, held(url, options) as notebook:
        await eventually(lambda: len(notebook.messages) > 50)
        assert (len(notebook.connections), notebook.losses) == (1, [])


async def test_a_stopped_line_says_goodbye_and_notes_what_still_comes() -> None:
    async def talk(line: RawLine) -> None:
        await say(line, b"before")
        frame = await line.reader.readexactly(8)
        assert frame[0] & 0x0F == Opcode.CLOSE
        line.send(Opcode.TEXT, b"in the last moment")
        line.send(Opcode.CLOSE, b"\x03\xe8")
        await line.writer.drain()

    async with raw_exchange(talk) as url:
        async with held(url, replace(QUICK, close_timeout_s=5)) as notebook:
            await eventually(notebook.has(b"before"))
        assert notebook.messages == [b"before", b"in the last moment"]
        assert notebook.losses == ["receiver stopped"]


async def test_a_stopped_line_does_not_wait_for_an_exchange_that_says_nothing() -> None:
    async def freeze(line: RawLine) -> None:
        await say(line, b"before")
        await asyncio.Event().wait()

    async with raw_exchange(freeze) as url:
        async with held(url) as notebook:
            await eventually(notebook.has(b"before"))
        assert notebook.losses == ["receiver stopped"]


async def test_a_line_is_stopped_in_the_midst_of_a_handshake() -> None:
    knocked = asyncio.Event()

    async def freeze(line: RawLine) -> None:
        knocked.set()
        await asyncio.Event().wait()

    async with raw_exchange(freeze) as url, held(url, replace(QUICK, open_timeout_s=600)) as notebook:
        await knocked.wait()
    assert notebook.noted == []


async def test_a_line_is_stopped_while_it_waits_for_the_next_attempt(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "adapters.exchange.line")
    async with held("ws://127.0.0.1:1/deals", replace(QUICK, reconnect_delays_s=(0, 600))) as notebook:
        await eventually(lambda: "Connection refused" in caplog.text)
    assert notebook.noted == []


async def test_a_cancelled_line_notes_its_loss() -> None:
    notebook = Notebook()
    async with raw_exchange(stay) as url:
        line = Line("exchange/1", url, journal=notebook, clock=now, random=Random(1), options=QUICK)
        holding = asyncio.create_task(line.hold(asyncio.Event()))
        await eventually(notebook.has(b"still here"))
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
    assert notebook.losses == ["receiver ended"]
