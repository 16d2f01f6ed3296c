"""Which rows has a day file? Written for tests in the desk's words."""

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from domain.canonical import time_text
from domain.events import Deal
from tests.notation import DAY

HEADER = "id,price,quantity,direction,delivery_day,delivery_hour,trader_id,execution_time"


def row_of(deal: Deal) -> str:
    """Return the row that says *deal*."""
    return (
        f"{deal.deal_id},{deal.price_eur_mwh:f},{deal.quantity_mw:f},{deal.direction},{deal.period.day},"
        f"{deal.period.label},{deal.trader_id},{time_text(deal.executed_at)}"
    )


def day_file(
    folder: Path, rows: Iterable[str | Deal], day: date = DAY, exchange: str = "exchange", written: str | None = None
) -> Path:
    """Write a day file, last written at the instant *written*, and return its path."""
    path = folder / f"{exchange}_trades_{day:%Y%m%d}.csv"
    lines = [HEADER, *(row if isinstance(row, str) else row_of(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if written is not None:
        at = datetime.fromisoformat(written).astimezone(UTC).timestamp()
        os.utime(path, (at, at))
    return path
