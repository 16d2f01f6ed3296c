"""How is work on the whole log shared among the cores? In stretches, by processes that end with the one that asks."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Final, TypeVar

from wattbook.process import collect_garbage_rarely

T = TypeVar("T")

AHEAD: Final = 2
"""Stretches that are handed out for each core: the next one is there when one is done."""


def each_stretch(work: Callable[[int, int], T], until: int, stretch: int) -> Iterator[tuple[T, int]]:
    """Yield what *work* makes of the positions above one up to another, for all up to *until*, as each is ready.

    With each comes how many positions it had. *work* goes to other processes where there is more than one stretch.
    """
    return each_of(work, ((after, min(after + stretch, until)) for after in range(0, until, stretch)))


def each_of(work: Callable[[int, int], T], stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[T, int]]:
    """Yield the same for *stretches*, which are asked for as they are needed."""
    ahead = iter(stretches)
    first = list(islice(ahead, 2))
    if len(first) < 2:
        for after, end in first:
            yield work(after, end), end - after
        return
    ahead = chain(first, ahead)
    cores = os.cpu_count() or 1
    asked: dict[Future[T], int] = {}
    with ProcessPoolExecutor(cores, get_context("spawn"), _end_with_parent) as processes:
        try:
            while True:
                for after, end in islice(ahead, AHEAD * cores - len(asked)):
                    asked[processes.submit(work, after, end)] = end - after
                if not asked:
                    return
                done = wait(asked, return_when=FIRST_COMPLETED).done
                while done:
                    # Nothing keeps what a stretch gave once it is taken.
                    size = asked.pop(future := done.pop())
                    yield future.result(), size
                    del future
        except BrokenProcessPool:
            raise ChildProcessError(
                "a process that read a part of the log was killed; is there enough memory?"
            ) from None
        finally:
            processes.shutdown(wait=False, cancel_futures=True)


def _end_with_parent() -> None:
    """Leave Ctrl-C to the process that asks, and end when it is gone: it would be waited for in vain."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    collect_garbage_rarely()
    parent = parent_process()
    if parent is not None:
        Thread(target=_exit_after, args=(parent.join,), daemon=True).start()


def _exit_after(join: Callable[[], None]) -> None:
    join()
    os._exit(1)
