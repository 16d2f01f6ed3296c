"""How do clients page through lists? By Relay connections over keys, which hold while rows arrive."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import strawberry

from domain.canonical import Fields
from graphql_api.audit_types import Report
from graphql_api.errors import BadInputError
from graphql_api.limits import PAGE
from graphql_api.types import Deal, Event, Rejection
from projections.reading import Key, Page, Slice

Row = TypeVar("Row")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class DealEdge:
    node: Deal
    cursor: str


@strawberry.type
class DealConnection:
    edges: list[DealEdge]
    page_info: PageInfo


@strawberry.type
class EventEdge:
    node: Event
    cursor: str


@strawberry.type
class EventConnection:
    edges: list[EventEdge]
    page_info: PageInfo


@strawberry.type
class RejectionEdge:
    node: Rejection
    cursor: str


@strawberry.type
class RejectionConnection:
    edges: list[RejectionEdge]
    page_info: PageInfo


@strawberry.type
class ReportEdge:
    node: Report
    cursor: str


@strawberry.type
class ReportConnection:
    edges: list[ReportEdge]
    page_info: PageInfo


class Cursors:
    """The cursors of one sort order: its name and a row's key, opaque to clients.

    ``kinds`` says what each part of the key is: ``"t"`` a time, ``"n"`` a number.
    """

    def __init__(self, order: str, kinds: str) -> None:
        self._order = order
        self._kinds = kinds

    def write(self, key: Key) -> str:
        """Return the cursor of the row with *key*."""
        parts = [str((part - _EPOCH) // _MICROSECOND) if isinstance(part, datetime) else str(part) for part in key]
        return urlsafe_b64encode(":".join([self._order, *parts]).encode()).decode().rstrip("=")

    def read(self, cursor: str) -> Key:
        """Return the key in *cursor*; raise :class:`BadInputError` if it is none of this order's."""
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            order, *parts = urlsafe_b64decode(padded).decode("ascii").split(":")
            if order != self._order or len(parts) != len(self._kinds) or self._plainly(parts) != parts:
                raise ValueError
            return tuple(
                _EPOCH + int(part) * _MICROSECOND if kind == "t" else int(part)
                for kind, part in zip(self._kinds, parts, strict=True)
            )
        except (ValueError, OverflowError) as error:
            raise BadInputError(f"not a cursor of this list in this order: {cursor[:80]!r}") from error

    @staticmethod
    def _plainly(parts: Sequence[str]) -> list[str]:
        return [str(number) for part in parts if -(2**63) <= (number := int(part)) < 2**63]


def page(
    cursors: Cursors,
    first: int | None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """Return the page that the arguments of a connection ask for; raise :class:`BadInputError` if they are odd."""
    if first is not None and last is not None:
        raise BadInputError("either first or last, not both")
    limit = rows(last if last is not None else 50 if first is None else first)
    return Page(
        limit=limit,
        after=None if after is None else cursors.read(after),
        before=None if before is None else cursors.read(before),
        from_end=last is not None,
    )


def rows(limit: int) -> int:
    """Return *limit*; raise :class:`BadInputError` where no answer has so many rows."""
    if not 0 <= limit <= PAGE:
        raise BadInputError(f"a page has 0 to {PAGE} rows, not {limit}")
    return limit


def connection_fields(
    found: Slice[Row],
    asked: Page,
    cursors: Cursors,
    key: Callable[[Row], Key],
    fields: Callable[[Row], Fields],
) -> Fields:
    """Return the fields of a connection with the rows that were found for a page."""
    edges: list[Fields] = [{"node": fields(row), "cursor": cursors.write(key(row))} for row in found.rows]
    return {
        "edges": [*edges],
        "pageInfo": {
            "hasNextPage": asked.before is not None if asked.from_end else found.more,
            "hasPreviousPage": found.more if asked.from_end else asked.after is not None,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }
