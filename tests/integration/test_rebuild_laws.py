"""Whatever a log holds, and in whichever stretches it is read: are rebuilt tables the fold of all its events?"""

from collections.abc import Sequence
from datetime import UTC
from itertools import pairwise
from random import Random

import hypothesis
import psycopg
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.raw_log import RawLog
from adapters.event_log.recorder import open_recorder
from adapters.event_log.stored_events import read_event
from adapters.postgres.installation import install
from adapters.read_models.builds import builds
from adapters.read_models.comparison import folded, stored
from adapters.read_models.filling import fill
from domain.events import Event, Recorded
from projections import READ_MODELS
from tests.histories import histories


def begin_anew(url: str, events: Sequence[Event]) -> None:
    """Let the log hold *events* and nothing else."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("TRUNCATE wattbook.events")
        connection.execute("UPDATE wattbook.log_head SET position = 0, hash = decode(repeat('00', 32), 'hex')")
    recorder = open_recorder(url)
    recorder.append(list(events))
    recorder.datastore.close()


def log_of(url: str) -> list[Recorded]:
    with RawLog(url) as log:
        events = [event for page in log.pages(0, log.head().position) for event in page]
    return [Recorded(position, at.astimezone(UTC), read_event(topic, state)) for position, at, topic, state in events]


@hypothesis.settings(max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@given(history=histories(), cuts=st.sets(st.integers(1, 40), max_size=6), seed=st.integers(0, 99))
def test_tables_filled_in_any_stretches_in_any_order_are_the_fold_of_the_log(
    database: str, history: list[Recorded], cuts: set[int], seed: int
) -> None:
    install(database, READ_MODELS)
    begin_anew(database, [each.event for each in history])
    log = log_of(database)
    ends = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})
    stretches = list(pairwise(ends))
    Random(seed).shuffle(stretches)
    with builds(database) as building:
        begun = building.begin(READ_MODELS)
        tables = [parts or pair.next for pair, parts in begun]
        assert sum(fill(database, after, until, tables) for after, until in stretches) == len(log)
        for pair, parts in begun:
            building.finish(pair, parts, len(log))
        with psycopg.connect(database) as connection:
            for pair, _ in begun:
                assert stored(connection, pair.next) == folded(pair.used, log), pair.used.name
        building.clear()
