"""How is work on the whole log shared among the cores? In stretches, by processes that end with the one that asks."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

from wattbook.process import collect_garbage_rarely

T = TypeVar("T")


def each_stretch(work: Callable[[int, int], T], until: int, stretch: int) -> Iterator[tuple[T, int]]:
    """Yield what *work* makes of the positions above one up to another, for all up to *until*, as each is ready.

    With each comes how many positions it had. *work* goes to other processes where there is more than one stretch.
    """
    stretches = [(after, min(after + stretch, until)) for after in range(0, until, stretch)]
    if len(stretches) < 2:
        for after, end in stretches:
            yield work(after, end), end - after
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(min(len(stretches), os.cpu_count() or 1), context, _end_with_parent) as processes:
        try:
            asked = {processes.submit(work, after, end): end - after for after, end in stretches}
            for future in as_completed(list(asked)):
                # Nothing keeps what a stretch gave once it is taken.
                yield future.result(), asked.pop(future)
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
