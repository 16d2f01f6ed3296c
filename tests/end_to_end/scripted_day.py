"""What happens on a scripted day: hundreds of deals in every spelling there is, and the prices beside them?

Everything follows from a seed. Contents that conflict come last, so that which of two
contents stands does not hang on the race between two lines.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from tests.oracle_reading import Slot, slots_of

BERLIN: Final = ZoneInfo("Europe/Berlin")
NORMAL, SPRING, AUTUMN = "2024-11-13", "2023-03-26", "2023-10-29"
DAYS: Final = (NORMAL, SPRING, AUTUMN)
TRADERS: Final = ("trader_1", "trader_2", "Zoë Ångström", "42", "a:b%c", "x" * 128)

Lines = tuple[int, ...]


@dataclass(frozen=True)
class Sent:
    """A message, the lines that it comes over, and why it is rejected, if it is."""

    raw: str | bytes
    lines: Lines
    rejected_as: str | None = None


@dataclass
class Script:
    """What comes first in any order, and what comes when all of that is recorded."""

    first: list[Sent] = field(default_factory=list)
    then: list[Sent] = field(default_factory=list)

    @property
    def messages(self) -> list[str | bytes]:
        return [sent.raw for sent in self.first + self.then]

    @property
    def rejected(self) -> list[tuple[str, str | bytes]]:
        """The reason and the message of every rejection there must be, each once."""
        named = [(sent.rejected_as, sent.raw) for sent in self.first + self.then if sent.rejected_as]
        return list(dict.fromkeys((reason, raw) for reason, raw in named))


@dataclass(frozen=True)
class Draft:
    """A deal before it is spelled."""

    id: str
    price: Decimal
    quantity: Decimal
    direction: str
    day: str
    label: str
    trader: str
    executed: str


def script(seed: int, deals_a_day: int) -> Script:
    """Return the script of *seed* over all three days."""
    random = Random(seed)
    made = Script()
    for day in DAYS:
        drafts = _drafts(random, day, deals_a_day)
        for draft in drafts:
            both = random.random() < 0.35
            made.first.append(Sent(spelled(random, draft), (1, 2) if both else (random.choice((1, 2)),)))
            if random.random() < 0.2:
                made.first.append(Sent(spelled(random, draft), (random.choice((1, 2)),)))
        made.first += [
            Sent(raw, random.choice(((1,), (2,), (1, 2))), reason) for reason, raw in rejections(random, day)
        ]
        for draft in random.sample(drafts, 8):
            made.then += _conflicts(random, draft)
    made.first += doubled_hour_deals()
    random.shuffle(made.first)
    return made


def _drafts(random: Random, day: str, number: int) -> list[Draft]:
    drafts: list[Draft] = []
    slots = slots_of(day, BERLIN)
    for count in range(number):
        if drafts and random.random() < 0.1:
            drafts.append(_twin(random, random.choice(drafts)))
            continue
        # Mostly hours, as in the market; every label of the day has its chance.
        slot = random.choice([each for each in slots if each.minutes == 60 or random.random() < 0.15])
        drafts.append(
            Draft(
                id=f"{day.replace('-', '')}{count}" if random.random() < 0.7 else f"{day}/é-{count}",
                price=_price(random),
                quantity=Decimal(random.randint(1, 10 ** random.randint(1, 6))).scaleb(-random.randint(0, 6)),
                direction=random.choice(("buy", "sell")),
                day=day,
                label=slot.label,
                trader=random.choice(TRADERS),
                executed=_executed(random, slot),
            )
        )
    return list({(d.id, d.trader, d.direction): d for d in drafts}.values())


def _twin(random: Random, draft: Draft) -> Draft:
    """Return another deal under the same id: the other leg of a cross trade, or another trader's."""
    if random.random() < 0.5:
        return replace(draft, direction="sell" if draft.direction == "buy" else "buy")
    return replace(draft, trader=random.choice(TRADERS), price=_price(random))


def _price(random: Random) -> Decimal:
    return random.choice(
        (
            Decimal(random.randint(-50_000, 300_000)).scaleb(-3),
            Decimal(random.randint(-(10**12), 10**12)).scaleb(-6),
            Decimal(random.randint(-500, 4000)),
            Decimal(0),
        )
    )


def _executed(random: Random, slot: Slot) -> str:
    """Return an instant before delivery; seldom one after it began, which is recorded, not judged."""
    before = timedelta(seconds=random.randint(0, 40_000), microseconds=random.choice((0, 0, 120_000, 1)))
    instant = slot.start + timedelta(minutes=5) if random.random() < 0.05 else slot.start - before
    return instant.isoformat()


def spelled(random: Random, draft: Draft) -> str:
    """Return a message of *draft* in one of its many spellings."""
    fields = {
        "id": random.choice((draft.id, json.dumps(draft.id))) if _is_number(draft.id) else json.dumps(draft.id),
        "price": _number(random, draft.price),
        "quantity": _number(random, draft.quantity),
        "direction": json.dumps(draft.direction),
        "delivery_day": json.dumps(draft.day),
        "delivery_hour": json.dumps(_label(random, draft)),
        "trader_id": draft.trader if draft.trader == "42" and random.random() < 0.5 else json.dumps(draft.trader),
        "execution_time": json.dumps(_instant(random, draft.executed)),
    }
    if random.random() < 0.3:
        fields |= {"venue": '"EPEX"', "seen": '{"by": ["a", 1.50, null]}'}
    return message(random, fields)


