"""Over thousands of simulated days with faults at any step: nothing lost, doubled or made up outside told outages.

Each day is a schedule of its own: two lines and two recorders, partitions, resets, refusals,
kills, power cuts, replacements and a database that is away. A failure prints how to replay
it; ``DETANGLE_RUNS=20000`` tries more, ``DETANGLE_SEED=7`` others.
"""

import re
from typing import Final

import pytest

from tests.simulation.exploring import STRETCH, explore
from tests.simulation.machines import Breaks

DAYS: Final = 3_000


@pytest.mark.timeout(7_200)
def test_no_schedule_loses_doubles_or_makes_up_a_deal() -> None:
    tried = explore(DAYS)
    assert len(tried.schedules) == tried.days


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("breaks", "what"),
    [
        (Breaks(losses_are_not_noted=True), "is lost on line"),
        (Breaks(log_answers_before_it_commits=True), "safe on disk is not in the log"),
    ],
    ids=["a line that reconnects without a word", "a journal that is forgotten before the log has committed"],
)
def test_the_simulation_notices_a_rule_that_is_broken(
    breaks: Breaks, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pytest.fail.Exception, match=what) as found:
        explore(4 * STRETCH, breaks, shrink=False)
    replays = re.search(r"DETANGLE_REPLAY=(\S+)", str(found.value))
    assert replays is not None
    monkeypatch.setenv("DETANGLE_REPLAY", replays[1])
    with pytest.raises(pytest.fail.Exception, match=f"(?s)replaying.*{what}"):
        explore(4 * STRETCH, breaks)
