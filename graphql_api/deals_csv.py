"""How do deals become CSV that a spreadsheet may open? The day file's columns, with no text that is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Final

from domain.canonical import day_text, decimal_text, time_text
from projections.deals import DealRow

COLUMNS: Final = (
    "id", "price", "quantity", "direction", "delivery_day", "delivery_hour", "trader_id", "execution_time",
    "position", "recorded_at", "energy_mwh", "delivery_start", "delivery_end",
)  # fmt: skip
"""The eight columns of a day file, then what only the log knows."""

_FORMULA: Final = re.compile(r"(^|[;\t])(?=\s*[=+\-@＝＋－＠\t\r\n'])")
_MARKED: Final = re.compile(r"(^|[;\t])'")


class CsvDeals:
    """Writes deals as CSV in UTF-8, page by page, with a header."""

    ending: ClassVar[str] = "csv"
    media_type: ClassVar[str] = "text/csv; charset=utf-8; header=present"

    def __init__(self, position: int) -> None:
        self._header: Sequence[Sequence[str]] = (COLUMNS,)

    def write(self, rows: Iterable[DealRow]) -> bytes:
        """Return the lines of *rows*, after the header where nothing was written before."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerows(self._header)
        lines.writerows(map(_cells, rows))
        self._header = ()
        return text.getvalue().encode()

    def end(self) -> bytes:
        """Return what comes after the last row."""
        return b""


def harmless(text: str) -> str:
    """Return *text* with an apostrophe before all that a spreadsheet could take for a formula.

    That is what begins, be it after blanks, with ``=``, ``+``, ``-``, ``@`` or their full-width forms, a tab or
    a line end; at the start of the cell, or behind what ends a cell where commas do not. An apostrophe in such a
    place gets another, so that :func:`as_it_was` is exact.

    >>> harmless("=1+1"), harmless("trader_1"), harmless("x;@SUM(1)")
    ("'=1+1", 'trader_1', "x;'@SUM(1)")
    """
    return _FORMULA.sub(r"\1'", text)


def as_it_was(cell: str) -> str:
    """Return the text that :func:`harmless` made *cell* of.

    >>> as_it_was("'=1+1"), as_it_was("''quoted'")
    ('=1+1', "'quoted'")
    """
    return _MARKED.sub(r"\1", cell)


def _cells(row: DealRow) -> tuple[str | int, ...]:
    return (
        harmless(row.deal_id),
        decimal_text(row.price_eur_mwh),
        decimal_text(row.quantity_mw),
        row.direction,
        day_text(row.delivery_day),
        row.label,
        harmless(row.trader_id),
        time_text(row.executed_at),
        row.position,
        time_text(row.recorded_at),
        decimal_text(row.energy_mwh),
        *_delivery(row.delivery_start, row.minutes),
    )


@lru_cache(maxsize=1_024)
def _delivery(start: datetime, minutes: int) -> tuple[str, str]:
    return time_text(start), time_text(start + timedelta(minutes=minutes))
