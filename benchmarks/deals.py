"""Which deals are the benchmarks made with? Independent ones, spread over traders and hours, from one seed."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from domain.events import Deal, DealConfirmed, Receipt
from domain.periods import hours_of

ZONE = ZoneInfo("Europe/Berlin")
DAY = date(2023, 2, 6)


def deals(count: int, seed: int = 1, first_id: int = 0, a_day: int | None = None) -> Iterator[DealConfirmed]:
    """Yield *count* deals with ids of their own, for one delivery day, or with *a_day* so many for each."""
    random = Random(seed)
    hours = hours_of(DAY, ZONE)
    for number in range(first_id, first_id + count):
        if a_day is not None and number % a_day == 0:
            hours = hours_of(DAY + timedelta(days=number // a_day), ZONE)
        deal = Deal(
            exchange="exchange",
            deal_id=str(number),
            trader_id=f"trader_{random.randrange(10)}",
            direction=random.choice(("buy", "sell")),
            quantity_mw=Decimal(random.randrange(1, 500)) / 10,
            price_eur_mwh=Decimal(random.randrange(-5_000, 20_000)) / 100,
            period=random.choice(hours),
            executed_at=hours[0].start - timedelta(hours=23, seconds=-(number % 80_000)),
        )
        yield DealConfirmed(
            deal=deal,
            receipt=Receipt(source="exchange/1", received_at=deal.executed_at, original=message(deal).encode()),
        )


def message(deal: Deal) -> str:
    """Return the confirmation of *deal* as the exchange writes it."""
    return (
        f'{{"deal_confirmation": {{"id": "{deal.deal_id}", "price": {deal.price_eur_mwh}, '
        f'"quantity": {deal.quantity_mw}, "direction": "{deal.direction}", "delivery_day": "{deal.period.day}", '
        f'"delivery_hour": "{deal.period.label}", "trader_id": "{deal.trader_id}", '
        f'"execution_time": "{deal.executed_at:%Y-%m-%dT%H:%M:%SZ}"}}}}'
    )
