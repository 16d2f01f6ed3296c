"""How do deals become Parquet, row group by row group, without ever being in memory together?

pyarrow is imported where a first file is written: nobody else carries its memory.
"""

import io
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final

from graphql_api.deals_csv import COLUMNS
from projections.deals import DealRow

ROW_GROUP: Final = 50_000
"""Rows of a group: about 8 MB in memory, and few enough groups that a reader skips whole ones."""

_VALUES: Final[dict[str, Callable[[DealRow], object]]] = {
    "id": lambda row: row.deal_id,
    "price": lambda row: row.price_eur_mwh,
    "quantity": lambda row: row.quantity_mw,
    "direction": lambda row: row.direction,
    "delivery_day": lambda row: row.delivery_day,
    "delivery_hour": lambda row: row.label,
    "trader_id": lambda row: row.trader_id,
    "execution_time": lambda row: row.executed_at,
    "position": lambda row: row.position,
    "recorded_at": lambda row: row.recorded_at,
    "energy_mwh": lambda row: row.energy_mwh,
    "delivery_start": lambda row: row.delivery_start,
    "delivery_end": lambda row: row.delivery_start + timedelta(minutes=row.minutes),
}
_OF_FEW_VALUES: Final = ("direction", "delivery_hour", "trader_id")


class ParquetDeals:
    """Writes deals as Parquet: decimals exact, times in UTC to the microsecond, the position in its metadata."""

    ending: ClassVar[str] = "parquet"
    media_type: ClassVar[str] = "application/vnd.apache.parquet"

    def __init__(self, position: int) -> None:
        import pyarrow
        from pyarrow import parquet

        self._arrow = pyarrow
        self._schema = _schema(pyarrow).with_metadata({"wattbook.position": str(position)})
        self._outbox = _Outbox()
        self._writer = parquet.ParquetWriter(
            self._outbox, self._schema, compression="zstd", use_dictionary=[*_OF_FEW_VALUES]
        )
        self._waiting: list[Any] = []
        self._rows = 0

    def write(self, rows: Sequence[DealRow]) -> bytes:
        """Take *rows*; return what of the file is ready, which is nothing until a row group is full."""
        columns = [
            self._arrow.array([value(row) for row in rows], self._schema.field(name).type)
            for name, value in _VALUES.items()
        ]
        self._waiting.append(self._arrow.record_batch(columns, schema=self._schema))
        self._rows += len(rows)
        if self._rows >= ROW_GROUP:
            self._write_group()
        return self._outbox.taken()

    def end(self) -> bytes:
        """Return the rest of the file."""
        if self._rows:
            self._write_group()
        self._writer.close()
        return self._outbox.taken()

    def _write_group(self) -> None:
        table = self._arrow.Table.from_batches(self._waiting, self._schema)
        self._writer.write_table(table, row_group_size=self._rows)
        self._waiting, self._rows = [], 0


class _Outbox(io.RawIOBase):
    """A file that hands on what was written to it, and keeps nothing but how much that was."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, part: Any) -> int:
        written = bytes(part)
        self._parts.append(written)
        self._size += len(written)
        return len(written)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _schema(arrow: Any) -> Any:
    # A deal has at most 6 decimals and a magnitude of a million; a quarter of an hour adds two. 18 digits are 64 bits.
    amount, energy, time = arrow.decimal128(18, 6), arrow.decimal128(18, 8), arrow.timestamp("us", tz="UTC")
    types = {
        "price": amount,
        "quantity": amount,
        "energy_mwh": energy,
        "delivery_day": arrow.date32(),
        "position": arrow.int64(),
        **dict.fromkeys(("execution_time", "recorded_at", "delivery_start", "delivery_end"), time),
    }
    return arrow.schema([arrow.field(name, types.get(name, arrow.string()), nullable=False) for name in COLUMNS])
