"""How are thousands of days tried in minutes? In stretches on all cores, where each day has a number of its own."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Final

import detangle
import pytest
from detangle._settings import get as setting_of

from tests.simulation.machines import Breaks
from tests.simulation.world import NET, simulated_day
from wattbook.stretches import each_stretch

STRETCH: Final = 50
"""Days that a process tries before it tells; a failure elsewhere is waited for no longer than these take."""


@dataclass(frozen=True)
class Tried:
    """How many days were tried, which schedules they were, and how to replay the day that failed, if one did."""

    days: int = 0
    schedules: frozenset[int] = frozenset()
    failure: str = ""


class NumberedDays(detangle.RandomWalk):
    """Random schedules past number *after*: a number means the same schedule, whichever process tries it."""

    def __init__(self, seed: int, after: int) -> None:
        super().__init__(seed)
        self._after = after

    def start(self, run_index: int) -> None:
        super().start(self._after + run_index)

    def describe(self) -> str:
        return f"random(seed={self.seed}), past day {self._after}"


def explore(days: int, breaks: Breaks | None = None, *, shrink: bool = True) -> Tried:
    """Try as many *days*, or as ``DETANGLE_RUNS`` says, on all cores; with ``DETANGLE_REPLAY``, that day alone.

    Fails at the first day that does, with what replays it, whichever process found it.
    """
    until = 1 if setting_of("replay") else int(setting_of("runs", days))
    work = partial(try_stretch, seed=int(setting_of("seed", 1)), breaks=breaks, shrink=shrink)
    whole = Tried()
    for tried, _ in each_stretch(work, until, STRETCH):
        if tried.failure:
            pytest.fail(tried.failure, pytrace=False)
        whole = Tried(whole.days + tried.days, whole.schedules | tried.schedules)
    return whole


def try_stretch(after: int, until: int, *, seed: int, breaks: Breaks | None, shrink: bool) -> Tried:
    """Try the days past number *after* up to number *until*, in this process."""
    logging.disable(logging.CRITICAL)
    try:
        with pytest.MonkeyPatch.context() as patch:
            # The environment goes before arguments, and what it says is the number of all days.
            patch.setenv("DETANGLE_RUNS", str(until - after))
            stats = detangle.explore(
                partial(simulated_day, breaks=breaks),
                strategy=NumberedDays(seed, after),
                shrink=shrink,
                database=False,
                net=NET,
                step_cost=0.000_05,
                max_steps=2_000_000,
            )
    except detangle.BugFound as bug:
        return Tried(failure=str(bug))
    finally:
        logging.disable(logging.NOTSET)
    return Tried(stats.runs, frozenset(stats._schedules))
