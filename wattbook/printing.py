"""How does a command print what is longer than memory, and what came from outside?"""

import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from domain.canonical import Fields

Row = TypeVar("Row")


def printable(text: str) -> str:
    """Return *text* on one line of which a terminal does nothing but print it.

    >>> printable("a\\x1b[31m b\\n")
    'a\\\\x1b[31m b\\\\n'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


async def print_json_array(rows: AsyncIterator[Row], fields: Callable[[Row], Fields]) -> None:
    """Print an array, one of *rows* at a time."""
    separator = "["
    async for row in rows:
        sys.stdout.write(separator + json.dumps(fields(row)))
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[" else "]\n")
