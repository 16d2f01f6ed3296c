"""How does the exchange's confirmation look, changed here and there, and how is it read?"""

import json
from typing import Any
from zoneinfo import ZoneInfo

from adapters.exchange.messages import Unreadable, read_message
from domain.events import Deal

BERLIN = ZoneInfo("Europe/Berlin")

EXAMPLE: dict[str, Any] = {
    "id": "123",
    "price": 20.5,
    "quantity": 12.3,
    "direction": "buy",
    "delivery_day": "2023-02-06",
    "delivery_hour": "08-09",
    "trader_id": "trader_1",
    "execution_time": "2023-02-06T06:13:45Z",
}


def read(raw: bytes | str) -> Deal | Unreadable:
    return read_message(raw.encode() if isinstance(raw, str) else raw, exchange="exchange", zone=BERLIN)


def message(**changes: Any) -> str:
    """Return the example's message with *changes*; a value of ``...`` leaves the field out."""
    fields = {name: value for name, value in (EXAMPLE | changes).items() if value is not ...}
    return json.dumps({"deal_confirmation": fields})


def message_with(field: str, json_text: str) -> str:
    """Return the example's message with the JSON text of one field put in as it is."""
    texts = {name: json.dumps(value) for name, value in EXAMPLE.items()} | {field: json_text}
    return '{"deal_confirmation": {' + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}}"


def deal(raw: bytes | str) -> Deal:
    found = read(raw)
    assert isinstance(found, Deal), found
    return found


def reason(raw: bytes | str) -> str:
    found = read(raw)
    assert isinstance(found, Unreadable), found
    return found.reason
