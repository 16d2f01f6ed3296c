"""Does a read model that is made again take the place of the one in use only when it is the same, and unnoticed?"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from adapters.postgres.installation import install
from adapters.read_models.builds import builds
from domain.errors import AlreadyRunningError, LogDamagedError, NotSwitchedError
from domain.events import Recorded
from projections import READ_MODELS
from projections.deals import DealRow, contributions, deals
from projections.positions import positions
from tests.desk import Desk, busy_day, desk
from tests.notation import deal
from tests.rebuilding import TABLES, asked, done, identity, is_well, rebuilds, rolls_back, structure, tables
from wattbook.rebuild import drop_kept, fill_new


@pytest.mark.parametrize("stretch", [1_000, 5])
async def test_what_is_rebuilt_is_what_was_in_use_in_one_process_or_in_many(
    trading: Desk, capsys: pytest.CaptureFixture[str], stretch: int
) -> None:
    before = structure(trading.url)
    first = identity(trading.url, "deals_v1")
    assert await rebuilds(trading, stretch=stretch) == 0
    assert "deals: 7 rows as in use at position 12" in capsys.readouterr().out
    assert is_well(trading.url)
    assert identity(trading.url, "deals_v1") != first
    assert structure(trading.url) == before
    assert tables(trading.url) == {name + end for name in TABLES for end in ("", "_kept")}


async def test_only_the_named_read_models_are_rebuilt(trading: Desk) -> None:
    first = identity(trading.url, "deals_v1")
    assert await rebuilds(trading, [positions]) == 0
    assert identity(trading.url, "deals_v1") == first
    assert tables(trading.url) == {*TABLES, "positions_v1_kept"}


async def test_what_comes_after_a_rebuild_goes_into_the_rebuilt_tables_alone(trading: Desk) -> None:
    await rebuilds(trading)
    await trading.knows(deal("carl buys 2 MW 10-11 at 7", deal_id="new"))
    assert is_well(trading.url)
    reached = dict(asked(trading.url, "SELECT table_name, position FROM read_models.checkpoints"))
    assert (reached["deals_v1"], reached["deals_v1_kept"]) == (13, 12)


async def test_an_empty_log_can_be_rebuilt(database: str) -> None:
    async with desk(database) as opened:
        assert await rebuilds(opened) == 0
        await opened.knows(*busy_day())
        assert is_well(database)


def with_doubled_money(recorded: Recorded) -> Iterable[DealRow]:
    return [row._replace(money_eur=row.money_eur * 2) for row in contributions(recorded)]


async def test_a_rule_that_says_something_else_is_refused_and_the_first_rows_are_named(
    trading: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    first = identity(trading.url, "deals_v1")
    wrong = replace(deals, contributions=with_doubled_money)
    assert await rebuilds(trading, [wrong, positions], stretch=5) == 1
    told = capsys.readouterr()
    assert "deals: 7 rows, 7 in use at position 12; 7 differ" in told.out
    assert "sum of money_eur: 766.75, in use 383.375" in told.out
    assert "position 2, read_models.deals_v1: row position 2, sign 1: money_eur is 200" in told.out
    assert "what was in use stays" in told.err
    assert identity(trading.url, "deals_v1") == first
    assert tables(trading.url) == TABLES
    assert asked(trading.url, "SELECT * FROM read_models.joined") == []
    await trading.knows(deal("carl buys 2 MW 10-11 at 7", deal_id="new"))
    assert is_well(trading.url)


def without_bob(recorded: Recorded) -> Iterable[DealRow]:
    return [row for row in contributions(recorded) if row.trader_id != "bob"]


async def test_rows_that_are_missing_are_named(trading: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert await rebuilds(trading, [replace(deals, contributions=without_bob)]) == 1
    told = capsys.readouterr().out
    assert "deals: 6 rows, 7 in use at position 12; 1 differ" in told
    assert "position 5, read_models.deals_v1: row position 5, sign 1 is of no event" in told


async def test_a_row_that_a_table_without_its_key_has_twice_differs(
    trading: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    done(
        trading.url,
        "ALTER TABLE read_models.deals_v1 DROP CONSTRAINT deals_v1_pkey",
        "INSERT INTO read_models.deals_v1 SELECT * FROM read_models.deals_v1 WHERE position = 5",
    )
    assert await rebuilds(trading, [deals]) == 1
    told = capsys.readouterr().out
    assert "deals: 7 rows, 8 in use at position 12; 1 differ" in told
    assert "sum of quantity_mw: 46, in use 56" in told
    assert "position 5, read_models.deals_v1: row position 5, sign 1 is of no event" in told
    assert await rebuilds(trading, [deals], accept=True) == 0
    assert is_well(trading.url)


async def test_a_damaged_table_is_mended_when_its_differences_are_accepted(trading: Desk) -> None:
    done(
        trading.url,
        "UPDATE read_models.deals_v1 SET money_eur = 1 WHERE position = 5",
        "DELETE FROM read_models.positions_v1 WHERE trader_id = 'bob'",
    )
    assert await rebuilds(trading) == 1
    assert not is_well(trading.url)
    assert await rebuilds(trading, accept=True) == 0
    assert is_well(trading.url)


async def test_rolling_back_brings_up_what_was_in_use_before_and_rolls_forward_again(trading: Desk) -> None:
    first = identity(trading.url, "deals_v1")
    await rebuilds(trading)
    second = identity(trading.url, "deals_v1")
    await trading.knows(deal("carl buys 2 MW 10-11 at 7", deal_id="new"))
    assert await rolls_back(trading) == 0
    assert identity(trading.url, "deals_v1") == first
    assert is_well(trading.url)
    await trading.knows(deal("carl buys 3 MW 10-11 at 7", deal_id="newer"))
    assert await rolls_back(trading, deals) == 0
    assert identity(trading.url, "deals_v1") == second
    assert is_well(trading.url)


async def test_kept_rows_that_differ_are_named_and_rolled_back_to_only_on_purpose(
    trading: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    await rebuilds(trading, [positions])
    done(trading.url, "UPDATE read_models.positions_v1_kept SET bought_eur = bought_eur + 1000 WHERE trader_id = 'bob'")
    in_use = identity(trading.url, "positions_v1")
    capsys.readouterr()
    assert await rolls_back(trading, positions) == 1
    told = capsys.readouterr()
    assert "positions: 4 rows, 4 kept at position 12; 1 differ" in told.out
    assert "bought_eur is 1075.00, not 75.00" in told.out
    assert "position 12, read_models.positions_v1_kept: row" in told.out
    assert "'--rollback --accept-differences' takes the kept rows" in told.err
    assert identity(trading.url, "positions_v1") == in_use
    assert asked(trading.url, "SELECT * FROM read_models.joined") == []
    assert await rolls_back(trading, positions, accept=True) == 0
    assert not is_well(trading.url)
    # What was in use before that is kept too, so the way back is the same.
    assert await rolls_back(trading, positions, accept=True) == 0
    assert is_well(trading.url)


async def test_without_a_table_that_was_kept_there_is_nothing_to_roll_back_to(trading: Desk) -> None:
    await rebuilds(trading, [positions])
    with pytest.raises(NotSwitchedError, match="of deals"):
        await rolls_back(trading, deals, positions)
    assert drop_kept(trading.url, READ_MODELS) == 0
    assert tables(trading.url) == TABLES
    with pytest.raises(NotSwitchedError, match="nothing to roll back to"):
        await rolls_back(trading)


async def test_tables_of_earlier_versions_are_dropped_with_those_that_were_kept(trading: Desk) -> None:
    done(trading.url, "CREATE TABLE read_models.rejections_v1 (position bigint)")
    done(trading.url, "INSERT INTO read_models.checkpoints VALUES ('rejections_v1', 3)")
    drop_kept(trading.url, READ_MODELS)
    assert tables(trading.url) == TABLES


LOST = "DELETE FROM read_models.checkpoints WHERE table_name IN ('deals_v1', 'positions_v1')"
REINSTALL = "UPDATE wattbook_state.installation SET digest = 'of another version'"


async def test_read_models_of_which_nothing_says_how_far_they_are_are_made_again_by_a_rebuild(
    trading: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    done(trading.url, LOST)
    assert not is_well(trading.url)
    assert await rebuilds(trading) == 0
    told = capsys.readouterr().out
    assert "filled: deals, positions\n" in told
    assert "reports: 0 rows as in use at position 12" in told
    assert is_well(trading.url)
    await trading.knows(deal("carl buys 2 MW 10-11 at 7", deal_id="new"))
    assert is_well(trading.url)


@pytest.mark.parametrize("statements", [(LOST,), (LOST, REINSTALL)])
async def test_a_projector_makes_them_again_after_an_installation_too(trading: Desk, statements: Sequence[str]) -> None:
    done(trading.url, *statements)
    install(trading.url, READ_MODELS)
    await trading.knows(deal("carl buys 2 MW 10-11 at 7", deal_id="new"))
    assert is_well(trading.url)


async def test_two_rebuilds_at_once_are_refused(trading: Desk) -> None:
    with builds(trading.url), pytest.raises(AlreadyRunningError, match="a rebuild is under way already"):
        await rebuilds(trading)
    assert await rebuilds(trading) == 0


async def test_a_log_that_lacks_an_event_is_not_rebuilt_from(trading: Desk) -> None:
    done(
        trading.url,
        "SET session_replication_role = replica",
        "DELETE FROM wattbook.events WHERE notification_id = 7",
    )
    with pytest.raises(LogDamagedError, match="no event at position 7"):
        await rebuilds(trading)
    assert tables(trading.url) == TABLES


async def test_an_event_whose_receipt_is_damaged_is_not_rebuilt_from(trading: Desk) -> None:
    done(
        trading.url,
        "SET session_replication_role = replica",
        "UPDATE wattbook.events SET state ="
        " convert_to(replace(convert_from(state, 'UTF8'), 'received_at', 'x'), 'UTF8') WHERE notification_id = 3",
    )
    with pytest.raises(LogDamagedError, match="position 3: the event log has bytes that are no deal"):
        await rebuilds(trading)
    assert tables(trading.url) == TABLES


async def test_what_a_service_may_do_it_may_do_with_the_rebuilt_table(trading: Desk) -> None:
    done(trading.url, "GRANT SELECT, INSERT ON read_models.deals_v1 TO pg_monitor, PUBLIC")
    rights = "SELECT relacl::text[] FROM pg_class WHERE oid = 'read_models.deals_v1'::regclass"
    ((before,),) = asked(trading.url, rights)
    await rebuilds(trading, [deals])
    ((after,),) = asked(trading.url, rights)
    assert sorted(after) == sorted(before)


async def test_read_models_without_any_event_are_filled_at_once(trading: Desk) -> None:
    done(
        trading.url,
        "TRUNCATE read_models.positions_v1, read_models.rejections_v2",
        "UPDATE read_models.checkpoints SET position = 0 WHERE table_name IN ('positions_v1', 'rejections_v2')",
    )
    first = identity(trading.url, "deals_v1")
    assert await asyncio.to_thread(fill_new, trading.url, READ_MODELS, 5) == 0
    assert is_well(trading.url)
    assert identity(trading.url, "deals_v1") == first
    assert tables(trading.url) == TABLES
