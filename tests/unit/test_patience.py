"""A failing provider is asked ever less often, one request at a time, and an operator hears of each change once."""

import random

from wattbook.patience import LONGEST_BACK_OFF_S, Patience


def down(patience: Patience) -> list[bool]:
    return [patience.failed("is unreachable", 0.0) for _ in range(3)]


def answer(patience: Patience, times: int = 1) -> None:
    for _ in range(times):
        patience.served()


def test_one_odd_failure_does_not_slow_the_others() -> None:
    patience = Patience(random.Random(1))
    answer(patience, 4)
    assert patience.failed("gives unusable answers", 0.0) is False
    assert patience.at_most(0.0, in_flight=4, slots=10) == 6


def test_three_failures_in_a_row_are_an_outage_and_said_once() -> None:
    patience = Patience(random.Random(1))
    assert down(patience) == [False, False, True]
    assert patience.failed("is unreachable", 0.1) is False
    assert patience.at_most(0.1, in_flight=0, slots=10) == 0


def test_during_an_outage_one_request_at_a_time_goes_out_at_growing_intervals() -> None:
    patience = Patience(random.Random(1))
    down(patience)
    now, waits = 0.0, []
    for _ in range(12):
        asked_at = now
        while not patience.at_most(now, in_flight=0, slots=10):
            now += 0.25
        assert patience.at_most(now, in_flight=0, slots=10) == 1
        assert patience.at_most(now, in_flight=1, slots=10) == 0
        waits.append(now - asked_at)
        patience.failed("is unreachable", now)
    assert waits[0] <= 1.25
    assert all(30 <= wait <= LONGEST_BACK_OFF_S + 0.25 for wait in waits[7:])


def test_a_success_ends_the_outage_and_is_said_once() -> None:
    patience = Patience(random.Random(1))
    down(patience)
    assert patience.served() is True
    assert patience.served() is False


def test_another_kind_of_failure_is_the_same_outage_and_is_waited_for_as_long() -> None:
    patience = Patience(random.Random(1))
    down(patience)
    for second in (10.0, 100.0, 1000.0):
        patience.failed("is unreachable", second)
    assert patience.failed("fails", 2000.0) is False
    assert patience.down_as == "fails"
    assert patience.at_most(2003.0, in_flight=0, slots=10) == 0
    assert patience.at_most(2016.0, in_flight=0, slots=10) == 1


def test_at_the_beginning_one_request_goes_out_alone_and_each_answer_doubles_how_many_may_be_under_way() -> None:
    patience = Patience(random.Random(1))
    allowed = [patience.at_most(0.0, in_flight=0, slots=16)]
    for _ in range(6):
        answer(patience)
        allowed.append(patience.at_most(0.0, in_flight=0, slots=16))
    assert allowed == [1, 2, 4, 8, 16, 16, 16]
    patience.begin()
    assert patience.at_most(0.0, in_flight=0, slots=16) == 1


def test_after_an_outage_it_is_found_out_anew_how_much_the_provider_bears() -> None:
    patience = Patience(random.Random(1))
    answer(patience, 9)
    down(patience)
    answer(patience)
    assert patience.at_most(0.0, in_flight=0, slots=16) == 2
    assert patience.at_most(0.0, in_flight=2, slots=16) == 0


def test_a_request_that_is_slow_holds_up_no_other() -> None:
    patience = Patience(random.Random(1))
    assert patience.at_most(0.0, in_flight=1, slots=16) == 0
    assert patience.at_most(0.0, in_flight=1, slots=16, slow=1) == 1
    assert patience.at_most(0.0, in_flight=16, slots=16, slow=16) == 0


def test_refusals_without_a_time_double_the_pause_once_a_round() -> None:
    patience = Patience(random.Random(1))
    assert [patience.refusal_s(0.0), patience.refusal_s(10.0)] == [60.0, 50.0]
    assert [patience.refusal_s(60.0 * 2**n) for n in range(1, 8)][-1] <= 3600.0
    patience.served()
    assert patience.refusal_s(100_000.0) == 60.0
