"""Is an exported file the deals query at the position that it names, for whoever may see it, however many they are?"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pyarrow
import pytest
from pyarrow import parquet

from domain.canonical import time_text
from domain.decimals import plain
from graphql_api import exports
from graphql_api.deals_csv import COLUMNS, CsvDeals, as_it_was
from projections.deals import DealRow
from tests.desk import Api, Desk, busy_day, desk, serving, settings_for
from tests.notation import AUTUMN, deal

DEALS = """
    query ($filter: DealFilter, $position: Position!, $after: String) {
      deals(filter: $filter, order: { position: ASC }, first: 500, after: $after, asOf: { position: $position }) {
        pageInfo { hasNextPage endCursor }
        edges { node {
          dealId price quantityMw direction traderId executionTime position recordedAt energyMwh
          period { day label start end }
        } }
      }
    }
"""


@dataclass
class Exported:
    """A whole answer: its status, headers and rows, in the words of the file."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    ending: str

    @property
    def position(self) -> str:
        return self.headers["X-Wattbook-Position"]

    @property
    def rows(self) -> list[dict[str, str]]:
        assert self.status == 200, self.content
        if self.ending == "csv":
            rows = list(csv.DictReader(io.StringIO(self.content.decode())))
            return [{**row, "id": as_it_was(row["id"]), "trader_id": as_it_was(row["trader_id"])} for row in rows]
        table = parquet.read_table(io.BytesIO(self.content))
        return [{name: as_text(value) for name, value in row.items()} for row in table.to_pylist()]

    @property
    def error(self) -> dict[str, Any]:
        (error,) = json.loads(self.content)["errors"]
        assert error["extensions"]["requestId"]
        return {"message": error["message"], "code": error["extensions"]["code"]}


def as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        assert value.utcoffset() == timedelta(0)
        return time_text(value)
    return str(value)


async def export(api: Api, ending: str, viewer: str | None = None, **parameters: str) -> Exported:
    headers = {} if viewer is None else {"X-Wattbook-User": viewer}
    address = f"{api.address}/export/deals.{ending}"
    async with api.session.get(address, params=parameters, headers=headers) as response:
        return Exported(response.status, response.headers, await response.read(), ending)


async def asked(
    api: Api, position: str, wanted: Mapping[str, str] | None = None, viewer: str | None = None
) -> list[dict[str, str]]:
    """Return what the deals query says, in the columns of the file."""
    rows: list[dict[str, str]] = []
    after: str | None = None
    while True:
        answer = await api.data(DEALS, {"filter": wanted, "position": position, "after": after}, viewer)
        for edge in answer["deals"]["edges"]:
            node, period = edge["node"], edge["node"]["period"]
            rows.append(
                dict(
                    zip(
                        COLUMNS,
                        (
                            node["dealId"], node["price"], node["quantityMw"], node["direction"].lower(), period["day"],
                            period["label"], node["traderId"], node["executionTime"], node["position"],
                            node["recordedAt"], node["energyMwh"], period["start"], period["end"],
                        ),
                        strict=True,
                    )
                )
            )  # fmt: skip
        if not answer["deals"]["pageInfo"]["hasNextPage"]:
            return rows
        after = answer["deals"]["pageInfo"]["endCursor"]


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(
            *busy_day(),
            deal("=1+1 sells 0.25 MW 02:15-02:30B at -0.000001", day=AUTUMN, deal_id="-7", executed="06:13:45.25"),
            deal("Çağla buys 1000000 MW 02-03A at 1000000", day=AUTUMN, deal_id='a,"b"'),
        )
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path)) as served:
        yield served


both = pytest.mark.parametrize("ending", ["csv", "parquet"])


@both
async def test_a_file_is_the_query_at_every_position(api: Api, ending: str) -> None:
    for position in range(15):
        exported = await export(api, ending, asOf=str(position))
        assert exported.rows == await asked(api, str(position))
        assert exported.position == str(position)
        assert f'filename="deals-at-{position}.{ending}"' in exported.headers["Content-Disposition"]
    assert {row["trader_id"] for row in exported.rows} == {"anna", "bob", "=1+1", "Çağla"}


FILTERS: list[tuple[dict[str, str], int]] = [
    ({"traderId": "anna"}, 2),
    ({"traderId": "=1+1"}, 1),
    ({"traderId": "nobody"}, 0),
    ({"deliveryDayFrom": "2023-10-29"}, 2),
    ({"deliveryDayTo": "2023-10-28", "direction": "BUY"}, 2),
    ({"label": "23-24"}, 1),
    ({"executedFrom": "2023-02-06T07:13:45.2+01:00"}, 1),
    ({"executedTo": "2023-02-06T06:13:45Z", "direction": "SELL"}, 1),
]


@both
async def test_a_filter_selects_what_the_query_selects(api: Api, ending: str) -> None:
    for wanted, count in FILTERS:
        exported = await export(api, ending, **wanted)
        assert exported.rows == await asked(api, exported.position, wanted)
        assert len(exported.rows) == count


