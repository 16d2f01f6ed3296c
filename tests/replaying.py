"""Which performances are replayed from which logs, and what must every replay of them print?"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Event
from domain.performance import Moment
from tests.desk import desk, settings_for
from tests.histories import DAYS, TRADERS, histories
from wattbook.report import report

any_performance: Final = given(
    log=histories(),
    trader=st.none() | st.sampled_from([*TRADERS, "nobody"]),
    day=st.sampled_from(DAYS),
    back=st.integers(0, 60),
)
"""Tries any performance of any history, *back* before its end. Each history goes on where the one before it ended."""


async def reported(
    database: str,
    folder: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    events: Sequence[Event],
    trader: str | None,
    day: date,
    back: int,
) -> tuple[Moment, bytes]:
    """Record *events*; return what the report prints as of *back* before the last of them, and as of when that is."""
    async with desk(database) as trading:
        await trading.knows(*events)
        async with trading.store() as store:
            moment = Moment(max(0, (await store.positions()).head - back))
        capsysbinary.readouterr()
        await report(settings_for(folder), database, trader, day, moment, as_json=True)
        return moment, capsysbinary.readouterr().out
