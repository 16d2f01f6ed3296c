"""What could not be read, or conflicts, and how was it settled?"""

from base64 import b64encode

import pytest

from projections.rejections import SHOWN_BYTES, rejections, shown
from tests.notation import DAY, conflict, deal, rejected, resolved
from tests.spec import given


def test_a_rejected_message_is_open_until_it_is_settled() -> None:
    given(rejected(b"{"), rejected(b"}", "INVALID: price", trader="anna", day=DAY), resolved(2, "discard")).when(
        rejections
    ).then(
        {"position": 1, "reason": "UNREADABLE", "message": "{", "trader_id": None, "resolution": None},
        {
            "position": 2,
            "source": "exchange/1",
            "reason": "INVALID: price",
            "trader_id": "anna",
            "delivery_day": DAY,
            "resolution": "discard",
            "resolved_by": "desk",
            "resolved_position": 3,
        },
    )


def test_a_conflict_is_a_rejection_that_concerns_its_trader_and_day() -> None:
    made, other = deal("anna buys 10 MW 08-09 at 40"), deal("anna buys 11 MW 08-09 at 40")
    given(made, conflict(other, stands=1)).when(rejections).then(
        {"position": 2, "reason": "CONFLICT", "trader_id": "anna", "delivery_day": DAY, "resolution": None}
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"", ""),
        ("Ünïcode".encode(), "Ünïcode"),
        (b"a\0b", "base64:YQBi"),
        (b"\xff", "base64:/w=="),
        (b"x" * SHOWN_BYTES, "x" * SHOWN_BYTES),
        (b"x" * (SHOWN_BYTES + 1), "x" * SHOWN_BYTES),
        (b"x" * (SHOWN_BYTES - 1) + "€uro".encode(), "x" * (SHOWN_BYTES - 1)),
        (b"x" * SHOWN_BYTES + b"\xff", "base64:" + b64encode(b"x" * SHOWN_BYTES).decode()),
        (b"x" * (SHOWN_BYTES - 1) + b"\xffx", "base64:" + b64encode(b"x" * (SHOWN_BYTES - 1) + b"\xff").decode()),
        (b"x" * SHOWN_BYTES + b"\0", "base64:" + b64encode(b"x" * SHOWN_BYTES).decode()),
    ],
)
def test_a_message_that_is_text_is_shown_as_such_and_any_other_in_base64(message: bytes, text: str) -> None:
    assert shown(message) == text
