"""Do figures follow the naive rule, whatever is said and settled in whichever order?"""

from collections import defaultdict
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.events import DealConfirmed, DealConflicted, Event, Recorded
from domain.recording import stream_of
from domain.resolution import ACCEPTED, DISCARDED, Settling, settle
from projections.positions import positions
from projections.rejections import rejections
from tests.notation import deal
from tests.spec import MemoryLog, fold_pages, in_key_order

Identity = tuple[str, str]
Content = tuple[str, Decimal, Decimal]


@st.composite
def said(draw: st.DrawFn) -> DealConfirmed:
    """Draw a confirmation; ids, prices and periods are few, so most of them are duplicates and conflicts."""
    trader, label = draw(st.sampled_from(("anna", "ben"))), draw(st.sampled_from(("08-09", "09-10")))
    words = f"{trader} buys {draw(st.integers(1, 2))} MW {label} at {draw(st.integers(-1, 2))}"
    return deal(words, deal_id=str(draw(st.integers(1, 3))))


settled = st.tuples(st.integers(0, 50), st.booleans())
"""Which of the open conflicts, and whether it is accepted."""


class Desk:
    """The log by Wattbook's rules, with a page of it after each action."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.pages: list[list[Recorded]] = []

    def hears(self, confirmation: DealConfirmed) -> None:
        self._records(confirmation)

    def settles(self, position: int, accept: bool) -> None:
        conflict = self.log.events[position - 1]
        assert isinstance(conflict.event, DealConflicted)
        past = [each for each in self.log.events if stream_of(each.event) == stream_of(conflict.event)]
        wanted = Settling(ACCEPTED if accept else DISCARDED, conflict.event.deal if accept else None, "said so", "desk")
        self._records(*settle(conflict, [], past, wanted))

    def _records(self, *events: Event) -> None:
        before = len(self.log.events)
        self.log.append(events)
        self.pages.append(self.log.events[before:])

    @property
    def open(self) -> list[int]:
        return [row.position for row in rejections.fold(self.log.events) if row.resolution is None]


class Naive:
    """The rule in a few lines: what was first said stands, until a person accepts something else."""

    def __init__(self) -> None:
        self.stands: dict[Identity, Content] = {}
        self.seen: set[tuple[Identity, Content]] = set()
        self.open: list[tuple[Identity, Content]] = []

    def hears(self, identity: Identity, content: Content) -> None:
        if identity not in self.stands:
            self.stands[identity] = content
        elif (identity, content) not in self.seen:
            self.open.append((identity, content))
        self.seen.add((identity, content))

    def settles(self, number: int, accept: bool) -> None:
        identity, content = self.open.pop(number)
        if accept:
            self.stands[identity] = content

    def totals(self) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
        sums: dict[tuple[str, str], tuple[int, Decimal, Decimal]] = defaultdict(lambda: (0, Decimal(0), Decimal(0)))
        for (_, trader), (label, power, price) in self.stands.items():
            deals, energy, money = sums[trader, label]
            sums[trader, label] = deals + 1, energy + power, money + power * price
        return dict(sums)


@given(actions=st.lists(said() | settled, max_size=30))
def test_deals_conflicts_and_settlements_leave_what_the_naive_rule_leaves(
    actions: list[DealConfirmed | tuple[int, bool]],
) -> None:
    desk, naive = Desk(), Naive()
    for action in actions:
        if isinstance(action, DealConfirmed):
            made = action.deal
            desk.hears(action)
            naive.hears((made.deal_id, made.trader_id), (made.period.label, made.quantity_mw, made.price_eur_mwh))
        elif naive.open:
            number, accept = action[0] % len(naive.open), action[1]
            desk.settles(desk.open[number], accept)
            naive.settles(number, accept)
        assert len(desk.open) == len(naive.open)
    rows = in_key_order(positions, positions.fold(desk.log.events))
    found = {(row.trader_id, row.label): (row.deals, row.bought_mwh, row.bought_eur) for row in rows if row.deals}
    assert found == naive.totals()
    assert all(not (row.bought_mwh or row.bought_eur) for row in rows if not row.deals)
    assert in_key_order(positions, fold_pages(positions, desk.pages)) == rows
    assert in_key_order(rejections, fold_pages(rejections, desk.pages[::-1])) == in_key_order(
        rejections, rejections.fold(desk.log.events)
    )
