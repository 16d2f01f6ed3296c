"""How is it proven, without the database, that a deal is in a sealed block? The command ``prove``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from adapters.event_log.chain_check import Link, leaf_of
from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals import can_be_believed, good_seals, is_signed, leaves_of
from adapters.event_log.seals_file import SealsFile, read_seals
from domain.errors import NoSuchDealError, NotSealedError, ProofRefusedError
from domain.merkle import path, root, root_of_path
from domain.proofs import LogSealed
from domain.recording import deal_parts
from wattbook.printing import printable
from wattbook.settings import Settings

ONLY_RECORDED: Final = (
    "what holds was recorded as the proof has it; that nothing came after it is not shown: "
    "a correction or a cancellation may have been left out of the file"
)


class ProvenEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event as it lies in the log; ``state`` are its stored bytes, which are JSON text."""

    position: int
    recorded_at: datetime
    stream: str
    version: int
    topic: str
    state: str


class Proof(msgspec.Struct, forbid_unknown_fields=True):
    """An event, the seal over its block, and the hashes that lead from the one to the other's root."""

    event: ProvenEvent
    path: list[str]
    seal: LogSealed


@dataclass(frozen=True)
class Wanted:
    """Which deal: its id, and where several have it the trader and the direction."""

    deal_id: str
    trader: str | None = None
    direction: str | None = None


def prove(settings: Settings, database_url: str, wanted: Wanted) -> int:
    """Print a proof for each event of the deal, as a JSON array.

    Raises :class:`NoSuchDealError`, and :class:`NotSealedError` where its block is not sealed yet.
    """
    with RawLog(database_url) as log:
        links = [link for link in log.deal_links(settings.exchange_name, wanted.deal_id) if _is_wanted(link, wanted)]
        if not links:
            raise NoSuchDealError(f"there is no deal {wanted.deal_id!r} of the exchange {settings.exchange_name!r}")
        own, begin = log.seals(), log.hash_at(1).hex()
        seals = [*good_seals(own, begin), *(seal for _, seal in can_be_believed(own, begin))]
        proofs = [_proof(log, link, seals) for link in links]
    print(msgspec.json.format(msgspec.json.encode(proofs), indent=2).decode())
    return 0


def check(proof_file: Path, seals_file: Path) -> int:
    """Say of each proof in a file whether it holds by the seals in *seals_file*; return 1 where one does not.

    That file is trusted, and nothing else: with which keys it is signed is said besides.
    Raises :class:`ProofRefusedError` for a file that holds no proofs.
    """
    try:
        proofs = msgspec.json.decode(proof_file.read_bytes(), type=list[Proof])
    except OSError as error:
        raise ProofRefusedError(f"{proof_file} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ProofRefusedError(f"{proof_file} has no proofs that wattbook prove has written: {error}") from error
    if not proofs:
        raise ProofRefusedError(f"{proof_file} has no proofs")
    known = read_seals(seals_file)
    wrong = 0
    for proof in proofs:
        why = _wrong(proof, known)
        wrong += why is not None
        where = printable(f"position {proof.event.position}, {proof.event.stream}")
        print(f"{where}: {why or _holds(proof)}")
    if wrong < len(proofs):
        print(ONLY_RECORDED)
    for sentence in known.told():
        print(printable(sentence))
    return 1 if wrong else 0


def _proof(log: RawLog, link: Link, seals: Sequence[LogSealed]) -> Proof:
    position, stream, version, topic, recorded_at, state, _ = link
    over_it = [seal for seal in seals if seal.first <= position <= seal.last]
    if not over_it:
        raise NotSealedError(
            f"the event at position {position} is in no sealed block yet: while a recorder runs, "
            "it is sealed after an hour at the latest"
        )
    for seal in over_it:
        leaves = leaves_of(log, seal.first, seal.last)
        if root(leaves).hex() == seal.root:
            break
    event = ProvenEvent(position, recorded_at.astimezone(UTC), stream, version, topic, bytes(state).decode())
    return Proof(event, [each.hex() for each in path(leaves, position - seal.first)], seal)


def _is_wanted(link: Link, wanted: Wanted) -> bool:
    trader, direction = deal_parts(link[1])[-2:]
    return wanted.trader in (None, trader) and wanted.direction in (None, direction)


def _wrong(proof: Proof, known: SealsFile) -> str | None:
    """Return why a proof does not hold, ``None`` where it does."""
    event, seal = proof.event, proof.seal
    if seal not in known.seals:
        key = known.key_at(seal.first)
        if key in (None, seal.public_key):
            return "does NOT hold: its seal is not in the seals file"
        own = printable(seal.public_key)
        return f"does NOT hold: its seal is with the key {own}, and that in the seals file with {key}"
    if not is_signed(seal):
        return "does NOT hold: the seal is not signed by its own key"
    is_one = event.recorded_at.tzinfo is not None and 1 <= event.version < 2**63
    if not is_one or not seal.first <= event.position <= seal.last:
        return "does NOT hold: the event is not what was sealed"
    link = (
        event.position, event.stream, event.version, event.topic, event.recorded_at, event.state.encode(), b"",
    )  # fmt: skip
    try:
        hashes = [bytes.fromhex(each) for each in proof.path]
    except ValueError:
        return "does NOT hold: its path has what is no hash"
    found = root_of_path(leaf_of(link), event.position - seal.first, seal.last - seal.first + 1, hashes)
    if found is None or found.hex() != seal.root:
        return "does NOT hold: the event is not what was sealed"
    return None


def _holds(proof: Proof) -> str:
    seal = proof.seal
    block = f"the sealed block from {seal.first} to {seal.last}"
    return f"is in {block}, which is in the seals file with the key {seal.public_key}"
