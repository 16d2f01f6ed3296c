"""How do the read models follow the log?"""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.read_models.page_folding import folded
from domain.errors import FencedError, LogDamagedError
from domain.events import Recorded
from projections import READ_MODELS
from projections.read_model import AnyReadModel, Folded
from projections.runner import PAGE, RawEvent, Runner, check_contiguous
from tests.notation import deal, recorded
from tests.raw_events import raw

LOG = recorded(deal("anna buys 10 MW 08-09 at 40", deal_id=str(number)) for number in range(10))
TABLES = [model.table for model in READ_MODELS]


class LogInMemory:
    """A log that a test writes to."""

    def __init__(self, events: Sequence[Recorded]) -> None:
        self.events = list(events)
        self.asked: list[tuple[int, int]] = []
        self.waited = asyncio.Event()

    async def raw(self, after: int, limit: int) -> Sequence[RawEvent]:
        self.asked.append((after, limit))
        return raw([recorded for recorded in self.events if recorded.position > after][:limit])

    async def wait(self, seconds: float) -> None:
        self.waited.set()
        await asyncio.sleep(0)


class TablesInMemory:
    """Tables that remember what was applied, and fence like the real ones."""

    def __init__(self, **checkpoints: int) -> None:
        self.positions = dict.fromkeys(TABLES, 0) | checkpoints
        self.applied: list[tuple[list[str], int, int]] = []

    async def checkpoints(self) -> dict[str, int]:
        return dict(self.positions)

    async def begin_anew(self, read_models: Sequence[AnyReadModel]) -> None:
        self.positions |= {model.table: 0 for model in read_models}

    def fold(self, page: Sequence[RawEvent], read_models: Sequence[AnyReadModel]) -> Folded:
        return folded(page, read_models)

    async def apply(self, folded: Folded, expected: int, new: int) -> None:
        tables = [model.table for model, _ in folded]
        if any(self.positions[table] != expected for table in tables):
            raise FencedError("moved")
        self.positions |= dict.fromkeys(tables, new)
        self.applied.append((tables, expected, new))


async def test_one_page_brings_all_read_models_to_the_head() -> None:
    tables = TablesInMemory()
    runner = Runner(LogInMemory(LOG), tables, READ_MODELS)
    assert [await runner.step(), await runner.step()] == [10, 0]
    assert tables.applied == [(TABLES, 0, 10)]


async def test_those_behind_catch_up_first_and_then_all_go_on_together() -> None:
    tables = TablesInMemory(**{TABLES[0]: 4, TABLES[1]: 7})
    runner = Runner(LogInMemory(LOG), tables, READ_MODELS)
    assert [await runner.step() for _ in range(4)] == [4, 3, 3, 0]
    assert tables.applied == [(TABLES[2:], 0, 4), ([TABLES[0], *TABLES[2:]], 4, 7), (TABLES, 7, 10)]


async def test_one_of_which_nothing_says_how_far_it_is_begins_anew_and_catches_up() -> None:
    tables = TablesInMemory(**dict.fromkeys(TABLES, 10))
    del tables.positions[TABLES[1]]
    runner = Runner(LogInMemory(LOG), tables, READ_MODELS)
    assert [await runner.step(), await runner.step()] == [10, 0]
    assert tables.applied == [([TABLES[1]], 0, 10)]


async def test_a_page_is_limited() -> None:
    log = LogInMemory(LOG)
    await Runner(log, TablesInMemory(), READ_MODELS).step()
    assert log.asked == [(0, PAGE)]


@pytest.mark.parametrize("missing", [1, 2, 9])
async def test_a_hole_halts_before_anything_is_applied(missing: int) -> None:
    tables = TablesInMemory()
    log = LogInMemory([recorded for recorded in LOG if recorded.position != missing])
    with pytest.raises(LogDamagedError, match=f"position {missing}:"):
        await Runner(log, tables, READ_MODELS).run(asyncio.Event())
    assert tables.applied == []


@pytest.mark.parametrize("page", [[LOG[0], LOG[0]], [LOG[1], LOG[0]], [LOG[1]]])
def test_positions_that_do_not_follow_each_other_are_damage(page: list[Recorded]) -> None:
    with pytest.raises(LogDamagedError):
        check_contiguous(page, after=0)


async def test_a_fenced_runner_says_so_and_can_go_on() -> None:
    class Overtaken(TablesInMemory):
        overtaken = False

        async def apply(self, folded: Folded, expected: int, new: int) -> None:
            if not self.overtaken:
                self.overtaken, self.positions = True, dict.fromkeys(TABLES, 3)
            await super().apply(folded, expected, new)

    tables = Overtaken()
    runner = Runner(LogInMemory(LOG), tables, READ_MODELS)
    with pytest.raises(FencedError):
        await runner.step()
    assert await runner.step() == 7
    assert tables.applied == [(TABLES, 3, 10)]


async def test_it_follows_the_log_until_it_is_stopped() -> None:
    log, tables, stop = LogInMemory(LOG[:3]), TablesInMemory(), asyncio.Event()
    following = asyncio.create_task(Runner(log, tables, READ_MODELS).run(stop))
    await asyncio.wait_for(log.waited.wait(), 10)
    log.events.append(LOG[3])
    log.waited.clear()
    await asyncio.wait_for(log.waited.wait(), 10)
    assert tables.applied == [(TABLES, 0, 3), (TABLES, 3, 4)]
    stop.set()
    await asyncio.wait_for(following, 10)