def message(random: Random, fields: dict[str, str]) -> str:
    """Return a message with the JSON texts *fields*, in any order, in either envelope."""
    names = list(fields)
    random.shuffle(names)
    envelope = random.choice(("deal_confirmation", "trade_confirmation"))
    return f'{{"{envelope}": {{{", ".join(f"{json.dumps(name)}: {fields[name]}" for name in names)}}}}}'


def _is_number(text: str) -> bool:
    return text.isdigit()


def _number(random: Random, value: Decimal) -> str:
    plain = f"{value:f}"
    longer = plain + ("0" if "." in plain else ".00")
    return random.choice((plain, longer, f'"{plain}"', f'"{longer}"', f"{value:E}".replace("E+", "e")))


def _label(random: Random, draft: Draft) -> str:
    label = draft.label
    if len(label.rstrip("AB")) == 5:
        begin, end, suffix = label[:2], label[3:5], label[5:]
        spellings = [label, f"{begin}:00-{end}:00{suffix}"]
    else:
        spellings = [label]
    return random.choice([*spellings, *(each.replace("-24", "-00") for each in spellings)])


def _instant(random: Random, executed: str) -> str:
    return random.choice((executed, executed.replace("+00:00", "Z"), executed.replace("+00:00", "z").lower()))


def _conflicts(random: Random, draft: Draft) -> list[Sent]:
    """Return other contents of a known deal, the first of them twice, and a late duplicate of the first content."""
    others = [
        replace(draft, price=draft.price + Decimal("0.5")),
        replace(draft, quantity=draft.quantity + 1),
        replace(draft, executed=draft.executed[:19] + ".5+00:00"),
    ]
    chosen = random.sample(others[:2], random.choice((1, 2))) + random.sample(others[2:], random.choice((0, 1)))
    sent = [Sent(spelled(random, other), (random.choice((1, 2)),), "CONFLICT") for other in chosen]
    return [*sent, replace(sent[0], lines=(1, 2)), Sent(spelled(random, draft), (1, 2))]


def rejections(random: Random, day: str) -> list[tuple[str, str | bytes]]:
    """Return messages that are no deals, each with the reason that it is rejected for."""

    def wrong(reason: str, **changes: str) -> tuple[str, str]:
        good = Draft(
            "77", Decimal("1.5"), Decimal(2), "buy", day, "08-09", random.choice(TRADERS[:2]), f"{day}T00:00:00Z"
        )
        fields = {
            "id": json.dumps(f"no-deal-{random.getrandbits(64)}"),
            "price": "1.5",
            "quantity": "2",
            "direction": '"buy"',
            "delivery_day": json.dumps(good.day),
            "delivery_hour": json.dumps(good.label),
            "trader_id": json.dumps(good.trader),
            "execution_time": json.dumps(good.executed),
        } | changes
        return reason, message(random, {name: text for name, text in fields.items() if text})

    def label(text: str) -> dict[str, str]:
        return {"delivery_hour": json.dumps(text)}

    found: list[tuple[str, str | bytes]] = [
        *(wrong("INVALID: quantity", quantity=text) for text in ("0", "-1.5", '"-2"', "true", "null", "")),
        *(wrong("INVALID: price", price=text) for text in ('"NaN"', "1e7", "0.0000001", '"1_000"', '" 1"', "[1]")),
        *(wrong("INVALID: direction", direction=text) for text in ('"BUY"', '"hold"', "1", "")),
        *(wrong("INVALID: trader_id", trader_id=text) for text in ('""', '"a\\u0000b"', "1.5", json.dumps("x" * 129))),
        *(wrong("INVALID: delivery_day", delivery_day=text) for text in ('"2023-02-29"', '"tomorrow"', "20230206")),
        *(wrong("INVALID: delivery_hour", delivery_hour=text) for text in ('"8-9"', "8", '"08:00-09"', "")),
        *(wrong("INVALID: execution_time", execution_time=text) for text in ('"2023-02-06T06:13:45"', "0", "")),
        *(wrong("NO_SUCH_PERIOD", **label(text)) for text in ("24-25", "08-10", "09-08", "08-09A", "08:05-08:20")),
        ("UNREADABLE", f'{{"deal_confirmation": {{"trader_id": "trader_1", "delivery_day": "{day}"'),
        ("UNREADABLE", b"\xff\xfe binary of " + day.encode()),
        ("UNREADABLE", f'["{day}"]'),
    ]
    if day == SPRING:
        found += [wrong("NO_SUCH_PERIOD", **label("02-03")), wrong("NO_SUCH_PERIOD", **label("02:15-02:30"))]
    if day == AUTUMN:
        found += [wrong("AMBIGUOUS_PERIOD", **label("02-03")), wrong("AMBIGUOUS_PERIOD", **label("02:30-02:45"))]
    return found


def doubled_hour_deals() -> Sequence[Sent]:
    """Return the deals of the doubled hour whose plain label is settled by their execution."""
    fields = {"id": "plain-b", "price": 7.25, "quantity": 4, "direction": "sell", "trader_id": "trader_1"}
    fields |= {"delivery_day": AUTUMN, "delivery_hour": "02-03", "execution_time": f"{AUTUMN}T00:30:00Z"}
    quarter = fields | {
        "id": "plain-b-quarter",
        "delivery_hour": "02:15-02:30",
        "execution_time": f"{AUTUMN}T01:15:00Z",
    }
    return [Sent(json.dumps({"deal_confirmation": each}), (1, 2)) for each in (fields, quarter)]
