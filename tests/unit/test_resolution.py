"""What follows when a person settles a rejection?"""

import pytest

from domain.errors import AlreadySettledError, NoSuchRejectionError, ResolutionRefusedError
from domain.events import DealConfirmed, DealConflicted, DealCorrected, Event, RejectionResolved
from domain.resolution import ACCEPTED, DISCARDED, LONGEST_REASON, Settling, reason_of, settle
from tests.notation import cancelled, conflict, corrected, deal, recorded, rejected, resolved

ANNA, OTHER, THIRD = (deal(f"anna buys 10 MW 08-09 at {price}") for price in (40, 41, 42))
DISCARD = Settling(DISCARDED, None, "a test", "desk")


def accept(made: DealConfirmed) -> Settling:
    return Settling(ACCEPTED, made.deal, "asked the exchange", "desk")


def settled(wanted: Settling, *past: Event, number: int = 2) -> list[Event]:
    log = recorded(past)
    return settle(log[number - 1], [], log, wanted)[1:]


def test_an_accepted_conflict_replaces_what_stands() -> None:
    found = settled(accept(OTHER), ANNA, conflict(OTHER, 1))
    assert found == [
        DealCorrected(before=ANNA.deal, deal=OTHER.deal, replaces=1, reason="asked the exchange", author="desk")
    ]


def test_a_second_conflict_replaces_the_content_that_the_first_one_put_there() -> None:
    past = (ANNA, conflict(OTHER, 1), conflict(THIRD, 1), corrected(ANNA, OTHER, 1))
    (found,) = settled(accept(THIRD), *past, number=3)
    assert isinstance(found, DealCorrected)
    assert (found.before, found.deal, found.replaces) == (OTHER.deal, THIRD.deal, 4)


def test_content_that_stands_by_now_is_settled_without_another_event() -> None:
    assert settled(accept(OTHER), ANNA, conflict(OTHER, 1), corrected(ANNA, OTHER, 1)) == []


def test_a_conflict_of_a_cancelled_deal_confirms_the_content_anew() -> None:
    found = settled(accept(OTHER), ANNA, conflict(OTHER, 1), cancelled(ANNA, 1))
    assert found == [DealConfirmed(deal=OTHER.deal, receipt=OTHER.receipt)]


def test_a_discarded_rejection_changes_nothing_else() -> None:
    assert settled(DISCARD, ANNA, conflict(OTHER, 1)) == []


def test_a_message_that_is_a_deal_now_is_recorded_as_it_came() -> None:
    message = rejected(b"{")
    events = settle(recorded([message])[0], [], [], accept(ANNA))
    assert events == [
        RejectionResolved(rejection=1, resolution="accepted", reason="asked the exchange", author="desk"),
        DealConfirmed(deal=ANNA.deal, receipt=message.receipt),
    ]


def test_a_message_that_says_what_is_known_is_settled_and_one_that_conflicts_opens_a_conflict() -> None:
    assert settled(accept(ANNA), ANNA, rejected(b"{")) == []
    (found,) = settled(accept(OTHER), ANNA, rejected(b"{"))
    assert isinstance(found, DealConflicted)
    assert found.stands == 1


@pytest.mark.parametrize(
    ("past", "words"),
    [
        ([ANNA, conflict(OTHER, 1)], "position 2, which is a rejection itself, a conflict; what counts is position 1"),
        ([OTHER, conflict(ANNA, 1), corrected(OTHER, ANNA, 1)], "position 1, and it does not count any more"),
        ([OTHER, cancelled(OTHER, 1)], "the deal was cancelled"),
    ],
)
def test_a_message_with_content_that_is_known_and_does_not_count_is_refused_as_it_would_change_nothing(
    past: list[Event], words: str
) -> None:
    with pytest.raises(ResolutionRefusedError, match=words) as refused:
        settled(accept(OTHER), *past, rejected(b"{"), number=len(past) + 1)
    assert f"discard rejection {len(past) + 1}" in str(refused.value)
    assert settled(DISCARD, *past, rejected(b"{"), number=len(past) + 1) == []


def test_who_comes_second_hears_who_settled_it_how_and_where() -> None:
    log = recorded([rejected(b"{"), resolved(1, "discarded")])
    with pytest.raises(AlreadySettledError, match=r"by desk: discarded \(.*\), at position 2"):
        settle(log[0], log[1:], [], DISCARD)


def test_what_is_no_rejection_cannot_be_settled() -> None:
    with pytest.raises(NoSuchRejectionError):
        settle(recorded([ANNA])[0], [], [], DISCARD)


@pytest.mark.parametrize("text", ["", " \t", "x" * (LONGEST_REASON + 1), "two\nlines", "a\0b", "half \ud800"])
def test_a_reason_that_says_nothing_or_cannot_be_shown_is_refused(text: str) -> None:
    with pytest.raises(ResolutionRefusedError):
        reason_of(text)


def test_a_reason_is_recorded_without_the_space_around_it() -> None:
    assert reason_of("  asked the exchange ") == "asked the exchange"
