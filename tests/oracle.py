"""What should Wattbook answer? The definitions once more, written apart from Wattbook's own code.

Nothing of domain, projections or adapters is imported here: numbers are fractions, times
are plain datetimes, and the answer is the JSON of a ``Performance``.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle_reading import Message, Slot, Trade, book, instant, slot_of, slots_of

Json = dict[str, Any]


def performance(
    *,
    trader: str | None,
    day: str,
    messages: Sequence[Message],
    answers: Sequence[Mapping[str, object]] = (),
    zone: str = "Europe/Berlin",
    knowledge: Json | None = None,
) -> Json:
    """Return the JSON of the ``Performance`` of *trader* (the desk's, without one) on *day*.

    *messages* are all that the exchange sent and *answers* all that the provider answered,
    each in the order of recording; nothing is resolved. *knowledge* is passed through.
    """
    market = ZoneInfo(zone)
    trades, open_rejections = book(messages, market)
    mine = [t for t in trades if t.day == day and trader in (None, t.trader)]
    prices = _prices(answers, day, market)
    hours = {slot for slot in slots_of(day, market) if slot.minutes == 60}
    slots = sorted(hours | {trade.slot for trade in mine}, key=lambda slot: (slot.start, -slot.minutes))
    sheets = [_Sheet([t for t in mine if t.slot == slot], prices.get(slot, (None, None))[0]) for slot in slots]
    return {
        "traderId": trader,
        "deliveryDay": day,
        "knowledge": knowledge,
        "total": _over(sheets),
        "periods": [
            {
                "period": {"day": day, "label": slot.label, "start": _when(slot.start), "end": _when(slot.end)},
                "figures": sheet.figures(),
                "referenceLastUpdate": _when(prices[slot][1]) if slot in prices else None,
            }
            for slot, sheet in zip(slots, sheets, strict=True)
        ],
        "openRejections": sum(_concerns(each, trader, day) for each in open_rejections),
    }


class _Sheet:
    """The trades of one period beside its reference price."""

    def __init__(self, trades: Sequence[Trade], reference: Fraction | None) -> None:
        self.count = len(trades)
        buys, sells = [t for t in trades if t.buys], [t for t in trades if not t.buys]
        self.bought = sum((t.mwh for t in buys), Fraction(0))
        self.sold = sum((t.mwh for t in sells), Fraction(0))
        self.paid = sum((t.mwh * t.price for t in buys), Fraction(0))
        self.earned = sum((t.mwh * t.price for t in sells), Fraction(0))
        self.reference = reference
        self.energy = self.bought + self.sold
        self.realised = Fraction(0)
        if buys and sells:
            self.realised = min(self.bought, self.sold) * (self.earned / self.sold - self.paid / self.bought)
        self.against: Fraction | None = None
        if not trades:
            self.against = Fraction(0)
        elif reference is not None:
            self.against = sum(
                (t.mwh * ((reference - t.price) if t.buys else (t.price - reference)) for t in trades), Fraction(0)
            )

    @property
    def delta(self) -> Fraction | None:
        if not self.count or self.reference is None:
            return None
        return (self.paid + self.earned) / self.energy - self.reference

    def figures(self) -> Json:
        unrealised = None if self.against is None else self.against - self.realised
        return self.sums() | {
            "referencePrice": _exact(self.reference),
            "delta": _six(self.delta),
            **_light(self.count, self.delta),
            "pnlAgainstReferenceEur": _exact(self.against),
            "realisedPnlEur": _six(self.realised),
            "unrealisedPnlEur": _six(unrealised),
            "pricedMwh": _exact(self.energy if self.delta is not None else Fraction(0)),
        }

    def sums(self) -> Json:
        return {
            "dealCount": self.count,
            "boughtMwh": _exact(self.bought),
            "soldMwh": _exact(self.sold),
            "positionMwh": _exact(self.bought - self.sold),
            "pnlEur": _exact(self.earned - self.paid),
            "averagePrice": _six((self.paid + self.earned) / self.energy if self.count else None),
            "averageBuyPrice": _six(self.paid / self.bought if self.bought else None),
            "averageSellPrice": _six(self.earned / self.sold if self.sold else None),
            "tradedMwh": _exact(self.energy),
        }


def _over(sheets: Sequence[_Sheet]) -> Json:
    whole = _Sheet([], None)
    for name in ("count", "bought", "sold", "paid", "earned", "energy", "realised"):
        setattr(whole, name, sum((getattr(sheet, name) for sheet in sheets), getattr(whole, name)))
    priced = [sheet for sheet in sheets if sheet.delta is not None]
    energy = sum((sheet.energy for sheet in priced), Fraction(0))
    reference = delta = against = unrealised = None
    if priced:
        reference = sum((s.energy * (s.reference or 0) for s in priced), Fraction(0)) / energy
        delta = sum((s.energy * (s.delta or 0) for s in priced), Fraction(0)) / energy
        against = sum((s.against or Fraction(0) for s in priced), Fraction(0))
        unrealised = sum(((s.against or 0) - s.realised for s in priced), Fraction(0))
    elif not whole.count:
        against = unrealised = Fraction(0)
    return whole.sums() | {
        "referencePrice": _six(reference),
        "delta": _six(delta),
        **_light(whole.count, delta),
        "pnlAgainstReferenceEur": _exact(against),
        "realisedPnlEur": _six(whole.realised),
        "unrealisedPnlEur": _six(unrealised),
        "pricedMwh": _exact(energy),
    }


def _light(deals: int, delta: Fraction | None) -> Json:
    if delta is not None:
        return {"light": "GREEN" if delta > 0 else "RED", "lightReason": None}
    return {"light": "UNKNOWN", "lightReason": "NO_REFERENCE_PRICE" if deals else "NO_DEALS"}


def _concerns(rejection: tuple[str | None, str | None], trader: str | None, day: str) -> bool:
    whose, which = rejection
    if whose is None or which is None:
        return True
    return which == day and trader in (None, whose)


def _prices(
    answers: Sequence[Mapping[str, object]], day: str, market: ZoneInfo
) -> dict[Slot, tuple[Fraction | None, datetime]]:
    standing: dict[Slot, tuple[Fraction | None, datetime]] = {}
    for answer in answers:
        updated = instant(answer.get("last_update"))
        if answer.get("delivery_day") != day or updated is None or answer.get("unit") not in ("euro", "euro/mwh"):
            continue
        slot = slot_of(day, str(answer["delivery_hour"]), None, market)
        value = answer.get("value")
        known = standing.get(slot)
        if known is None or updated >= known[1]:
            standing[slot] = (None if value is None else Fraction(str(value)), updated)
    return standing


def _exact(value: Fraction | None) -> str | None:
    if value is None:
        return None
    with localcontext(prec=1000):
        return _plain(Decimal(value.numerator) / Decimal(value.denominator))


def _six(value: Fraction | None) -> str | None:
    if value is None:
        return None
    with localcontext(prec=1000):
        # One digit too many decides nothing: a remainder beyond 900 digits is marked as such.
        decimal = Decimal(value.numerator) / Decimal(value.denominator)
        return _plain(decimal.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN))


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _when(instant: datetime) -> str:
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{instant.microsecond:06}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"
