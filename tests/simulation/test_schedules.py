"""Over hundreds of simulated days with faults at any step: nothing lost, doubled or made up outside told outages.

Each day is a schedule of its own: two lines and two recorders, partitions, resets, refusals,
kills, power cuts, replacements and a database that is away. A failure prints how to replay
it; ``DETANGLE_RUNS=5000`` tries more, ``DETANGLE_SEED`` others.
"""

import logging
from functools import partial

import detangle
import pytest

from tests.simulation.machines import Breaks
from tests.simulation.world import NET, simulated_day


@pytest.fixture(autouse=True)
def _without_the_log() -> object:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def explore(runs: int, breaks: Breaks | None = None, *, shrink: bool = True) -> detangle.ExploreStats:
    return detangle.explore(
        partial(simulated_day, breaks=breaks),
        runs=runs,
        strategy="random",
        seed=1,
        shrink=shrink,
        database=False,
        net=NET,
        step_cost=0.000_05,
        max_steps=2_000_000,
    )


@pytest.mark.timeout(7_200)
def test_no_schedule_loses_doubles_or_makes_up_a_deal() -> None:
    stats = explore(150)
    assert stats.distinct_schedules == stats.runs


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("breaks", "what"),
    [
        (Breaks(losses_are_not_noted=True), "is lost on line"),
        (Breaks(log_answers_before_it_commits=True), "safe on disk is not in the log"),
    ],
    ids=["a line that reconnects without a word", "a journal that is forgotten before the log has committed"],
)
def test_the_simulation_notices_a_rule_that_is_broken(breaks: Breaks, what: str) -> None:
    with pytest.raises(detangle.BugFound, match=what):
        explore(100, breaks, shrink=False)
