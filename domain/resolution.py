"""What follows when a person settles a rejection: which events, or why it cannot be settled like that?

Pure: run inside the append's transaction, beside what the streams hold at that moment, so
that of two people who settle one rejection at once the second is refused.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import AlreadySettledError, NoSuchRejectionError, ResolutionRefusedError
from domain.events import (
    Deal,
    DealCancelled,
    DealConfirmed,
    DealConflicted,
    DealCorrected,
    Event,
    MessageRejected,
    Recorded,
    RejectionResolved,
)
from domain.recording import Append, decide

ACCEPTED: Final = "accepted"
DISCARDED: Final = "discarded"
LONGEST_REASON: Final = 500

_NOT_IN_REASONS: Final = frozenset(("Cc", "Cs", "Zl", "Zp"))


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


def settle(
    rejection: Recorded | None, settled: Sequence[Recorded], deal_past: Sequence[Recorded], wanted: Settling
) -> list[Event]:
    """Return the events that settle *rejection*: the resolution first, then what follows from it.

    *settled* is what its resolution's stream holds, *deal_past* what the deal's does.
    Raises :class:`ResolutionRefusedError`; then there is nothing to record.
    """
    if rejection is None or not isinstance(rejection.event, MessageRejected | DealConflicted):
        raise NoSuchRejectionError("there is no rejection of that id")
    for before in settled:
        if isinstance(before.event, RejectionResolved):
            raise AlreadySettledError(
                f"rejection {rejection.position} is already settled by {before.event.author}: "
                f"{before.event.resolution} ({before.event.reason})"
            )
    resolved = RejectionResolved(
        rejection=rejection.position, resolution=wanted.resolution, reason=wanted.reason, author=wanted.author
    )
    if wanted.deal is None:
        return [resolved]
    if isinstance(rejection.event, DealConflicted):
        return [resolved, *_replacing(rejection.event, deal_past, wanted)]
    # What a person made readable is then a confirmation like any other: news, a duplicate or a conflict.
    decision = decide(DealConfirmed(deal=wanted.deal, receipt=rejection.event.receipt), deal_past)
    return [resolved, decision.event] if isinstance(decision, Append) else [resolved]


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
