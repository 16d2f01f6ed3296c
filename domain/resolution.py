"""What follows when a person settles a rejection: which events, or why it cannot be settled like that?

Pure: run inside the append's transaction, beside what the streams hold at that moment, so
that of two people who settle one rejection at once the second is refused.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import AlreadySettledError, NoSuchRejectionError, ResolutionRefusedError, StillNoDealError
from domain.events import (
    Deal,
    DealCancelled,
    DealConfirmed,
    DealConflicted,
    DealCorrected,
    Event,
    MessageRejected,
    Receipt,
    Recorded,
    RejectionResolved,
)
from domain.recording import Append, decide

ACCEPTED: Final = "accepted"
DISCARDED: Final = "discarded"
LONGEST_REASON: Final = 500
LONGEST_AUTHOR: Final = 128
PERIOD_IN_DOUBT: Final = ("AMBIGUOUS_PERIOD", "NO_SUCH_PERIOD", "INVALID: delivery_hour")
"""Why a message was rejected, where a person who knows the period makes a deal of it."""

_NOT_IN_REASONS: Final = frozenset(("Cc", "Cs", "Zl", "Zp"))


@dataclass(frozen=True)
class Accept:
    """Take it as it is."""


@dataclass(frozen=True)
class ForPeriod:
    """Take it for the period of its day that ``label`` names."""

    label: str


@dataclass(frozen=True)
class Discard:
    """Set it aside."""


Choice = Accept | ForPeriod | Discard

ReadAgain = Callable[[Receipt, str | None], Deal | str]
"""Reads a rejected message by today's rules, for a period where one is given: a deal, or why it is none."""


@dataclass(frozen=True)
class Settled:
    """A rejection and the events that settled it: its resolution, and what followed."""

    rejection: Recorded
    events: tuple[Recorded, ...]


@dataclass(frozen=True)
class Settling:
    """What a person decided: ``deal`` is what the message is taken for, ``None`` sets it aside."""

    resolution: str
    deal: Deal | None
    reason: str
    author: str


def reason_of(text: str) -> str:
    """Return a reason as it is recorded; raise :class:`ResolutionRefusedError` for one that cannot be."""
    reason = text.strip()
    if not reason:
        raise ResolutionRefusedError("a rejection is settled with a reason: say why, in a few words")
    if len(reason) > LONGEST_REASON:
        raise ResolutionRefusedError(f"a reason has at most {LONGEST_REASON} characters, not {len(reason)}")
    if any(unicodedata.category(character) in _NOT_IN_REASONS for character in reason):
        raise ResolutionRefusedError("a reason is one line of text, without control characters")
    return reason


def author_of(text: str) -> str:
    """Return the name of who settles as it is recorded; raise :class:`ResolutionRefusedError` for one that is none."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_AUTHOR or any(unicodedata.category(c) in _NOT_IN_REASONS for c in name):
        raise ResolutionRefusedError(f"who settles has a name of 1 to {LONGEST_AUTHOR} characters on one line")
    return name


def check_open(rejection: Recorded, settled: Sequence[Recorded]) -> None:
    """Raise unless *rejection* is one and nobody has settled it; *settled* is what its resolution's stream holds."""
    if not isinstance(rejection.event, MessageRejected | DealConflicted):
        raise NoSuchRejectionError(f"there is no rejection {rejection.position}: that event is none")
    for before in settled:
        if isinstance(before.event, RejectionResolved):
            raise AlreadySettledError(
                f"rejection {rejection.position} is already settled by {before.event.author}: "
                f"{before.event.resolution} ({before.event.reason}), at position {before.position}"
            )


def settling(rejection: Recorded, choice: Choice, read_again: ReadAgain, reason: str, author: str) -> Settling:
    """Return what *choice* makes of *rejection*; raise :class:`ResolutionRefusedError` where it makes nothing."""
    if isinstance(choice, Discard):
        return Settling(DISCARDED, None, reason, author)
    number, event = rejection.position, rejection.event
    if isinstance(event, DealConflicted):
        if isinstance(choice, ForPeriod):
            raise ResolutionRefusedError(
                f"rejection {number} is a conflict, and the period of both contents is known: accept it or discard it"
            )
        return Settling(ACCEPTED, event.deal, reason, author)
    if not isinstance(event, MessageRejected):
        raise NoSuchRejectionError(f"there is no rejection {number}: that event is none")
    if isinstance(choice, ForPeriod):
        if event.reason not in PERIOD_IN_DOUBT:
            raise ResolutionRefusedError(
                f"rejection {number} is {event.reason}: its period is not what is wrong with it; "
                "accept it to have it read again, or discard it"
            )
        read = read_again(event.receipt, choice.label)
        if isinstance(read, str):
            raise _not_for(number, choice.label, read, event)
        return Settling(f"assigned to {read.period.label}", read, reason, author)
    read = read_again(event.receipt, None)
    if isinstance(read, str):
        other = (
            "say which period it is for, or discard it"
            if read in PERIOD_IN_DOUBT
            else ("ask the exchange to send it again, or discard it")
        )
        raise StillNoDealError(f"the message of rejection {number} is still no deal ({read}): {other}")
    return Settling(ACCEPTED, read, reason, author)


