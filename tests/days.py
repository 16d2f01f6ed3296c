"""Which days can the exchange and the provider make? Hypothesis strategies of what they send, word for word."""

import json
from typing import Any, Final

from hypothesis import strategies as st

DAYS: Final = ("2023-02-06", "2023-03-26", "2023-10-29")
TRADERS: Final = ("anna", "ben", "trader_1")
LABELS: Final = ("08-09", "23-00", "02-03", "02-03A", "02-03B", "03-04", "02:15-02:30", "02:15-02:30B", "08:30-09:00")
EXECUTED: Final = (
    "2023-02-06T06:13:45Z",
    "2023-02-06T06:13:45+00:00",
    "2023-10-29T00:30:00Z",
    "2023-10-29T02:30:00.000001+01:00",
    "2023-03-25T12:00:00+01:00",
)
BROKEN: Final = (b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"deal_confirmation": 1}', b'{"something": "else"}')

prices = st.one_of(
    st.integers(-500, 500),
    st.sampled_from(("20.5", "20.5000000", "-0", "1000000", "-1000000", "0.000001", 20.5, 0)),
    st.decimals(min_value=-1000, max_value=1000, places=6).map(lambda price: f"{price:f}"),
)
quantities = st.one_of(st.integers(1, 50), st.sampled_from(("12.3", 12.3, "0.000001", "1000000.000000")))
wrong: Final[dict[str, tuple[object, ...]]] = {
    "price": ("1_000", "", None, True, "1000000.1", "0.0000001", [], "NaN"),
    "quantity": (0, -1, "0", "1e3", None),
    "direction": ("BUY", "hold", None),
    "delivery_day": ("2023-02-30", "06.02.2023", None, "9999-12-31", "2200-01-01", 20230206),
    "delivery_hour": ("8-9", "02-04", "24-25", None, "08-09B"),
    "trader_id": ("", None, "a\x00b", "x" * 129),
    "execution_time": ("2023-02-06T06:13:45", "yesterday", None),
    "id": ("", None, 1.5, "x" * 129),
}


@st.composite
def deal_messages(draw: st.DrawFn) -> bytes:
    """Draw one message: mostly a fine deal, with few ids so that some repeat and some conflict."""
    fields: dict[str, Any] = {
        "id": draw(st.integers(1, 12) | st.integers(1, 12).map(str)),
        "price": draw(prices),
        "quantity": draw(quantities),
        "direction": draw(st.sampled_from(("buy", "sell"))),
        "delivery_day": draw(st.sampled_from(DAYS)),
        "delivery_hour": draw(st.sampled_from(LABELS)),
        "trader_id": draw(st.sampled_from(TRADERS)),
        "execution_time": draw(st.sampled_from(EXECUTED)),
    }
    if draw(st.integers(0, 9)) == 0:
        field = draw(st.sampled_from(sorted(wrong)))
        fields[field] = draw(st.sampled_from(wrong[field]))
    if draw(st.integers(0, 9)) == 0:
        fields["comment"] = "kept"
    envelope = draw(st.sampled_from(("deal_confirmation", "trade_confirmation")))
    return json.dumps({envelope: fields}).encode()


@st.composite
def sent_by_the_exchange(draw: st.DrawFn) -> list[bytes]:
    """Draw all that came from the exchange, some of it again and some of it broken."""
    fresh = draw(st.lists(deal_messages(), max_size=25))
    again = draw(st.lists(st.sampled_from([*fresh, *BROKEN]), max_size=6))
    return draw(st.permutations([*fresh, *again]))


@st.composite
def answers_of_the_provider(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw the provider's answers, older ones after newer ones among them."""
    asked = st.sampled_from(
        [(DAYS[0], "08-09"), (DAYS[0], "08:30-09:00"), (DAYS[1], "03-04"), (DAYS[2], "02-03A"), (DAYS[2], "02-03B")]
    )
    values = st.one_of(st.none(), st.integers(-100, 600), st.sampled_from(("20.5", "33.333333333333", "0")))
    answers: list[dict[str, object]] = []
    for (day, label), value, minute in draw(st.lists(st.tuples(asked, values, st.integers(10, 13)), max_size=15)):
        last_update = f"2023-02-06T09:{minute}:45Z"
        answers.append(
            {"delivery_day": day, "delivery_hour": label, "value": value, "unit": "euro", "last_update": last_update}
        )
    return answers
