"""What could not be read, or conflicts, and how was it settled? One row a rejection."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from domain.events import DealConflicted, MessageRejected, Recorded, RejectionResolved
from projections.read_model import ReadModel

SHOWN_BYTES: Final = 64 * 1024
"""How much of a rejected message is shown; the log keeps all of it."""


class RejectionRow(NamedTuple):
    """A rejection, found by the position of its event; who it concerns is ``None`` where that cannot be read.

    ``stands`` is where the content is recorded that a conflict came up against.
    """

    position: int
    recorded_at: datetime | None
    source: str | None
    reason: str | None
    trader_id: str | None
    delivery_day: date | None
    message: str | None
    stands: int | None
    resolution: str | None
    resolution_reason: str | None
    resolved_by: str | None
    resolved_position: int | None
    resolved_at: datetime | None


def contributions(recorded: Recorded) -> Sequence[RejectionRow]:
    """Return what one event says of a rejection."""
    match recorded.event:
        case MessageRejected() as event:
            return [
                _opened(
                    recorded,
                    event.receipt.source,
                    event.reason,
                    event.trader_id,
                    event.delivery_day,
                    event.receipt.original,
                    None,
                )
            ]
        case DealConflicted() as event:
            deal = event.deal
            return [
                _opened(
                    recorded,
                    event.receipt.source,
                    "CONFLICT",
                    deal.trader_id,
                    deal.period.day,
                    event.receipt.original,
                    event.stands,
                )
            ]
        case RejectionResolved() as event:
            return [RejectionRow(
                event.rejection, None, None, None, None, None, None, None,
                event.resolution, event.reason, event.author, recorded.position, recorded.recorded_at,
            )]  # fmt: skip
        case _:
            return []


def shown(original: bytes) -> str:
    """Return the first 64 KiB of a message: as text where all of it is UTF-8 without NUL, else in base64."""
    part = original[:SHOWN_BYTES]
    try:
        if "\0" not in original.decode():
            return part.decode(errors="ignore")  # only a character cut in two at the end is left out
    except UnicodeDecodeError:
        pass
    return "base64:" + b64encode(part).decode()


def _opened(
    recorded: Recorded,
    source: str,
    reason: str,
    trader_id: str | None,
    day: date | None,
    original: bytes,
    stands: int | None,
) -> RejectionRow:
    return RejectionRow(
        recorded.position, recorded.recorded_at, source, reason, trader_id, day, shown(original), stands,
        None, None, None, None, None,
    )  # fmt: skip


rejections = ReadModel(
    name="rejections",
    version=2,
    row=RejectionRow,
    key=("position",),
    contributions=contributions,
    merges=tuple(
        (column, "first known")
        for column in (
            "recorded_at",
            "source",
            "reason",
            "trader_id",
            "delivery_day",
            "message",
            "stands",
            "resolution",
            "resolution_reason",
            "resolved_by",
            "resolved_position",
            "resolved_at",
        )
    ),
    indexes=("delivery_day, trader_id", "resolved_position"),
)
