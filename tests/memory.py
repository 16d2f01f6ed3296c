"""Where do tests put what need not outlive them? In memory, where the machine has enough of it."""

import shutil
from pathlib import Path


def folder_in_memory(room_bytes: int) -> Path | None:
    """Return a folder in memory with *room_bytes* free, ``None`` where there is none: the usual place serves then."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and shutil.disk_usage(folder).free >= room_bytes else None
