"""How does one hash vouch for many events, and a few hashes prove that one event is among them?

The tree of RFC 6962 (Certificate Transparency), section 2.1: leaves and nodes are told apart
by a prefix, and a tree of n leaves is split at the largest power of two below n.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one leaf."""
    return sha256(b"\x00" + data).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of *leaves*; of none it is SHA-256 of nothing."""
    if not leaves:
        return sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        # The last one of an odd level goes up as it is: the same tree as RFC 6962 splits from above.
        paired = [_node(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from leaf *index* to the root, the nearest first.

    Raises ``IndexError`` where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    level, found = list(leaves), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            found.append(level[beside])
        paired = [_node(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
        index //= 2
    return found


def root_of_path(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """Return the root of a tree of *size* leaves in which *leaf* is at *index*; ``None`` where *hashes* fit none.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    found, last, left = leaf, size - 1, index
    for other in hashes:
        if last == 0:
            return None
        if left & 1 or left == last:
            found = _node(other, found)
            while not left & 1 and left:
                left, last = left >> 1, last >> 1
        else:
            found = _node(found, other)
        left, last = left >> 1, last >> 1
    return found if last == 0 else None


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
