"""Which facts prove that figures, and the log under them, are what they were?"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class ReportPublished:
    """The figures of a book (of the desk where ``trader_id`` is ``None``) on a delivery day were frozen.

    They are those known at ``position``, up to which the log has the chain hash ``log_hash``
    (hexadecimal). ``performance`` is their canonical JSON and ``digest`` the SHA-256 of its
    bytes (hexadecimal), by the rules of ``projection_version``.
    """

    TOPIC: ClassVar[str] = "report.published.v1"

    trader_id: str | None
    delivery_day: date
    position: int
    log_hash: str
    projection_version: str
    performance: str
    digest: str
    author: str


@dataclass(frozen=True, kw_only=True)
class LogSealed:
    """The events from position ``first`` to ``last`` were signed: whoever keeps the seal can tell if they change.

    ``root`` is the Merkle root over the events, ``log_hash`` the log's chain hash up to ``last``,
    ``log`` that of its first event, by which one log is told from another, and ``previous`` the
    signature of the seal before. ``signature`` is Ed25519's over all of these, by the owner of
    ``public_key``. All of them are hexadecimal.
    """

    TOPIC: ClassVar[str] = "log.sealed.v1"

    first: int
    last: int
    root: str
    log_hash: str
    log: str
    previous: str | None
    public_key: str
    signature: str
