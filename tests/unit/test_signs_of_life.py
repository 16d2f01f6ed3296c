"""Up to when is a connection known to have worked, however it ended?"""

from datetime import datetime

import pytest

from adapters.exchange.signs_of_life import SignsOfLife
from tests.notation import instant

OPENED = instant("08:00:00")


def opened() -> SignsOfLife:
    return SignsOfLife(OPENED, pinged_every_s=5)


def each_second(life: SignsOfLife, first: str, last: str) -> None:
    begun, ended = instant(first), instant(last)
    for second in range(int(begun.timestamp()), int(ended.timestamp()) + 1):
        life.looked_at(datetime.fromtimestamp(second, begun.tzinfo))


def test_whatever_is_heard_shows_that_it_works() -> None:
    life = opened()
    each_second(life, "08:00:01", "08:00:08")
    assert life.heard(instant("08:00:09"))
    assert life.worked_until == instant("08:00:09")


def test_to_be_looked_after_does_not_make_a_silent_line_live_longer() -> None:
    life = opened()
    life.heard(instant("08:00:01"))
    each_second(life, "08:00:02", "08:00:06")
    assert life.worked_until == instant("08:00:01")


def test_an_exchange_that_hangs_up_shows_that_the_line_worked_until_then() -> None:
    life = opened()
    each_second(life, "08:00:01", "08:00:04")
    life.hung_up(instant("08:00:04.5"))
    assert life.worked_until == instant("08:00:04.5")


def test_one_that_hangs_up_when_its_pong_is_overdue_shows_nothing() -> None:
    life = opened()
    each_second(life, "08:00:01", "08:00:08")
    life.hung_up(instant("08:00:09"))
    assert life.worked_until == OPENED


def test_a_farewell_that_comes_while_the_pong_is_overdue_may_have_been_on_its_way_all_the_time() -> None:
    life = opened()
    each_second(life, "08:00:01", "08:00:08")
    assert not life.heard(instant("08:00:08.5"), farewell=True)
    life.hung_up(instant("08:00:08.6"))
    assert life.worked_until == OPENED


def test_a_farewell_in_time_shows_that_the_line_worked_until_then() -> None:
    life = opened()
    each_second(life, "08:00:01", "08:00:04")
    assert life.heard(instant("08:00:04.5"), farewell=True)
    assert life.worked_until == instant("08:00:04.5")


@pytest.mark.parametrize("found", ["08:00:31", "08:00:31.9", "07:00:00"])
def test_what_is_found_after_the_process_was_held_up_may_have_come_at_any_time(found: str) -> None:
    life = opened()
    life.heard(instant("08:00:01"))
    assert not life.heard(instant("08:00:31"))
    life.hung_up(instant(found))
    assert life.worked_until == instant("08:00:01")


def test_a_line_that_lives_on_after_the_process_was_held_up_is_heard_again() -> None:
    life = opened()
    assert not life.heard(instant("08:00:31"))
    each_second(life, "08:00:31.5", "08:00:32.5")
    assert life.heard(instant("08:00:33"))
    assert life.worked_until == instant("08:00:33")


def test_a_clock_that_was_set_back_is_followed() -> None:
    life = opened()
    life.heard(instant("08:00:01"))
    each_second(life, "07:30:00", "07:30:01")
    assert life.heard(instant("07:30:02"))
    assert life.worked_until == instant("07:30:02")
