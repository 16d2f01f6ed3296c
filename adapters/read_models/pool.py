"""How does a reader come by a connection, and what does it learn when that fails?"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from psycopg import AsyncConnection, AsyncCursor, IsolationLevel
from psycopg.abc import Params, QueryNoTemplate
from psycopg.errors import InFailedSqlTransaction, QueryCanceled
from psycopg.rows import TupleRow, tuple_row
from psycopg_pool import AsyncConnectionPool

from adapters.postgres.outage import AWAY
from domain.errors import DatabaseUnavailableError, QueryTooLongError

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

STATEMENT_S: Final = 15.0
"""How long one read may take."""

_OPTIONS: Final = "-c timezone=UTC -c statement_timeout={}ms -c idle_in_transaction_session_timeout=60s"


class ReadCursor(AsyncCursor[Any]):
    """Tells in the project's own terms why something could not be read."""

    async def execute(  # type: ignore[override]  # templates are of a later Python
        self,
        query: QueryNoTemplate,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """Run a query; raise :class:`QueryTooLongError` or :class:`DatabaseUnavailableError` where that fails."""
        try:
            return await super().execute(query, params, prepare=prepare, binary=binary)
        except QueryCanceled as error:
            raise QueryTooLongError(
                "this takes too long to read; narrow the filter, or ask for less at once"
            ) from error
        except InFailedSqlTransaction as error:
            raise DatabaseUnavailableError("not read, since another part of the same operation failed") from error
        except AWAY as error:
            raise DatabaseUnavailableError(f"the database has gone away: {str(error).strip()}") from error


def pool_of_snapshots(conninfo: str, size: int, statement_s: float) -> Pool:
    """Return a pool whose connections read from one snapshot until they are given back."""
    return _pool(conninfo, size, statement_s, _hold_still)


def pool_of_reads(conninfo: str, size: int, statement_s: float) -> Pool:
    """Return a pool whose connections read what is newest."""
    return _pool(conninfo, size, statement_s, None)


@asynccontextmanager
async def borrowed(pool: Pool) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """Yield a connection; raise :class:`DatabaseUnavailableError` where there is none."""
    try:
        connection = await pool.getconn()
    except AWAY as error:
        raise DatabaseUnavailableError("the database does not answer") from error
    try:
        yield connection
    except AWAY as error:
        raise DatabaseUnavailableError(f"the database has gone away: {str(error).strip()}") from error
    finally:
        await pool.putconn(connection)


async def first(
    connection: AsyncConnection[TupleRow], pool: Pool, query: str, arguments: Params
) -> AsyncCursor[TupleRow]:
    """Run the first query on a borrowed connection; one that died in the pool takes all dead ones along."""
    try:
        return await connection.execute(query, arguments, prepare=True)
    except DatabaseUnavailableError:
        if connection.closed:
            await pool.check()
        raise


def _pool(
    conninfo: str,
    size: int,
    statement_s: float,
    configure: Callable[[AsyncConnection[TupleRow]], Awaitable[None]] | None,
) -> Pool:
    return AsyncConnectionPool(
        conninfo,
        kwargs={
            "autocommit": configure is None,
            "row_factory": tuple_row,
            "cursor_factory": ReadCursor,
            "options": _OPTIONS.format(round(statement_s * 1000)),
        },
        configure=configure,
        min_size=1,
        max_size=size,
        timeout=5,
        # The pause between two tries doubles: a pool that tried for long would come back late.
        reconnect_timeout=10,
        open=False,
        name="wattbook-read",
    )


async def _hold_still(connection: AsyncConnection[TupleRow]) -> None:
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)
