"""Are the log's seals good ones, over the events that the log has, and are they those that were kept elsewhere?"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from adapters.event_log.chain_check import TABLE, Finding
from adapters.event_log.raw_log import RawLog
from adapters.event_log.seals import (
    Placed,
    can_be_believed,
    check_own_seal,
    check_seal,
    differing_seals,
    good_seals,
    wrong_seals,
)
from adapters.event_log.seals_file import SealsFile
from domain.proofs import LogSealed
from wattbook.stretches import each_stretch

SEALS: Final = 8
"""Blocks that one process compares with their seals at a time, or more where there are very many."""

PARTS: Final = 64
"""In so many parts they are compared at the most: all seals go with each of them."""


def seal_findings(database_url: str, kept: Sequence[LogSealed]) -> Iterator[Finding]:
    """Yield what is wrong with the log's own seals, and where it is not what those say that were *kept* elsewhere."""
    with RawLog(database_url, all_times=True) as log:
        first = log.before(1)
        own = log.seals()
    begin = "" if first is None else first[1].hex()
    if begin:
        yield from wrong_seals(own, begin)
        told = set(kept)
        to_check = [placed for placed in can_be_believed(own, begin) if placed[1] not in told]
        for found, _ in each_stretch(partial(_check_own_seals, database_url, to_check), len(to_check), _part(to_check)):
            yield from found
    if not kept:
        return
    if begin != kept[0].log:
        yield Finding(1, TABLE, "the seals are of a log that began otherwise: another log, or this one was rewritten")
        return
    for found, _ in each_stretch(partial(_check_seals, database_url, kept), len(kept), _part(kept)):
        yield from found
    yield from differing_seals(own, kept)


def told_of(file: SealsFile, database_url: str, head: int) -> Iterator[str]:
    """Yield what who trusts *file* should know of it, and of the log's own seals after it."""
    yield from file.told()
    yield f"the {max(0, head - file.last):,} events after it are under no seal in that file"
    last = file.seals[-1]
    key = last.public_key
    with RawLog(database_url) as log:
        for seal in good_seals(log.seals(), last.log, last):
            if seal.public_key != key:
                key = seal.public_key
                yield f"the log is sealed from position {seal.first} on with another key than before: {key}"


def _part(seals: Sequence[object]) -> int:
    return max(SEALS, -(-len(seals) // PARTS))


def _check_own_seals(database_url: str, own: Sequence[Placed], after: int, until: int) -> list[Finding]:
    with RawLog(database_url, all_times=True) as log:
        return [finding for placed in own[after:until] for finding in check_own_seal(log, placed)]


def _check_seals(database_url: str, seals: Sequence[LogSealed], after: int, until: int) -> list[Finding]:
    with RawLog(database_url, all_times=True) as log:
        return [finding for seal in seals[after:until] for finding in check_seal(log, seal)]