@both
async def test_a_file_stays_at_its_position_while_deals_arrive(
    trading: Desk, api: Api, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    made = [deal(f"bob buys 1 MW 08-09 at {n}", deal_id=f"many {n}") for n in range(200)]
    await trading.knows(*made)
    stop = asyncio.Event()

    async def more_arrive() -> int:
        number = 0
        while not stop.is_set():
            await trading.knows(deal("anna buys 1 MW 08-09 at 1", deal_id=f"later {number}"))
            number += 1
        return number

    arriving = asyncio.create_task(more_arrive())
    exported = [await export(api, ending, asOf="214"), await export(api, ending)]
    stop.set()
    assert await arriving > 1
    for each in exported:
        assert each.rows == await asked(api, each.position)
    assert len(exported[0].rows) == 205


@both
async def test_a_trader_gets_own_deals_and_learns_nothing_of_others(api: Api, ending: str) -> None:
    exported = await export(api, ending, "anna")
    assert exported.rows == await asked(api, exported.position, viewer="anna")
    assert {row["trader_id"] for row in exported.rows} == {"anna"}
    of_bob, of_nobody = [await export(api, ending, "anna", traderId=name) for name in ("bob", "nobody")]
    assert (of_bob.status, of_bob.content) == (of_nobody.status, of_nobody.content)
    assert of_bob.rows == []
    assert (await export(api, ending, "auditor")).rows == (await export(api, ending)).rows


WRONG: list[tuple[dict[str, str], str]] = [
    ({"trader": "anna"}, "there is no parameter 'trader'"),
    ({"direction": "both"}, "direction: neither BUY nor SELL"),
    ({"deliveryDayFrom": "06.02.2023"}, "deliveryDayFrom: not a day"),
    ({"asOf": "99"}, "position 99 is past the head of the log, 14"),
    ({"asOf": "latest"}, "asOf: not a position"),
]


@both
async def test_wrong_use_is_told_in_a_sentence(api: Api, ending: str) -> None:
    for parameters, told in WRONG:
        refused = await export(api, ending, **parameters)
        assert refused.status == 400
        assert refused.headers["Content-Type"] == "application/json"
        assert refused.error["code"] == "BAD_USER_INPUT"
        assert told in refused.error["message"]


async def test_a_time_means_the_last_event_recorded_by_then(trading: Desk, api: Api) -> None:
    before, after = [await export(api, "csv", asOf=f"{year}-01-01T00:00:00Z") for year in (2020, 2999)]
    assert (before.position, before.rows) == ("0", [])
    assert (after.position, len(after.rows)) == ("14", 5)
    assert "2020" < after.headers["X-Wattbook-Recorded-At"] < "2999"


async def test_who_is_nobody_gets_nothing_and_a_failure_of_ours_no_more_than_a_request_id(
    trading: Desk, api: Api
) -> None:
    assert (await export(api, "csv", "\x80")).status == 401
    async with api.session.get(f"{api.address}/export/deals.csv", headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403
    trading.recorder.datastore.close()
    with psycopg.connect(trading.url) as connection:
        connection.execute("ALTER TABLE read_models.deals_v1 RENAME TO lost")
    refused = await export(api, "csv")
    assert (refused.status, refused.error["code"]) == (500, "INTERNAL")
    assert "deals_v1" not in refused.error["message"]


async def test_the_head_of_a_file_is_answered_without_the_file(api: Api) -> None:
    async with api.session.head(f"{api.address}/export/deals.parquet") as answer:
        assert (answer.status, answer.headers["X-Wattbook-Position"]) == (200, "14")
        assert answer.content_type == "application/vnd.apache.parquet"
    async with api.session.post(f"{api.address}/export/deals.csv") as answer:
        assert answer.status == 405


async def test_the_types_in_parquet_are_exact(api: Api) -> None:
    file = parquet.ParquetFile(io.BytesIO((await export(api, "parquet")).content))
    schema = file.schema_arrow
    assert tuple(schema.names) == COLUMNS
    assert schema.field("price").type == pyarrow.decimal128(18, 6)
    assert schema.field("energy_mwh").type == pyarrow.decimal128(18, 8)
    assert schema.field("delivery_day").type == pyarrow.date32()
    assert schema.field("execution_time").type == pyarrow.timestamp("us", tz="UTC")
    assert schema.metadata[b"wattbook.position"] == b"14"
    encodings = {file.metadata.row_group(0).column(n).path_in_schema: n for n in range(len(COLUMNS))}
    assert "RLE_DICTIONARY" in file.metadata.row_group(0).column(encodings["trader_id"]).encodings


async def test_a_file_whose_end_cannot_be_read_is_cut_off_and_not_taken_for_whole(
    trading: Desk, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 1)
    pages = 0
    original = CsvDeals.write

    def then_the_table_goes(self: CsvDeals, rows: Sequence[DealRow]) -> bytes:
        nonlocal pages
        pages += 1
        if pages == 2:
            with psycopg.connect(trading.url) as connection:
                connection.execute("UPDATE read_models.checkpoints SET position = 3")
        return original(self, rows)

    monkeypatch.setattr(CsvDeals, "write", then_the_table_goes)
    with pytest.raises(aiohttp.ClientPayloadError):
        await export(api, "csv", asOf="14")
    assert pages == 2


async def test_a_client_that_goes_away_ends_the_work(trading: Desk, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 1)
    written: list[int] = []

    def write(self: CsvDeals, rows: Sequence[DealRow]) -> bytes:
        written.append(len(rows))
        return b"x" * 10_000_000

    monkeypatch.setattr(CsvDeals, "write", write)
    await trading.knows(*(deal("bob buys 1 MW 08-09 at 1", deal_id=f"many {n}") for n in range(55)))
    async with api.session.get(f"{api.address}/export/deals.csv") as answer:
        assert await answer.content.read(1) == b"x"
        answer.close()
    # Whoever reads the same meanwhile, whole, takes as many steps as are left.
    counts = []
    for _ in range(2):
        assert len((await export(api, "parquet")).rows) == 60
        counts.append(len(written))
    assert counts[0] == counts[1] < 60
