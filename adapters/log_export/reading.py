"""What does an exported log say? The same pages that the log itself gives, each byte checked on the way."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Self

from adapters.event_log.chain_check import Link
from adapters.event_log.folding import concerning
from adapters.event_log.hash_chain import GENESIS
from adapters.event_log.raw_log import Raw, RawHead
from adapters.event_log.stored_events import read_event
from adapters.log_export.block_files import checked, read_block
from adapters.log_export.manifest import EPOCH, Block, end_of, read_manifest
from domain.canonical import time_text
from domain.errors import LogDamagedError, UnknownPositionError
from domain.events import Event


class ExportedLog:
    """Reads the log that was exported to *folder*, without any database.

    Every file that is read is compared with its digest in the manifest, and its events with the chain's hashes
    from the block before to its own end. Raises :class:`domain.errors.ExportRefusedError` for a folder without
    an exported log, and :class:`LogDamagedError` from where something is not as it was exported.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifest = read_manifest(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def head(self) -> RawHead:
        """Return where the export ends."""
        if not self._manifest.blocks:
            return RawHead(0, EPOCH, GENESIS)
        return RawHead(self._manifest.last, *end_of(self._manifest.blocks[-1]))

    def position_at(self, moment: datetime) -> int:
        """Return the position of the last event recorded at or before *moment*, 0 before the first.

        Raises :class:`UnknownPositionError` past the end: what the log recorded since then is not in the export,
        and :class:`LogDamagedError` where the manifest has other times than the events: those around the moment,
        and the last one, are read.
        """
        last, ended_at, _ = self.head()
        blocks = self._manifest.blocks
        number = next((number for number, block in enumerate(blocks) if block.recorded_at > moment), len(blocks))
        for block in {*blocks[-1:], *blocks[max(0, number - 1) : number]}.difference(blocks[number : number + 1]):
            deque(self._links(block), maxlen=0)
        if moment > ended_at:
            end = f"position {last}, recorded at {time_text(ended_at)}" if last else "before the first event"
            raise UnknownPositionError(
                f"{time_text(moment)} is past the end of the exported log, {end}: what was known then is not in it"
            )
        if number == len(blocks):
            return last
        earlier = [link[0] for page in self._links(blocks[number]) for link in page if link[4] <= moment]
        return earlier[-1] if earlier else blocks[number].first - 1

    def hash_at(self, position: int) -> bytes:
        """Return the chain hash up to *position*; raise :class:`LogDamagedError` where no event is."""
        if position == 0:
            return GENESIS
        link = self._link(position)
        if link is None:
            raise LogDamagedError(f"the exported log has no event at position {position}")
        return link[6]

    def event_at(self, position: int) -> Event | None:
        """Return the event at *position*, ``None`` where there is none.

        Raises :class:`UnknownPositionError` past the end.
        """
        if position > self._manifest.last:
            raise UnknownPositionError(
                f"position {position} is past the end of the exported log, position {self._manifest.last}"
            )
        link = self._link(position)
        return None if link is None else read_event(link[3], link[5])

    def concerning(self, delivery_day: date, after: int, until: int) -> Iterator[Raw]:
        """Yield the events above *after* up to *until* that can concern a day, and the last one, in order."""
        return concerning(self.pages(after, until), delivery_day, after, until)

    def pages(self, after: int, until: int) -> Iterator[Sequence[Raw]]:
        """Yield the events above *after* up to *until*, in order, in pages of bounded size."""
        for page in self.links(after, until):
            yield [(position, at, topic, state) for position, _, _, topic, at, state, _ in page]

    def links(self, after: int, until: int) -> Iterator[Sequence[Link]]:
        """Yield the same events with all that their chain hashes cover."""
        for block in self._manifest.blocks:
            if block.last > after and block.first <= until:
                for page in self._links(block):
                    if wanted := [link for link in page if after < link[0] <= until]:
                        yield wanted

    def _link(self, position: int) -> Link | None:
        # To the end of its block, where the last of what may be wrong is told.
        found = [link for page in self.links(position - 1, position) for link in page]
        return found[0] if found else None

    def _links(self, block: Block) -> Iterator[Sequence[Link]]:
        """Yield all events of *block*; what is wrong is told at the latest after the last one."""
        path = self._folder / block.file
        try:
            with path.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != block.sha256:
                    raise LogDamagedError("its bytes are not those that were exported")
                file.seek(0)
                end, ended_at = GENESIS, EPOCH
                for page in checked(read_block(file), block.first - 1, block.last, self._manifest.before(block)):
                    if page[0][0] == 1 and page[0][6].hex() != self._manifest.first_hash:
                        raise LogDamagedError("its first event is not that of the manifest")
                    end, ended_at = page[-1][6], page[-1][4]
                    yield page
                if end.hex() != block.hash:
                    raise LogDamagedError(f"the log's hash at position {block.last} is not that of the manifest")
                if ended_at != block.recorded_at:
                    raise LogDamagedError(
                        f"position {block.last} was recorded at {time_text(ended_at)}, and not when the manifest says"
                    )
        except FileNotFoundError as error:
            raise LogDamagedError(f"{path} is missing") from error
        except LogDamagedError as error:
            raise LogDamagedError(f"{path}: {error}") from error
