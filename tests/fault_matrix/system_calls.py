"""How does a test let system calls of a running process fail, hang or be its last? With strace, where there is one."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from tests.end_to_end.processes import Role
from tests.waiting import eventually


@asynccontextmanager
async def injected(role: Role, calls: str, fault: str) -> AsyncIterator[None]:
    """Let *calls* of *role* meet *fault* in the block, both in strace's own words; skip where that cannot be."""
    if shutil.which("strace") is None:
        pytest.skip("not run: faults in system calls need strace")
    pid = role.process.pid
    tracer = await asyncio.create_subprocess_exec(
        "strace", "-f", "-qq", "-o", os.devnull, "-p", str(pid),
        "-e", f"trace={calls}", "-e", f"inject={calls}:{fault}",
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        await eventually(lambda: tracer.returncode is not None or _is_traced(pid))
        # A fault may have ended the process, and strace with it, before anybody looked.
        if tracer.returncode is not None and role.running:
            _, why = await tracer.communicate()
            pytest.skip(f"not run: strace may not look into processes here: {why.decode()}")
        yield
    finally:
        with suppress(ProcessLookupError):
            tracer.terminate()
        await tracer.communicate()


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[None]:
    """Mount a file system of so many MiB at *folder*; skip where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("not run: a full disk needs root and the right to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left in *folder*; return the file to delete for having it back."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 9, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


def _is_traced(pid: int) -> bool:
    tasks = Path(f"/proc/{pid}/task").glob("*/status")
    return all("TracerPid:\t0\n" not in task.read_text() for task in tasks)
