"""What may lie in the journal folder that is no sound journal?"""

from datetime import datetime
from pathlib import Path

from adapters.journal.entries import LineConnected
from adapters.journal.writer import JournalWriter
from tests.journal_entries import heard

_GARBAGE = b"this is no database" * 1_000


def garbage(folder: Path) -> Path:
    """Put a file of garbage under a journal's name, older than every journal."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "20200101T000000.000000Z-00000000.sqlite"
    path.write_bytes(_GARBAGE)
    return path


def damaged(folder: Path, started_at: datetime) -> Path:
    """Leave the journal of a dead receiver whose later half is garbage: early entries can be read, none be added."""
    with JournalWriter(folder, lambda: started_at) as writer:
        writer.append(LineConnected("exchange/1", "of the damaged journal", started_at))
        for number in range(200):
            writer.append(heard(b"%d" % number + b" " * 3_000))
    whole = writer.path.read_bytes()
    half = len(whole) // 2
    writer.path.write_bytes(whole[:half] + (_GARBAGE * 100)[: len(whole) - half])
    return writer.path
