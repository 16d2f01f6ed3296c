"""What does a page of the log, as it is stored, make of the read models?"""

from collections.abc import Sequence

from adapters.event_log.pages import read_raw
from adapters.read_models.confirmed_deals import TOPIC as CONFIRMED
from adapters.read_models.confirmed_deals import ConfirmedDeals, are_known
from adapters.read_models.copying import copied
from projections.deals import deals
from projections.positions import positions
from projections.read_model import AnyReadModel, Folded, Rows
from projections.runner import RawEvent


def folded(page: Sequence[RawEvent], read_models: Sequence[AnyReadModel]) -> Folded:
    """Return the rows of each of *read_models*, those of the ledger in the text that COPY takes.

    Confirmed deals, which nearly all events are, are told from their bytes where there is no doubt about them.
    Raises :class:`LogDamagedError` at an event that cannot be read.
    """
    confirmed = ConfirmedDeals()
    ledger: str | None = None
    if are_known(read_models):
        ledger = confirmed.ledger([event for event in page if event.topic == CONFIRMED])
    rest = page if ledger is None else [event for event in page if event.topic != CONFIRMED]
    others = list(read_raw(rest))
    sums = confirmed.take_positions()

    def rows_of(model: AnyReadModel) -> Rows | bytes:
        rows = model.fold(others)
        if model.contributions is deals.contributions:
            return (ledger or "").encode() + copied(model, rows)
        if model.contributions is positions.contributions:
            return model.one_a_key([*rows, *sums])
        return rows

    return [(model, rows_of(model)) for model in read_models]
