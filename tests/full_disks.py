"""How does a test fill a disk?"""

from pathlib import Path


def fill(folder: Path) -> Path:
    """Take all the room that is left in *folder*."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler
