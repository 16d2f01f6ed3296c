"""Everything an exchange can do wrong over its real sockets becomes a rejection or a deal, and nothing stops."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from websockets.frames import Opcode

from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange, confirmation, exchange_lines
from tests.end_to_end.processes import ROLES, Wattbook
from tests.exchanges import RawLine, raw_exchange, say, stay

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = "2023-02-06"
SHOWN_BYTES = 64 * 1024
LOSSES = {"types": ["feed.disconnected.v1"]}


@dataclass
class Listening:
    """An installation that listens to two lines of an exchange without manners."""

    wattbook: Wattbook
    desk: Client
    exchange: Exchange
    deals: int = 0

    async def still_works(self) -> None:
        """Assert that a deal said now, over each line, is a deal soon."""
        for line in (1, 2):
            self.deals += 1
            await self.exchange.say(confirmation(id=f"proof-{self.deals}", trader_id="proof"), line)
        await self.wattbook.until(self._has_the_proofs)

    async def _has_the_proofs(self) -> bool:
        return await self.deals_of("proof") == self.deals

    async def deals_of(self, trader: str) -> int:
        count: int = (await self.desk.performance(trader, DAY))["total"]["dealCount"]
        return count

    async def is_rejected(self, raw: str | bytes, reason: str) -> None:
        """Assert that *raw* is rejected once, whole, for *reason*."""
        shown = _shown(raw)
        await self.wattbook.until(lambda: self._shows(shown))
        (rejection,) = [each for each in await self.desk.rejections() if each["message"] == shown]
        assert rejection["reason"] == reason
        (event,) = await self.desk.events(
            filter={"after": str(int(rejection["position"]) - 1), "until": rejection["position"]}
        )
        stored = json.loads(event["payload"])["receipt"]["original"]
        whole = stored["text"].encode() if "text" in stored else base64.b64decode(stored["base64"])
        assert whole == (raw if isinstance(raw, bytes) else raw.encode())

    def beside(self, exchange_name: str, urls: str) -> Wattbook:
        """Return room for a receiver of another exchange beside this one: what it hears is recorded here too."""
        folder = self.wattbook.folder / exchange_name
        folder.mkdir()
        other = Wattbook(folder)
        other.environment = self.wattbook.environment | {
            "WATTBOOK_EXCHANGE_URLS": urls,
            "WATTBOOK_EXCHANGE_NAME": exchange_name,
        }
        return other

    async def _shows(self, shown: str) -> bool:
        return any(rejection["message"] == shown for rejection in await self.desk.rejections())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listening(tmp_path_factory: pytest.TempPathFactory, module_database: str) -> AsyncIterator[Listening]:
    async with exchange_lines() as exchange:
        settings = {"exchange_urls": exchange.urls(), "database_url": module_database}
        with Wattbook(tmp_path_factory.mktemp("hostile"), **settings) as wattbook:
            for role in ROLES:
                wattbook.start(role)
            desk = Client(wattbook.url)
            await wattbook.until(exchange.listening)
            await wattbook.until(desk.ready)
            yield Listening(wattbook, desk, exchange)


def deal(**fields: object) -> str:
    return json.dumps(confirmation(trader_id="anna", **fields))


def with_text(field: str, text: str) -> str:
    """Return a confirmation with the JSON text of one field put in as it is."""
    fields: dict[str, object] = {"id": f"{field}-{text}", field: "#"}
    return deal(**fields).replace('"#"', text)


REJECTED = {
    "broken JSON": ("UNREADABLE", deal()[:70]),
    "an empty message": ("UNREADABLE", ""),
    "a list": ("UNREADABLE", "[1, 2]"),
    "another envelope": ("UNREADABLE", deal().replace("deal_confirmation", "order_confirmation")),
    "bad UTF-8 in a binary frame": ("UNREADABLE", b'{"deal_confirmation": "\xff\xfe"}'),
    "NUL in a binary frame": ("UNREADABLE", b"\x00\x01\x02"),
    "NaN in a string": ("INVALID: price", with_text("price", '"NaN"')),
    "no number": ("INVALID: price", with_text("price", "null")),
    "a huge price": ("INVALID: price", with_text("price", "1e999999")),
    "an underscore": ("INVALID: price", with_text("price", '"1_000"')),
    "seven decimals": ("INVALID: price", with_text("price", "0.1234567")),
    "a zero quantity": ("INVALID: quantity", with_text("quantity", "0")),
    "a negative quantity": ("INVALID: quantity", with_text("quantity", "-12.3")),
    "an unknown direction": ("INVALID: direction", with_text("direction", '"swap"')),
    "a direction in capitals": ("INVALID: direction", with_text("direction", '"BUY"')),
    "a day that does not exist": ("INVALID: delivery_day", with_text("delivery_day", '"2023-02-30"')),
    "a label without form": ("INVALID: delivery_hour", with_text("delivery_hour", '"8"')),
    "an hour past the day": ("NO_SUCH_PERIOD", with_text("delivery_hour", '"24-25"')),
    "the hour that spring leaves out": ("NO_SUCH_PERIOD", deal(delivery_day="2023-03-26", delivery_hour="02-03")),
    "an ordinary hour with a letter": ("NO_SUCH_PERIOD", with_text("delivery_hour", '"08-09B"')),
    "the hour that comes twice": (
        "AMBIGUOUS_PERIOD",
        deal(delivery_day="2023-10-29", delivery_hour="02-03", execution_time="2023-10-28T10:00:00Z"),
    ),
    "a time without an offset": ("INVALID: execution_time", with_text("execution_time", '"2023-02-06T06:13:45"')),
    "an empty id": ("INVALID: id", deal(id="")),
    "an id of 129 characters": ("INVALID: id", deal(id="x" * 129)),
    "a control character": ("INVALID: id", deal(id="a\nb")),
}


@pytest.mark.parametrize(("reason", "raw"), REJECTED.values(), ids=REJECTED.keys())
async def test_what_is_no_deal_is_kept_whole_with_its_reason(listening: Listening, reason: str, raw: str) -> None:
    for _ in range(2):
        await listening.exchange.say(raw, 1, 2)
    await listening.is_rejected(raw, reason)
    await listening.still_works()


ACCEPTED = {
    "a negative price": ('"price"', "-500.5", ("price", "-500.5")),
    "a zero price": ('"price"', "0.0", ("price", "0")),
    "a negative zero": ('"price"', "-0", ("price", "0")),
    "a price in a string": ('"price"', '"20.500"', ("price", "20.5")),
    "a price with an exponent": ('"price"', "2.05e1", ("price", "20.5")),
    "an id as a number": ('"id"', "987654321987654321987", ("dealId", "987654321987654321987")),
    "another offset": (
        '"execution_time"',
        '"2023-02-06T07:13:45.5+01:00"',
        ("executionTime", "2023-02-06T06:13:45.5Z"),
    ),
    "an end at midnight": ('"delivery_hour"', '"23-00"', ("label", "23-24")),
    "a quarter-hour before midnight": ('"delivery_hour"', '"23:45-00:00"', ("label", "23:45-24:00")),
    "an hour in minutes": ('"delivery_hour"', '"08:00-09:00"', ("label", "08-09")),
    "a trader in another script": ('"trader_id"', '"Ζωή 🌊"', ("traderId", "Ζωή 🌊")),
}


@pytest.mark.parametrize(("field", "text", "shown"), ACCEPTED.values(), ids=ACCEPTED.keys())
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
async def test_what_is_a_deal_in_an_odd_spelling_is_read(
    listening: Listening, binary: bool, field: str, text: str, shown: tuple[str, str]
) -> None:
    name = f"odd {binary} {text}"
    fields = confirmation(id=name, trader_id="odd")["deal_confirmation"]
    assert isinstance(fields, dict)
    texts = {f'"{key}"': json.dumps(value) for key, value in fields.items()} | {field: text}
    if field == '"id"' and binary:
        texts[field] = text + "1"
        shown = (shown[0], shown[1] + "1")
    raw = '{"deal_confirmation": {' + ", ".join(f"{key}: {value}" for key, value in texts.items()) + "}}"
    await listening.exchange.say(raw.encode() if binary else raw, 2)
    wanted = shown[1] if shown[0] == "dealId" else name

    async def is_there() -> bool:
        return any(each["dealId"] == wanted for each in await listening.desk.deals())

    await listening.wattbook.until(is_there)
    (found,) = [each for each in await listening.desk.deals() if each["dealId"] == wanted]
    assert (found | found["period"])[shown[0]] == shown[1]


async def test_a_message_of_megabytes_is_kept_whole_and_shown_in_part(listening: Listening) -> None:
    large = "[" + "x" * 5_000_000
    await listening.exchange.say(large, 1)
    await listening.wattbook.until(lambda: listening._shows(large[:SHOWN_BYTES]))
    deal_with_padding = confirmation(id="padded", trader_id="padding", remark="y" * 5_000_000)
    await listening.exchange.say(deal_with_padding, 2)

    async def is_there() -> bool:
        return await listening.deals_of("padding") == 1

    await listening.wattbook.until(is_there)
    await listening.still_works()


async def test_a_burst_of_thousands_is_recorded_to_the_last(listening: Listening) -> None:
    for number in range(4_000):
        await listening.exchange.say(confirmation(id=f"burst-{number}", trader_id="burst"), 1 + number % 2)

    async def are_there() -> bool:
        return await listening.deals_of("burst") == 4_000

    await listening.wattbook.until(are_there)


async def test_a_conflict_is_kept_and_the_first_content_stands(listening: Listening) -> None:
    first, other = deal(id="twice", price=10), deal(id="twice", price=11)
    await listening.exchange.say(first, 1)
    await listening.still_works()
    for line in (1, 2, 1):
        await listening.exchange.say(other, line)
    await listening.is_rejected(other, "CONFLICT")
    await listening.exchange.say(first.replace("deal_", "trade_"), 2)
    await listening.still_works()
    (stands,) = [each for each in await listening.desk.deals() if each["dealId"] == "twice"]
    assert stands["price"] == "10"


async def test_a_line_comes_back_however_it_was_closed(listening: Listening) -> None:
    codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4999]
    lines = range(1, len(codes) + 2)
    async with exchange_lines() as closing:
        with listening.beside("closing", closing.urls(len(lines))) as other:
            receiver = other.start("receive")
            await other.until(lambda: closing.listening(*lines))
            for line, code in zip(lines, codes, strict=False):
                await closing.drop(line, code)
            closing.cut(lines[-1])
            await other.until(lambda: closing.listening(*lines))
            for line in lines:
                await closing.say(confirmation(id=line, trader_id="closing"), line)
            assert await receiver.end() == 0

    async def are_there() -> bool:
        return await listening.deals_of("closing") == len(lines)

    await listening.wattbook.until(are_there)
    lost = [json.loads(each["payload"]) for each in await listening.desk.events(filter=LOSSES)]
    reasons = {each["line"]: each["reason"] for each in lost if "receiver stopped" not in each["reason"]}
    for line, code in zip(lines, codes, strict=False):
        assert reasons[f"closing/{line}"] == f"the exchange closed it: {code} as told"
    assert reasons[f"closing/{lines[-1]}"].startswith("cut")
    await listening.still_works()


async def test_half_frames_and_broken_frames_cost_a_line_only_until_it_is_open_again(
    listening: Listening,
) -> None:
    async def half_a_frame(line: RawLine) -> None:
        await say(line, deal(id="before a half frame").encode())
        line.writer.write(b"\x81\x7e\x10\x00" + b'{"deal_confirmation": {"id": "cut')
        await line.writer.drain()
        line.cut()

    async def half_a_message(line: RawLine) -> None:
        await line.shake_hands()
        line.send(Opcode.TEXT, deal(id="never ended").encode(), fin=False)
        await line.writer.drain()
        line.writer.close()

    async def reserved_bits(line: RawLine) -> None:
        await line.shake_hands()
        line.writer.write(b"\xf1\x05hello")
        await line.until_hung_up()

    async def masked_by_the_server(line: RawLine) -> None:
        await line.shake_hands()
        line.writer.write(b"\x81\x85\x01\x02\x03\x04hello")
        await line.until_hung_up()

    async def no_websocket(line: RawLine) -> None:
        line.writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        await line.writer.drain()

    talks = (half_a_frame, half_a_message, reserved_bits, masked_by_the_server, no_websocket, stay)
    async with raw_exchange(*talks) as url:
        with listening.beside("raw", url) as other:
            receiver = other.start("receive")
            await listening.is_rejected(b"still here", "UNREADABLE")
            assert await receiver.end() == 0
    deals = await listening.desk.deals(filter={"traderId": "anna"})
    assert "before a half frame" in {each["dealId"] for each in deals}
    assert not {"cut", "never ended"} & {each["dealId"] for each in deals}


def _shown(raw: str | bytes) -> str:
    """Return how a rejected message is shown."""
    if isinstance(raw, str):
        return raw[:SHOWN_BYTES]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = "\0"
    return "base64:" + base64.b64encode(raw).decode() if "\0" in text else text
