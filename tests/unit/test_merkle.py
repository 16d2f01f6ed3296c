"""Does a root vouch for every leaf in its place, and a path for one of them?"""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import leaf_hash, path, root, root_of_path

leaves = st.lists(st.binary(max_size=3).map(leaf_hash), min_size=1, max_size=40)


def split(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962's own words: split at the largest power of two below the number of leaves."""
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha256(b"\x01" + split(hashes[:left]) + split(hashes[left:])).digest()


# The known answers of the certificate-transparency test vectors.
VECTORS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize(("size", "wanted"), ROOTS.items())
def test_the_roots_are_those_of_the_published_test_vectors(size: int, wanted: str) -> None:
    assert root([leaf_hash(bytes.fromhex(each)) for each in VECTORS[:size]]).hex() == wanted


@given(leaves)
def test_the_root_is_the_one_of_the_standard(hashes: list[bytes]) -> None:
    assert root(hashes) == split(hashes)


@given(leaves, st.data())
def test_the_path_of_a_leaf_leads_to_the_root(hashes: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    assert root_of_path(hashes[index], index, len(hashes), path(hashes, index)) == root(hashes)


@given(leaves, st.data())
def test_another_leaf_another_place_or_a_cut_path_does_not(hashes: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    proof = path(hashes, index)
    assert root_of_path(leaf_hash(b"another"), index, len(hashes), proof) != root(hashes)
    other = data.draw(st.integers(0, len(hashes) - 1))
    if hashes[other] != hashes[index]:
        assert root_of_path(hashes[index], other, len(hashes), proof) != root(hashes)
    if proof:
        assert root_of_path(hashes[index], index, len(hashes), proof[:-1]) != root(hashes)
    assert root_of_path(hashes[index], index, len(hashes), [*proof, proof[0] if proof else b""]) is None


@pytest.mark.parametrize("index", [-1, 3])
def test_a_leaf_that_is_not_there_has_no_path(index: int) -> None:
    with pytest.raises(IndexError, match=f"no leaf {index} among 3"):
        path([leaf_hash(b"")] * 3, index)
    assert root_of_path(leaf_hash(b""), index, 3, []) is None
