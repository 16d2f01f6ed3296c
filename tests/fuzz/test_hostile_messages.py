"""Thousands of hostile messages at every test run; ``make fuzz`` tries millions."""

from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.coverage_guided import search
from tests.fuzz.laws import DEAL, LawBrokenError, outcome_of
from tests.fuzz.ledger import Ledger
from tests.fuzz.messages import MEGABYTE, Messages
from tests.fuzz.parser import read_all
from tests.fuzz.real_path import through_the_roles

SEED = 1

pytestmark = pytest.mark.timeout(400)


def test_the_same_seed_gives_the_same_messages() -> None:
    assert list(islice(Messages(SEED), 500)) == list(islice(Messages(SEED), 500))
    assert list(islice(Messages(SEED), 500)) != list(islice(Messages(SEED + 1), 500))


def test_every_message_is_read_twice_the_same_as_a_deal_or_a_rejection() -> None:
    outcomes = read_all(SEED, 100_000)
    assert outcomes.total() == 100_000
    assert outcomes[DEAL] > 10_000
    kinds = {"INVALID: id", "INVALID: price", "INVALID: execution_time", "NO_SUCH_PERIOD", "AMBIGUOUS_PERIOD"}
    assert kinds < outcomes.keys()
    assert any(len(raw) > MEGABYTE / 2 for raw in islice(Messages(SEED), 100_000))


def test_a_broken_law_names_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(raw: bytes, **_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("tests.fuzz.laws.read_message", broken)
    with pytest.raises(LawBrokenError, match="no message may raise: RecursionError") as caught:
        outcome_of(b"hello")
    assert "b'hello'" in str(caught.value)


def test_a_search_for_untried_branches_of_the_parser_finds_no_message_that_breaks_a_law(tmp_path: Path) -> None:
    assert search(SEED, 20_000, tmp_path).startswith("cov: ")


async def test_every_message_comes_through_the_roles_as_a_deal_or_as_a_rejection_with_its_bytes(
    tmp_path: Path, database: str
) -> None:
    passage = await through_the_roles(SEED, 20_000, tmp_path, database)
    assert passage.connections == 1
    assert min(passage.deals, passage.conflicts, passage.rejections, passage.repeated) > 10
    # And a log that lacks a message would be found out.
    ledger = Ledger()
    ledger.note(b"never sent")
    assert ("not in the log as message.rejected.v1", next(iter(ledger.expected["message.rejected.v1"]))) in list(
        ledger.differences(database)
    )
