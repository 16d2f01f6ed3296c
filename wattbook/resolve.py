"""How does a person settle a rejection from the command line? The command ``resolve``."""

from adapters.event_log.settlements import Settlements
from domain.events import DealConfirmed, DealConflicted, DealCorrected
from domain.resolution import DISCARDED, Choice, Settled
from wattbook.rereading import reading_again
from wattbook.settings import Settings


async def resolve(
    settings: Settings, database_url: str, position: int, choice: Choice, reason: str, author: str
) -> int:
    """Settle the rejection at *position*, print what follows; raises :class:`domain.errors.ResolutionRefusedError`."""
    async with Settlements(database_url, reading_again(settings)) as settlements:
        print(told(await settlements.settle(position, choice, reason, author)))
    return 0


def told(settled: Settled) -> str:
    """Return in a sentence what was settled, and what follows from it."""
    resolved, *others = settled.events
    what = getattr(resolved.event, "resolution", "settled")
    said = f"rejection {settled.rejection.position} is settled: {what} (position {resolved.position})"
    if not others and what != DISCARDED:
        said += "; the deal counts with this content already"
    for other in others:
        match other.event:
            case DealCorrected(deal=deal):
                said += f"; deal {deal.deal_id} of {deal.trader_id} now has the accepted content"
            case DealConfirmed(deal=deal):
                said += f"; deal {deal.deal_id} of {deal.trader_id} is recorded at position {other.position}"
            case DealConflicted(deal=deal, stands=stands):
                said += (
                    f"; deal {deal.deal_id} of {deal.trader_id} is known with other content (position {stands}), "
                    f"so this one is a conflict now: settle rejection {other.position}"
                )
    return said
