"""Which answers need not be computed again? Those of the same question at the same position, for a moment."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class RecentAnswers(Generic[Answer]):
    """Keeps answers by what they were computed from, ``size`` of them, each for ``seconds``.

    An answer at a position never changes; it is forgotten all the same, so that read models
    which were repaired show at once. ``clock`` gives seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float], size: int = 256, seconds: float = 2.0) -> None:
        self._clock = clock
        self._size = size
        self._seconds = seconds
        self._known: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()

    def get(self, key: Hashable) -> Answer | None:
        """Return the answer for *key*, ``None`` where none is fresh enough."""
        entry = self._known.get(key)
        if entry is None or self._clock() - entry[0] > self._seconds:
            return None
        return entry[1]

    def put(self, key: Hashable, answer: Answer) -> None:
        """Keep *answer* for *key*."""
        self._known.pop(key, None)
        self._known[key] = (self._clock(), answer)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
