"""What does every request share?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.canonical import Fields
from graphql_api.answers import RecentAnswers
from graphql_api.hub import Hub
from graphql_api.metrics import Metrics
from graphql_api.ports import Publisher, Settler, Store


@dataclass(frozen=True)
class Market:
    """The market whose local time names the periods."""

    zone: ZoneInfo
    exchange: str


@dataclass(frozen=True)
class Services:
    """The parts of the running application; ``now`` gives aware UTC, ``new_id`` names requests in the log.

    ``sign_in`` is how people sign in: in the mode ``dev`` by choosing a name.
    """

    store: Store
    settler: Settler
    publisher: Publisher
    hub: Hub
    market: Market
    sign_in: str
    metrics: Metrics
    performances: RecentAnswers[Fields]
    responses: RecentAnswers[bytes]
    now: Callable[[], datetime]
    clock: Callable[[], float]
    new_id: Callable[[], str]

    @property
    def today(self) -> date:
        """The market's local date."""
        return self.now().astimezone(self.market.zone).date()