def _not_for(number: int, label: str, read: str, event: MessageRejected) -> ResolutionRefusedError:
    match read:
        case "NO_SUCH_PERIOD":
            return ResolutionRefusedError(f"{event.delivery_day} has no delivery period {label!r}")
        case "AMBIGUOUS_PERIOD":
            return ResolutionRefusedError(f"{label!r} comes twice on {event.delivery_day}: say {label}A or {label}B")
        case "INVALID: delivery_hour":
            return ResolutionRefusedError(f"not the label of a period, like 08-09, 02-03A or 08:15-08:30: {label!r}")
    return StillNoDealError(f"the message of rejection {number} is no deal for any period ({read}): discard it")


def resolution_of(rejection: Recorded, wanted: Settling) -> RejectionResolved:
    """Return the event that says that *rejection* is settled as *wanted*."""
    return RejectionResolved(
        rejection=rejection.position, resolution=wanted.resolution, reason=wanted.reason, author=wanted.author
    )


def settle(
    rejection: Recorded, settled: Sequence[Recorded], deal_past: Sequence[Recorded], wanted: Settling
) -> list[Event]:
    """Return the events that settle *rejection*: the resolution first, then what follows from it.

    *settled* is what its resolution's stream holds, *deal_past* what the deal's does.
    Raises :class:`ResolutionRefusedError`; then there is nothing to record.
    """
    check_open(rejection, settled)
    resolved = resolution_of(rejection, wanted)
    if wanted.deal is None:
        return [resolved]
    if isinstance(rejection.event, DealConflicted):
        return [resolved, *_replacing(rejection.event, deal_past, wanted)]
    assert isinstance(rejection.event, MessageRejected)
    # What a person made readable is then a confirmation like any other: news, a duplicate or a conflict.
    decision = decide(DealConfirmed(deal=wanted.deal, receipt=rejection.event.receipt), deal_past)
    if isinstance(decision, Append):
        return [resolved, decision.event]
    _check_counts(rejection.position, wanted.deal, decision.position, deal_past)
    return [resolved]


def _check_counts(number: int, deal: Deal, seen: int, past: Sequence[Recorded]) -> None:
    """Raise where content that was *seen* before is not what counts: to record it again would have no effect."""
    stands = standing(past)
    if stands is not None and stands[1].content == deal.content:
        return
    counts = "the deal was cancelled" if stands is None else f"what counts is position {stands[0]}"
    known = f"deal {deal.deal_id} of {deal.trader_id}, {deal.direction}, is known with just that content, from position"
    if any(each.position == seen and isinstance(each.event, DealConflicted) for each in past):
        raise ResolutionRefusedError(
            f"{known} {seen}, which is a rejection itself, a conflict; {counts}: whether that content counts is "
            f"settled with rejection {seen}, so discard rejection {number}"
        )
    raise ResolutionRefusedError(
        f"{known} {seen}, and it does not count any more; {counts}: discard rejection {number}, or ask the exchange"
    )


def standing(past: Sequence[Recorded]) -> tuple[int, Deal] | None:
    """Return position and content of what counts of a deal, ``None`` where it was cancelled or never was."""
    found: tuple[int, Deal] | None = None
    for recorded in past:
        match recorded.event:
            case DealConfirmed(deal=deal) | DealCorrected(deal=deal):
                found = (recorded.position, deal)
            case DealCancelled(replaces=replaced) if found is not None and found[0] == replaced:
                found = None
    return found


def _replacing(conflict: DealConflicted, past: Sequence[Recorded], wanted: Settling) -> list[Event]:
    """Put the conflicting content in the place of what stands; a deal that was cancelled is confirmed anew."""
    stands = standing(past)
    if stands is None:
        return [DealConfirmed(deal=conflict.deal, receipt=conflict.receipt)]
    position, before = stands
    if before.content == conflict.deal.content:
        return []
    return [
        DealCorrected(before=before, deal=conflict.deal, replaces=position, reason=wanted.reason, author=wanted.author)
    ]
