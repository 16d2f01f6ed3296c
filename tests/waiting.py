"""How does a test wait for something? For the condition itself, with a limit, never for a guessed time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count


async def eventually(condition: Callable[[], bool | Awaitable[bool]], within_s: float = 20) -> None:
    """Return as soon as *condition* holds; fail where it does not within so many seconds."""
    async with asyncio.timeout(within_s):
        for _ in count():
            holds = condition()
            if holds if isinstance(holds, bool) else await holds:
                return
            await asyncio.sleep(0.01)
