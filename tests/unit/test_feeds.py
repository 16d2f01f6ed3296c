"""When was each line to the exchange open?"""

from projections.feeds import feeds
from tests.notation import connected, deal, instant, lost
from tests.spec import given

UP = connected("exchange/1", "06:00:00")


def test_an_open_line_has_no_end() -> None:
    given(UP, deal("anna buys 10 MW 08-09 at 40")).when(feeds).then(
        {"line": "exchange/1", "connected_at": instant("06:00:00"), "connected_position": 1, "ended_position": None}
    )


def test_a_lost_line_says_when_it_was_last_known_to_work() -> None:
    given(UP, lost(UP, "10:00:00", "09:59:50")).when(feeds).then(
        {
            "connected_position": 1,
            "last_heard_at": instant("09:59:50"),
            "disconnected_at": instant("10:00:00"),
            "reason": "closed 1006",
            "ended_position": 2,
        }
    )


def test_each_connection_and_each_line_is_a_row_of_its_own() -> None:
    other, again = connected("exchange/2", "06:00:00"), connected("exchange/1", "11:00:00", "c2")
    given(UP, other, lost(UP, "10:00:00"), again).when(feeds).then(
        {"line": "exchange/1", "connection": "c1", "ended_position": 3},
        {"line": "exchange/1", "connection": "c2", "ended_position": None},
        {"line": "exchange/2", "connection": "c1", "connected_position": 2},
    )
