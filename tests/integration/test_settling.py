"""Is a rejection settled once, together with what follows from it, whoever else settles it at that moment?"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from adapters.event_log import prompt as module
from adapters.event_log.recorder import EventLogRecorder, open_recorder
from adapters.event_log.settlements import Settlements
from domain.errors import AlreadySettledError, DatabaseUnavailableError
from domain.events import Deal, DealConfirmed, DealCorrected, Event, Receipt, Recorded, RejectionResolved
from domain.recording import deal_stream
from domain.resolution import ACCEPTED, Accept, Choice, Discard, ForPeriod, Settling, settle
from tests.notation import conflict, deal, rejected
from tests.servers import kill_backends

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


class LosesTheAnswer:
    """A recorder whose connection is lost once, after what *instead* did; without that, after its own commit."""

    def __init__(self, recorder: EventLogRecorder, instead: Callable[[], object] | None = None) -> None:
        self._recorder = recorder
        self._instead = instead
        self._is_lost = False
        self.look_up = recorder.look_up
        self.datastore = recorder.datastore

    def append_decided(
        self, streams: Sequence[str], decided: Callable[[Mapping[str, Sequence[Recorded]]], Sequence[Event]]
    ) -> list[Recorded]:
        if self._is_lost:
            return self._recorder.append_decided(streams, decided)
        self._is_lost = True
        if self._instead is None:
            self._recorder.append_decided(streams, decided)
        else:
            self._instead()
        raise OperationalError("the connection is lost")


def reads_anna(_: Receipt, __: str | None) -> Deal:
    return ANNA.deal


@pytest.mark.parametrize(
    ("log", "number", "choice", "kinds"),
    [
        ([ANNA, OTHER], 2, Accept(), [RejectionResolved, DealCorrected]),
        ([rejected(b"{", "AMBIGUOUS_PERIOD")], 1, ForPeriod("08-09"), [RejectionResolved, DealConfirmed]),
        ([ANNA, OTHER], 2, Discard(), [RejectionResolved]),
    ],
)
async def test_a_settlement_whose_answer_was_lost_is_found_with_all_that_followed_from_it(
    installed: str,
    monkeypatch: pytest.MonkeyPatch,
    log: list[Event],
    number: int,
    choice: Choice,
    kinds: list[type[Event]],
) -> None:
    recorder = open_recorder(installed)
    recorder.append(log)
    monkeypatch.setattr(module, "open_recorder", lambda _: LosesTheAnswer(recorder))
    async with Settlements(installed, reads_anna) as settlements:
        done = await settlements.settle(number, choice, "asked the exchange", "anna")
        assert [type(each.event) for each in done.events] == kinds
        assert recorder.max_notification_id() == len(log) + len(kinds)


async def test_the_same_author_who_chose_otherwise_meanwhile_is_told_so_and_not_that_it_is_done(
    installed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = open_recorder(installed)
    recorder.append([ANNA, OTHER])
    found = recorder.look_up(2, STREAMS[1])[1][1]

    def discards() -> None:
        wanted = Settling("discarded", None, "asked the exchange", "anna")
        recorder.append_decided(STREAMS[:1], lambda past: settle(found, past[STREAMS[0]], (), wanted))

    monkeypatch.setattr(module, "open_recorder", lambda _: LosesTheAnswer(recorder, discards))
    async with Settlements(installed, reads_anna) as settlements:
        with pytest.raises(AlreadySettledError, match=r"by anna: discarded \(asked the exchange\), at position 3"):
            await settlements.settle(2, Accept(), "asked the exchange", "anna")
        assert recorder.max_notification_id() == 3


async def test_a_settlement_on_a_standby_is_told_as_an_absent_database_and_can_be_tried_again(installed: str) -> None:
    recorder = open_recorder(installed)
    recorder.append([ANNA, OTHER])
    recorder.datastore.close()
    name = urlsplit(installed).path[1:]
    with psycopg.connect(installed, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        async with Settlements(installed, reads_anna) as settlements:
            with pytest.raises(DatabaseUnavailableError):
                await settlements.settle(2, Accept(), "asked the exchange", "anna")
            connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
            kill_backends(installed)
            done = await settlements.settle(2, Accept(), "asked the exchange", "anna")
    assert [each.position for each in done.events] == [3, 4]


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
