"""How is a network made whose cable a test may pull? A namespace of its own, reached over a pair of virtual cards."""

import asyncio
import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

_CLONE_NEWNET: Final = 0x40000000
_NAMES: Final = Path("/run/netns")


class Cable:
    """A network of two ends: this machine, and a namespace in which a test listens at ``address``."""

    def __init__(self, name: str, network: str) -> None:
        self.name = name
        self.near = f"{network}.1"
        self.address = f"{network}.2"

    def listening_socket(self) -> socket.socket:
        """Return a socket that listens at the far end; it is used like any other of this process."""
        made: list[socket.socket | OSError] = []

        def make() -> None:
            # Only this thread enters the namespace, and it ends there.
            with (_NAMES / self.name).open() as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
                    made.append(OSError(ctypes.get_errno(), "the namespace cannot be entered"))
                    return
            made.append(socket.create_server((self.address, 0)))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        (result,) = made
        if isinstance(result, OSError):
            raise result
        return result

    async def pull(self) -> None:
        """Drop everything from now on, without a word to either end."""
        await asyncio.to_thread(_ip, "-n", self.name, "link", "set", "far", "down")

    async def plug_in(self) -> None:
        """Let everything through again."""
        await asyncio.to_thread(_ip, "-n", self.name, "link", "set", "far", "up")


@contextmanager
def cable() -> Iterator[Cable]:
    """Yield a network that is gone afterwards; the test is skipped where none can be made."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("not run: needs root and ip")
    number = os.getpid() % 16_000
    made = Cable(f"wattbook{os.getpid()}", f"10.{192 + number // 256}.{number % 256}")
    near = f"wb{os.getpid()}"
    try:
        _ip("netns", "add", made.name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"not run: needs root and ip ({error.stderr.strip()})")
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", "far", "netns", made.name)
        _ip("address", "add", f"{made.near}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", made.name, "address", "add", f"{made.address}/30", "dev", "far")
        _ip("-n", made.name, "link", "set", "far", "up")
        yield made
    finally:
        # The near card goes with the pair; it may never have come to be.
        with suppress(subprocess.CalledProcessError):
            _ip("link", "delete", near)
        _ip("netns", "delete", made.name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
