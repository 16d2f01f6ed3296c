"""Are the rows that are copied into the log the ones that an auditor computes?"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.hash_chain import GENESIS, Link, chained
from adapters.event_log.rows import Head, Rows

MICROSECONDS = st.integers(min_value=-(10**15), max_value=10**16)
EVENTS = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.integers(min_value=1, max_value=2**62),
        st.sampled_from(["deal.confirmed.v1", "prüfung.v1"]),
        st.binary(max_size=300),
    ),
    max_size=150,
)


@given(EVENTS, MICROSECONDS, st.integers(min_value=0, max_value=2**62))
def test_the_hash_and_the_fields_of_every_row_are_those_of_the_readable_definition(
    events: list[tuple[str, int, str, bytes]], micros: int, start: int
) -> None:
    recorded_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    rows = Rows(Head(start, recorded_at, GENESIS))

    positions = [rows.add(*event) for event in events]

    assert positions == list(range(start + 1, start + 1 + len(events)))
    links = [
        Link(position, stream, version, topic, recorded_at, state)
        for position, (stream, version, topic, state) in zip(positions, events, strict=True)
    ]
    hashes = [GENESIS]
    for link in links:
        hashes.append(chained(hashes[-1], link))
    assert (rows.hash, rows.position, len(rows)) == (hashes[-1], start + len(events), len(events))
    assert read_copy(b"".join(rows.copied())) == [
        (link.version, link.position, micros, digest, link.topic, link.stream, sha256(link.state).digest())
        for link, digest in zip(links, hashes[1:], strict=True)
    ]


def read_copy(data: bytes) -> list[tuple[int, int, int, bytes, str, str, bytes]]:
    """Read PostgreSQL's binary COPY format as its manual describes it."""
    assert data[:19] == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    at, found = 19, []
    while data[at : at + 2] != b"\xff\xff":
        assert int.from_bytes(data[at : at + 2]) == 7
        at += 2
        fields = []
        for _ in range(7):
            size = int.from_bytes(data[at : at + 4])
            fields.append(data[at + 4 : at + 4 + size])
            at += 4 + size
        version, position, recorded_at, digest, topic, stream, state = fields
        since_2000 = int.from_bytes(recorded_at, signed=True)
        found.append(
            (
                int.from_bytes(version),
                int.from_bytes(position),
                since_2000 + MICROSECONDS_UNTIL_2000,
                digest,
                topic.decode(),
                stream.decode(),
                sha256(state).digest(),
            )
        )
    assert at + 2 == len(data)
    return found


MICROSECONDS_UNTIL_2000 = 946_684_800 * 1_000_000
