"""Is a rejection settled once, together with what follows from it, whoever else settles it at that moment?"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.event_log.recorder import open_recorder
from domain.errors import AlreadySettledError
from domain.events import DealCorrected, Event, Recorded, RejectionResolved
from domain.recording import deal_stream
from domain.resolution import ACCEPTED, Settling, settle
from tests.notation import conflict, deal

ANNA, OTHER = (deal(f"anna buys 10 MW 08-09 at {price}") for price in (40, 41))
STREAMS = ("resolution:2", deal_stream(ANNA.deal))


def test_of_two_who_settle_one_conflict_at_once_one_does_and_the_other_hears_of_it(installed: str) -> None:
    recorders = [open_recorder(installed) for _ in range(2)]
    try:
        recorders[0].append([ANNA, OTHER])

        def settles(number: int) -> list[Recorded] | str:
            wanted = Settling(ACCEPTED, OTHER.deal, "asked the exchange", f"clerk {number}")

            def decided(past: Mapping[str, Sequence[Recorded]]) -> Sequence[Event]:
                return settle(past[STREAMS[1]][1], past[STREAMS[0]], past[STREAMS[1]], wanted)

            try:
                return recorders[number].append_decided(STREAMS, decided)
            except AlreadySettledError as error:
                return str(error)

        with ThreadPoolExecutor(2) as both:
            outcomes = list(both.map(settles, range(2)))
        (done,) = [outcome for outcome in outcomes if not isinstance(outcome, str)]
        (told,) = [outcome for outcome in outcomes if isinstance(outcome, str)]
        assert [(each.position, type(each.event)) for each in done] == [(3, RejectionResolved), (4, DealCorrected)]
        assert isinstance(done[0].event, RejectionResolved)
        assert done[0].event.author in told
        assert recorders[0].append([conflict(OTHER, 1)])[0].position == 2
        assert recorders[0].max_notification_id() == 4
    finally:
        for recorder in recorders:
            recorder.datastore.close()


def test_a_refusal_records_nothing(installed: str) -> None:
    recorder = open_recorder(installed)
    try:
        recorder.append([ANNA])

        def refuses(_: Mapping[str, Sequence[Recorded]]) -> Sequence[Event]:
            raise AlreadySettledError("somebody was here")

        with pytest.raises(AlreadySettledError):
            recorder.append_decided(STREAMS, refuses)
        assert recorder.max_notification_id() == 1
    finally:
        recorder.datastore.close()
