"""How are figures shown to a person on a terminal? One row of a table, rounded only here."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from rich.table import Table

from domain.decimals import rounded
from domain.figures import Figures
from wattbook.settings import Settings

HEADINGS: Final = (
    "Light", "Delta", "Average", "Reference", "Bought", "Sold", "Position", "PnL EUR", "vs reference",
)  # fmt: skip


def add_columns(table: Table) -> None:
    """Add the columns of :func:`cells` to *table*."""
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "Light" else "right")


def local_time(moment: datetime, settings: Settings) -> str:
    """Return *moment* in the market's time."""
    return f"{moment.astimezone(settings.timezone):%-d %b %Y %H:%M:%S %Z}"


def cells(figures: Figures) -> list[str]:
    """Return a row of the table: what a person compares, rounded."""
    return [
        figures.light.lower() if figures.light_reason is None else figures.light_reason.lower().replace("_", " "),
        shown(figures.delta, 2),
        shown(figures.average_price, 2),
        shown(figures.reference_price, 2),
        shown(figures.totals.bought_mwh, 3),
        shown(figures.totals.sold_mwh, 3),
        shown(figures.position_mwh, 3),
        shown(figures.pnl_eur, 2),
        shown(figures.pnl_against_reference_eur, 2),
    ]


def shown(value: Decimal | Fraction | None, decimals: int) -> str:
    """Return *value* as a person reads it: rounded half to even, ``-`` where it is unknown."""
    if value is None:
        return "-"
    exact = rounded(Fraction(value), decimals)
    return f"{exact if exact else exact.copy_abs():,f}"
