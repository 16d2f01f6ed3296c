"""Do the laws hold for so many messages of one seed, and what became of them?"""

from collections import Counter
from itertools import islice

from tests.fuzz.laws import LawBrokenError, outcome_of
from tests.fuzz.messages import Messages


def read_all(seed: int, count: int) -> Counter[str]:
    """Return how many messages became a deal, and how many were rejected for which reason."""
    outcomes: Counter[str] = Counter()
    for number, raw in enumerate(islice(Messages(seed), count), 1):
        try:
            outcomes[outcome_of(raw)] += 1
        except LawBrokenError as broken:
            raise LawBrokenError(f"message {number} of seed {seed}: {broken}", raw) from broken
    return outcomes
