"""Are as many exports under way as there is room for, and no more, and does none keep its place for ever?"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from graphql_api import exports
from graphql_api.deals_csv import CsvDeals
from graphql_api.deals_parquet import ParquetDeals
from graphql_api.exports import OPEN_AT_ONCE
from tests.desk import Api, Desk, desk, serving, settings_for
from tests.notation import deal
from tests.waiting import eventually

PARTS = 20


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(*(deal("bob buys 1 MW 08-09 at 1", deal_id=str(n)) for n in range(PARTS)))
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """Yield an API whose files, in both formats, are larger than what a network holds for a client that waits."""
    monkeypatch.setattr(exports, "PAGE", 1)
    for form in (CsvDeals, ParquetDeals):
        monkeypatch.setattr(form, "write", lambda self, rows: b"x" * 2_000_000)
    async with serving(trading, settings_for(tmp_path)) as served:
        yield served


async def begun(api: Api, held: AsyncExitStack, ending: str) -> aiohttp.ClientResponse:
    """Begin an export, and take no more than its first byte."""
    answer = await held.enter_async_context(api.session.get(f"{api.address}/export/deals.{ending}"))
    if answer.status == 200:
        assert await answer.content.read(1) == b"x"
    return answer


async def test_as_many_exports_as_there_are_places_are_answered_and_the_next_is_told_when_to_ask_again(
    api: Api,
) -> None:
    async with AsyncExitStack() as held:
        open_ones = [await begun(api, held, ending) for ending in ("csv", "parquet") * (OPEN_AT_ONCE // 2)]
        assert {answer.status for answer in open_ones} == {200}
        for ending in ("csv", "parquet"):
            refused = await begun(api, held, ending)
            assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
            (error,) = (await refused.json())["errors"]
            assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
            assert "8 exports are under way" in error["message"]
        # What is refused for another reason, or is but a head, holds no place.
        open_ones[0].close()
        await eventually(lambda: _is_free(api))
        async with api.session.get(f"{api.address}/export/deals.csv?asOf=99") as wrong:
            assert wrong.status == 400
        async with api.session.head(f"{api.address}/export/deals.csv") as head:
            assert head.status == 200
        assert (await begun(api, held, "parquet")).status == 200
        assert (await begun(api, held, "csv")).status == 503
    # All of them have gone, and whole files leave again.
    await eventually(lambda: _is_free(api))
    for ending in ("csv", "parquet"):
        async with api.session.get(f"{api.address}/export/deals.{ending}") as answer:
            assert len(await answer.read()) >= PARTS * 2_000_000


async def test_a_client_that_takes_nothing_loses_its_place(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(exports, "PATIENCE_S", 0.2)
    async with AsyncExitStack() as held:
        open_ones = [await begun(api, held, "csv") for _ in range(OPEN_AT_ONCE)]
        # Not before all are cut off: one that is read in time would go on.
        await eventually(lambda: caplog.text.count("was cut off") == OPEN_AT_ONCE)
        await eventually(lambda: _is_free(api))
        # Nobody takes what it got for a whole file.
        with pytest.raises(aiohttp.ClientPayloadError):
            await open_ones[0].read()


async def _is_free(api: Api) -> bool:
    async with api.session.head(f"{api.address}/export/deals.csv") as answer:
        return answer.status == 200
