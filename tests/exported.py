"""How does a test export a log, and look at what was exported?"""

from pathlib import Path

from adapters.event_log.raw_log import RawLog
from adapters.log_export.reading import ExportedLog
from adapters.log_export.writing import LogExported, export_log


def exported(url: str, folder: Path, until: int | None = None, block_size: int = 5) -> LogExported:
    with RawLog(url) as log:
        return export_log(log, folder, log.head().position if until is None else until, lambda _: None, block_size)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def everything(folder: Path) -> list[object]:
    with ExportedLog(folder) as log:
        return [event for page in log.pages(0, log.head().position) for event in page]
