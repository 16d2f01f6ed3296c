"""What must the log hold after all these messages? Told by the independent reader, and compared byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, sha256

import psycopg

from adapters.event_log.stored_events import read_event
from domain.events import DealConfirmed, DealConflicted, MessageRejected
from tests.notation import BERLIN
from tests.oracle_reading import Refused, reading

_ORIGINALS = (DealConfirmed, DealConflicted, MessageRejected)


@dataclass
class Ledger:
    """Digests of the messages that must be in the log, by the topic that they must be under."""

    sent: int = 0
    sent_bytes: int = 0
    repeated: int = 0
    """Messages that say nothing new: duplicates of deals, and rejected ones that came before."""
    expected: dict[str, set[bytes]] = field(default_factory=lambda: {kind.TOPIC: set() for kind in _ORIGINALS})
    _contents: dict[bytes, list[bytes]] = field(default_factory=dict)

    def note(self, raw: bytes) -> None:
        """Take in that *raw* was sent, after all that was noted before."""
        self.sent += 1
        self.sent_bytes += len(raw)
        digest = sha256(raw).digest()
        match reading(raw, BERLIN):
            case Refused():
                rejections = self.expected[MessageRejected.TOPIC]
                self.repeated += digest in rejections
                rejections.add(digest)
            case told:
                seen = self._contents.setdefault(_short(told.identity), [])
                content = _short(told.content)
                if content in seen:
                    self.repeated += 1
                else:
                    self.expected[DealConflicted.TOPIC if seen else DealConfirmed.TOPIC].add(digest)
                    seen.append(content)

    def differences(self, database_url: str) -> Iterator[tuple[str, bytes]]:
        """Yield what is wrong with the log at *database_url*, with the digest of the message concerned."""
        found: dict[str, set[bytes]] = {topic: set() for topic in self.expected}
        with psycopg.connect(database_url) as connection, connection.cursor("originals") as rows:
            rows.execute("SELECT topic, state FROM wattbook.events WHERE topic = ANY(%s)", (list(found),))
            for topic, state in rows:
                event = read_event(topic, bytes(state))
                assert isinstance(event, _ORIGINALS)
                digest = sha256(event.receipt.original).digest()
                if digest in found[topic]:
                    yield f"twice in the log as {topic}", digest
                found[topic].add(digest)
        for topic, digests in self.expected.items():
            for digest in digests - found[topic]:
                yield f"not in the log as {topic}", digest
            for digest in found[topic] - digests:
                yield f"in the log as {topic}, where it does not belong", digest


def _short(value: object) -> bytes:
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=12).digest()
