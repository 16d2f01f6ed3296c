"""What do the tests of subscriptions ask for, and how do they follow it?"""

from typing import Any

from tests.desk import Api, Socket
from tests.notation import deal

PERFORMANCE = """subscription ($trader: String, $day: Date!) {
  performanceChanged(traderId: $trader, deliveryDay: $day) { total { dealCount } knowledge { position } openRejections }
}"""


DEALS = "subscription ($trader: String, $after: Position) { dealsRecorded(traderId: $trader, after: $after) { dealId position } }"  # noqa: E501


HEALTH = "subscription { health { serverTime logPosition projectionPosition openRejections feeds { name state } } }"


def bought(number: int, trader: str = "anna") -> Any:
    return deal(f"{trader} buys 1 MW 09-10 at {number}", deal_id=f"{trader}-{number}")


async def subscriptions(api: Api) -> float:
    """Return how many subscriptions the server holds open."""
    async with api.session.get(f"{api.address}/metrics") as response:
        lines = (await response.text()).splitlines()
    return float(next(line for line in lines if line.startswith("wattbook_subscriptions ")).split()[1])


async def changes(socket: Socket, until_deals: int) -> list[int]:
    """Return the deal counts that a subscriber is told until the last one."""
    counts: list[int] = []
    while not counts or counts[-1] < until_deals:
        counts.append((await socket.next())["performanceChanged"]["total"]["dealCount"])
    return counts
