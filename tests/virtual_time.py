"""How do hours pass in a test? Whenever every task waits, the clock goes on to the next thing to do."""

import asyncio
import selectors
from collections.abc import Coroutine


class _SkippingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("every task waits for something that never happens")
        self.now += max(timeout, 0.0)
        return super().select(0)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, selector: _SkippingSelector) -> None:
        super().__init__(selector)
        self._clock = selector

    def time(self) -> float:
        return self._clock.now


def run_in_virtual_time(coroutine: Coroutine[object, object, None]) -> None:
    """Run *coroutine*: its loop's time starts at 0 and never waits. No I/O may be in it."""
    loop = _VirtualLoop(_SkippingSelector())
    try:
        loop.run_until_complete(coroutine)
    finally:
        loop.close()
