"""Which instant does a text name? One reading of RFC 3339 for everything that comes from outside."""

import re
from datetime import UTC, datetime
from typing import Final

from domain.errors import NotAnInstantError

_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


def parse_instant(text: str) -> datetime:
    """Return the instant, aware UTC, that *text* writes as RFC 3339 (``2023-02-06T06:13:45Z``).

    The offset is required; digits of a second's fraction past microseconds are cut off, however
    many there are. Raises :class:`NotAnInstantError` for anything else, also for a leap second
    and for instants outside the years 1 to 9999.
    """
    if _INSTANT.fullmatch(text) is None:
        raise NotAnInstantError(f"not a time with an offset, like 2023-02-06T06:13:45Z: {text[:40]!r}")
    try:
        instant = datetime.fromisoformat(text.upper())
        return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotAnInstantError(f"no such time: {text[:40]!r}") from error
