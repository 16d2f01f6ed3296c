"""How is a block of the log sealed, and how is it known that a seal is its owner's and fits the log?"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from adapters.event_log.chain_check import TABLE, Finding, leaf_of
from adapters.event_log.raw_log import RawLog
from domain.errors import LogDamagedError, SealKeyError
from domain.merkle import root
from domain.proofs import LogSealed

BLOCK: Final = 10_000
"""Events in a block: so long is the path of a proof, 14 hashes."""

LARGEST: Final = 1_000_000
"""Events that a block may have in a seal that is believed; more was never sealed here."""

Placed = tuple[int, LogSealed]
"""A seal of the log, after the position that it was recorded at."""


class SealKey:
    """The key that seals: whoever has its public part can tell its seals from others."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw().hex()

    def seal(self, log: RawLog, first: int, last: int, previous: LogSealed | None) -> LogSealed:
        """Return the seal over the events from *first* to *last*, which follows *previous*.

        Raises :class:`LogDamagedError` where one of them is missing.
        """
        unsigned = LogSealed(
            first=first,
            last=last,
            root=root(leaves_of(log, first, last)).hex(),
            log_hash=log.hash_at(last).hex(),
            log=log.hash_at(1).hex(),
            previous=None if previous is None else previous.signature,
            public_key=self.public,
            signature="",
        )
        return replace(unsigned, signature=self.sign(unsigned))

    def sign(self, seal: LogSealed) -> str:
        """Return the signature over all that *seal* says, whatever its own is."""
        return self._private.sign(_signed(seal)).hex()


def seal_key(path: Path) -> SealKey:
    """Return the key in the file at *path*; where there is none, make one that only this user may read.

    Raises :class:`SealKeyError` for a file that is no Ed25519 key or cannot be used.
    """
    try:
        if not path.exists():
            _make(path)
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SealKeyError(f"the log cannot be sealed with the key in {path}: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SealKeyError(f"the log cannot be sealed with the key in {path}: it is no Ed25519 key")
    return SealKey(private)


def leaves_of(log: RawLog, first: int, last: int) -> list[bytes]:
    """Return the leaves of the events from *first* to *last*; raise :class:`LogDamagedError` where one is missing."""
    leaves = [leaf_of(link) for page in log.links(first - 1, last) for link in page]
    if len(leaves) != last - first + 1:
        raise LogDamagedError(f"the event log has not all events from position {first} to {last}")
    return leaves


def is_signed(seal: LogSealed) -> bool:
    """Tell whether the signature of *seal* is that of its public key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal.public_key))
        key.verify(bytes.fromhex(seal.signature), _signed(seal))
    except (InvalidSignature, ValueError):
        return False
    return True


def wrong_after(seal: LogSealed, before: LogSealed | None) -> str | None:
    """Return why *seal* is none that follows the one *before*, ``None`` where it is."""
    return _wrong_alone(seal) or _not_following(seal, before)


def good_seals(own: Iterable[Placed], log: str, before: LogSealed | None = None) -> Iterator[LogSealed]:
    """Yield those of the *own* seals of *log*, told by its first hash, that follow each other after the one *before*.

    Anybody who can append can write events that say they are seals; all others are passed over.
    Whether the events are what was sealed is not asked.
    """
    for position, seal in own:
        if _not_following(seal, before) is None and _wrong_in_log((position, seal), log) is None:
            before = seal
            yield seal


def wrong_seals(own: Iterable[Placed], log: str) -> Iterator[Finding]:
    """Yield which of the *own* seals of *log*, told by its first hash, are none, and where seals are missing.

    Two recorders can seal after the same one at once; that is nothing wrong.
    """
    may_follow: set[tuple[int, str | None]] = {(1, None)}
    for position, seal in own:
        wrong = _wrong_in_log((position, seal), log)
        if wrong is None:
            if (seal.first, seal.previous) not in may_follow:
                yield Finding(position, TABLE, "the seal follows none of the log: one was taken out, or exchanged")
            may_follow.add((seal.last + 1, seal.signature))
        else:
            yield Finding(position, TABLE, f"the seal {wrong}")


def can_be_believed(own: Iterable[Placed], log: str) -> list[Placed]:
    """Return those of the *own* seals of *log*, told by its first hash, that may each be one, whatever it follows."""
    return [placed for placed in own if _wrong_in_log(placed, log) is None]


def check_own_seal(log: RawLog, placed: Placed) -> Iterator[Finding]:
    """Yield whether a seal of the log is over other events than the log has."""
    position, seal = placed
    if any(check_seal(log, seal)):
        what = f"the seal over the block from {seal.first} to {seal.last} is not over what the log has there"
        yield Finding(position, TABLE, what)


def check_seal(log: RawLog, seal: LogSealed) -> Iterable[Finding]:
    """Yield how the events of a block differ from what was sealed."""
    block = f"the block from {seal.first} to {seal.last}"
    leaves: list[bytes] = []
    expected, chain_hash = seal.first, b""
    for page in log.links(seal.first - 1, seal.last):
        for link in page:
            if link[0] != expected or None in link:
                break
            leaves.append(leaf_of(link))
            expected, chain_hash = expected + 1, bytes(link[-1])
    if expected <= seal.last:
        yield Finding(expected, TABLE, f"{block} was sealed with an event that is not there")
    elif root(leaves).hex() != seal.root:
        yield Finding(seal.first, TABLE, f"{block} is not what was sealed")
    elif chain_hash.hex() != seal.log_hash:
        yield Finding(seal.last, TABLE, f"the chain up to the end of {block} is not what was sealed")


def differing_seals(own: Iterable[Placed], kept: Iterable[LogSealed]) -> Iterable[Finding]:
    """Yield where the log's *own* seals, each with its position, are not those that were *kept* of it elsewhere."""
    of_log: defaultdict[int, list[Placed]] = defaultdict(list)
    for placed in own:
        of_log[placed[1].first].append(placed)
    for seal in kept:
        block = f"the block from {seal.first} to {seal.last}"
        found_there = of_log[seal.first]
        if not found_there:
            yield Finding(seal.last + 1, TABLE, f"the seal over {block} is not in the log any more")
        elif seal not in [found for _, found in found_there]:
            position, found = found_there[0]
            whose = "" if found.public_key == seal.public_key else f", and with another key: {found.public_key}"
            yield Finding(position, TABLE, f"the log's own seal over {block} is not the one that was kept{whose}")


def _not_following(seal: LogSealed, before: LogSealed | None) -> str | None:
    if before is None:
        return None if (seal.first, seal.previous) == (1, None) else "is not a first one: seals before it are missing"
    if seal.log != before.log:
        return "is of another log than the one before"
    if (seal.first, seal.previous) != (before.last + 1, before.signature):
        return "does not follow the one before: seals between them are missing, or were exchanged"
    return None


def _wrong_alone(seal: LogSealed) -> str | None:
    if not 1 <= seal.first <= seal.last < seal.first + LARGEST:
        return "is over no block"
    return None if is_signed(seal) else "is not signed by its own key"


def _wrong_in_log(placed: Placed, log: str) -> str | None:
    position, seal = placed
    if seal.last >= position:
        return f"says that it is over events up to position {seal.last}, which came after it"
    return _wrong_alone(seal) or (None if seal.log == log else "is of another log")


def _signed(seal: LogSealed) -> bytes:
    parts = asdict(seal)
    del parts["signature"]
    return rfc8785.dumps(parts)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        # Whoever was first keeps the place: two processes that start together seal with one key.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
