"""Row 20 of the fault matrix: the power fails, and of the journal only what was synced is on disk."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.journal.entries import MessageHeard
from adapters.journal.reader import open_journals
from tests.journal_entries import noted

RECEIVER = r"""
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.journal.entries import LineConnected, MessageHeard
from adapters.journal.writer import JournalWriter

def now():
    return datetime.now(UTC)

with JournalWriter(Path(sys.argv[1]), now, segment_bytes=20_000) as journal:
    journal.append(LineConnected("exchange/1", "c1", now()))
    for number in range(1, 41):
        journal.append(MessageHeard("exchange/1", "c1", now(), b"%d" % number + b" " * 1_000))
        journal.flush()
        os.write(1, b"%d\n" % number)
"""
"""Says a number as soon as the message of that number is promised."""

CALLS = "pwrite64,write,ftruncate,fdatasync,fsync,rename,unlink"
_CALL = re.compile(r"(\w+)\((.*)\) += (\d+)")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)>")


@pytest.mark.parametrize("row", ["row_20"])
def test_every_promised_message_survives_though_only_what_was_synced_does(tmp_path: Path, row: str) -> None:
    """20: un-fsynced data lost (power cut); I1 for all that was acknowledged."""
    if shutil.which("strace") is None:
        pytest.skip("not run: to see what is synced needs strace")
    trace, journal = tmp_path / "trace", tmp_path / "journal"
    traced = subprocess.run(
        ["strace", "-f", "-y", "-xx", "-s", "10000000", "-e", f"trace={CALLS}", "-o", str(trace),
         sys.executable, "-c", RECEIVER, str(journal)],
        capture_output=True, check=False,
    )  # fmt: skip
    if traced.returncode:
        pytest.skip(f"not run: strace may not run a process here: {traced.stderr.decode()}")
    promises = 0
    for promises, synced in enumerate(_promises(trace.read_text(), journal), 1):
        if promises % 3 and promises < 40:
            continue
        found = _found(synced, tmp_path / f"after {promises}")
        assert found[:promises] == list(range(1, promises + 1))
    assert promises == 40


def _promises(trace: str, folder: Path) -> Iterator[dict[str, bytes]]:
    """Yield, at each promise that was given, the files of the journal as a power cut would leave them."""
    written: dict[str, bytearray] = {}
    synced: dict[str, bytes] = {}
    for call, arguments, result in _calls(trace):
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments)]
        names = [text.decode() for text in texts if text.startswith(bytes(folder))]
        if call == "write":
            if arguments.startswith("1<"):
                yield dict(synced)
        elif call == "unlink":
            for name in names:
                written.pop(name, None)
                synced.pop(name, None)
        elif call == "rename" and names and names[0] in written:
            written[names[1]], synced[names[1]] = written.pop(names[0]), synced.pop(names[0], b"")
        elif (file := _file_of(arguments)).startswith(f"{folder}/"):
            _change(call, arguments, result, texts, written.setdefault(file, bytearray()))
            if call in ("fdatasync", "fsync"):
                synced[file] = bytes(written[file])


def _change(call: str, arguments: str, result: int, texts: list[bytes], content: bytearray) -> None:
    if call == "ftruncate":
        size = int(arguments.rpartition(", ")[2])
        content[size:] = bytes(max(0, size - len(content)))
    elif call == "pwrite64":
        at = int(arguments.rpartition(", ")[2])
        content.extend(bytes(max(0, at + result - len(content))))
        content[at : at + result] = texts[-1][:result]


def _calls(trace: str) -> Iterator[tuple[str, str, int]]:
    """Yield name, arguments and result of each call that succeeded, one that was interrupted where it ended."""
    begun: dict[str, str] = {}
    for line in trace.splitlines():
        thread, _, call = line.partition(" ")
        if "<unfinished ...>" in call:
            begun[thread] = call.replace("<unfinished ...>", "").rstrip()
            continue
        if resumed := _RESUMED.match(call.lstrip()):
            call = begun.pop(thread) + call.lstrip()[resumed.end() :]
        if found := _CALL.match(call.lstrip()):
            yield found[1], found[2], int(found[3])


def _file_of(arguments: str) -> str:
    named = _FILE.match(arguments)
    return bytes.fromhex(named[1].replace("\\x", "")).decode() if named else ""


def _found(files: dict[str, bytes], folder: Path) -> list[int]:
    """Return the numbers of the messages in a journal that consists of *files*, begun anew on the same machine."""
    folder.mkdir()
    for name, content in files.items():
        (folder / Path(name).name).write_bytes(content)
    numbers = []
    for reader in open_journals(folder):
        with reader:
            entries = noted(reader.read(1_000))
            numbers += [int(each.payload) for each in entries if isinstance(each, MessageHeard)]
    return numbers
