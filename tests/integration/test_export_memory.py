"""Does an export of any length take little memory, and little of what dashboards need?"""

import asyncio
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from graphql_api import exports
from graphql_api.deals_csv import CsvDeals
from graphql_api.deals_parquet import ROW_GROUP, ParquetDeals
from graphql_api.exports import Format, deal_pages
from projections.deals import deals as model
from projections.reading import DealFilter, Scope
from tests.desk import busy_day, desk
from tests.notation import deal, recorded

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("ending", "group"), [("csv", 10_000), ("parquet", ROW_GROUP)], ids=["csv", "parquet"])
async def test_a_file_of_any_length_takes_the_memory_of_one_row_group(ending: str, group: int) -> None:
    (row,) = model.fold(recorded([deal("anna buys 10 MW 08-09 at 20")]))
    form: Format = CsvDeals(1) if ending == "csv" else ParquetDeals(1)

    def writes(after: int, count: int) -> int:
        size = 0
        for start in range(after, after + count, 1_000):
            rows = [row._replace(position=start + n, deal_id=f"deal {start + n}") for n in range(1_000)]
            size += len(form.write(rows))
        return size

    before = pyarrow.total_allocated_bytes()
    tracemalloc.start()
    try:
        assert writes(0, group) > 50_000
        first = tracemalloc.get_traced_memory()[1] + pyarrow.total_allocated_bytes() - before
        tracemalloc.reset_peak()
        assert writes(group, group) > 50_000
        later = tracemalloc.get_traced_memory()[1] + pyarrow.total_allocated_bytes() - before
    finally:
        tracemalloc.stop()
    assert later < 1.5 * first
    assert first < 40_000_000
    assert form.end() or ending == "csv"


async def test_pages_of_exports_are_read_two_at_a_time(database: str) -> None:
    open_now = most = 0

    async with desk(database) as trading, trading.store() as store:
        await trading.knows(*busy_day())
        snapshot = store.snapshot

        def counted() -> Any:
            return _Counted(snapshot())

        class _Counted:
            def __init__(self, inner: Any) -> None:
                self._inner = inner

            async def __aenter__(self) -> Any:
                nonlocal open_now, most
                open_now += 1
                most = max(most, open_now)
                return await self._inner.__aenter__()

            async def __aexit__(self, *exc: object) -> None:
                nonlocal open_now
                open_now -= 1
                await self._inner.__aexit__(*exc)

        store.snapshot = counted  # type: ignore[method-assign]
        turns = asyncio.Semaphore(exports.AT_ONCE)

        async def reads() -> int:
            return sum([len(rows) async for rows in deal_pages(store, Scope(), DealFilter(), 12, turns)])

        assert await asyncio.gather(*(reads() for _ in range(6))) == [3] * 6
    assert most == exports.AT_ONCE


@pytest.mark.parametrize("module", ["wattbook.serve", "wattbook.commands", "adapters.log_export.reading"])
def test_nobody_carries_pyarrow_who_writes_no_parquet(module: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print('pyarrow' in sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "False\n"
