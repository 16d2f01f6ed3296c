"""How are times read that no calendar holds? PostgreSQL has some, and what was tampered with may say any of them.

They become the first or the last moment there is, so that whoever compares can say what is wrong.
"""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.datetime import DateBinaryLoader, DateLoader, TimestamptzBinaryLoader, TimestamptzLoader

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class _Instants(TimestamptzLoader):
    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _FIRST if bytes(data).startswith(b"-") or bytes(data).endswith(b"BC") else _LAST


class _BinaryInstants(TimestamptzBinaryLoader):
    def load(self, data: Buffer) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _FIRST if bytes(data)[0] & 0x80 else _LAST


class _Dates(DateLoader):
    def load(self, data: Buffer) -> date:
        try:
            return super().load(data)
        except psycopg.DataError:
            return date.min if bytes(data).startswith(b"-") or bytes(data).endswith(b"BC") else date.max


class _BinaryDates(DateBinaryLoader):
    def load(self, data: Buffer) -> date:
        try:
            return super().load(data)
        except psycopg.DataError:
            return date.min if bytes(data)[0] & 0x80 else date.max


def read_all_times(connection: psycopg.Connection[Any]) -> None:
    """Let *connection* read each time that the database can hold, several times slower than others."""
    adapters = connection.adapters
    adapters.register_loader("timestamptz", _Instants)
    adapters.register_loader("timestamptz", _BinaryInstants)
    adapters.register_loader("date", _Dates)
    adapters.register_loader("date", _BinaryDates)
