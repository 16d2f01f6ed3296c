"""How are the parts of events stored and read: deals, periods, receipts and bytes?"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from adapters.event_log.stored_forms import StoredBytes, StoredDeal, StoredDealKey, StoredPeriod, StoredReceipt
from domain.decimals import plain
from domain.events import Deal, DealKey, Receipt
from domain.periods import DeliveryPeriod

PERIODS_KEPT: Final = 8_192
"""Nearly all events name one of a few periods: one object for each makes them, and what is derived, cheaper."""


def stored_period(period: DeliveryPeriod) -> StoredPeriod:
    """Return the stored form of a period."""
    return StoredPeriod(period.day, period.label, period.start, period.minutes)


@lru_cache(maxsize=PERIODS_KEPT)
def read_period(s: StoredPeriod) -> DeliveryPeriod:
    """Return the period stored as *s*."""
    return DeliveryPeriod(s.day, s.label, s.start, s.minutes)


def stored_deal(deal: Deal) -> StoredDeal:
    """Return the stored form of a deal."""
    return StoredDeal(
        deal.exchange, deal.deal_id, deal.trader_id, deal.direction, plain(deal.quantity_mw),
        plain(deal.price_eur_mwh), stored_period(deal.period), deal.executed_at,
    )  # fmt: skip


def read_deal(s: StoredDeal) -> Deal:
    """Return the deal stored as *s*."""
    return Deal(
        exchange=s.exchange, deal_id=s.deal_id, trader_id=s.trader_id, direction=s.direction,
        quantity_mw=finite(s.quantity_mw), price_eur_mwh=finite(s.price_eur_mwh), period=read_period(s.period),
        executed_at=s.executed_at,
    )  # fmt: skip


def stored_deal_keys(keys: Sequence[DealKey]) -> list[StoredDealKey]:
    """Return the stored form of *keys*."""
    return [StoredDealKey(key.deal_id, key.trader_id, key.direction) for key in keys]


def read_deal_keys(stored: Sequence[StoredDealKey]) -> tuple[DealKey, ...]:
    """Return the keys stored as *stored*."""
    return tuple(DealKey(deal_id=s.deal_id, trader_id=s.trader_id, direction=s.direction) for s in stored)


def stored_receipt(receipt: Receipt) -> StoredReceipt:
    """Return the stored form of a receipt."""
    return StoredReceipt(receipt.source, receipt.received_at, stored_bytes(receipt.original))


def read_receipt(s: StoredReceipt) -> Receipt:
    """Return the receipt stored as *s*."""
    return Receipt(source=s.source, received_at=s.received_at, original=read_bytes(s.original))


def stored_bytes(original: bytes) -> StoredBytes:
    """Return bytes verbatim as they are stored."""
    try:
        return StoredBytes(text=original.decode())
    except UnicodeDecodeError:
        return StoredBytes(base64=b64encode(original).decode())


def read_bytes(s: StoredBytes) -> bytes:
    """Return the bytes stored as *s*; raise ``ValueError`` where there are none."""
    if s.text is not None:
        return s.text.encode()
    if s.base64 is None:
        raise ValueError("neither text nor base64")
    return b64decode(s.base64, validate=True)


def finite(text: str) -> Decimal:
    """Return the number written as *text*; raise ``ValueError`` for one that is none."""
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(f"not a number: {text!r}")
    return value
