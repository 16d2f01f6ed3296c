"""Does each line that the README tells an analyst to type run, and say what the log says?

The lines are taken from the README and run as they stand there. Polars alone is not run: it is as large as the others
together, and reads the files that these and pyarrow read.
"""

import re
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pyarrow
import pytest
from pyarrow import parquet

from adapters.log_export.reading import ExportedLog
from graphql_api.deals_csv import CsvDeals
from graphql_api.deals_parquet import ParquetDeals
from projections.deals import DealRow, deals
from tests.notation import deal, recorded

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text()
EXPORT: Final = ROOT / "tests" / "golden" / "log-export"
POSITION: Final = 48213
ODD_NAMES: Final = ("=cmd", "'quoted", "a;=1+1", "NA", "007", "+49", "Çağla")


def lines(pattern: str) -> list[str]:
    """Return what the README gives in backquotes and *pattern* matches."""
    return [line for line in re.findall(r"`([^`\n]+)`", README) if re.search(pattern, line)]


def line(pattern: str) -> str:
    """Return the only such line."""
    (found,) = lines(pattern)
    return found


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[DealRow]:
    """Put the files that the README speaks of into the working folder; return the deals in them."""
    made = []
    for number, name in enumerate(ODD_NAMES):
        made.append(deal(f"{name} buys {number + 1}.25 MW 08:15-08:30 at -{number}.123456", deal_id=f"{name}1"))
        made.append(deal(f"{name} sells 1000000 MW 08-09 at 1000000", deal_id=f"{name}2"))
    rows = [*deals.fold(recorded(made))]
    for form in (CsvDeals(POSITION), ParquetDeals(POSITION)):
        (tmp_path / f"deals-at-{POSITION}.{form.ending}").write_bytes(form.write(rows) + form.end())
    (tmp_path / "wattbook-log").symlink_to(EXPORT)
    monkeypatch.chdir(tmp_path)
    return rows


def in_pandas(*assignments: str) -> Any:
    names: dict[str, Any] = {"pd": import_module("pandas")}
    for assignment in assignments:
        exec(assignment, names)
    return names["deals"]


def in_duckdb(query: str) -> dict[str, Any]:
    return dict(import_module("duckdb").sql(query).fetchall())


def test_pandas_reads_exact_decimals_and_aware_times(exported: list[DealRow]) -> None:
    found = in_pandas(line(r"pd\.read_parquet"))
    assert [*found["price"]] == [row.price_eur_mwh for row in exported]
    assert [time.to_pydatetime() for time in found["execution_time"]] == [row.executed_at for row in exported]
    assert [*found["trader_id"]] == [row.trader_id for row in exported]


def test_pandas_reads_the_ids_of_a_csv_as_they_were(exported: list[DealRow]) -> None:
    of_ids = line(r"\.str\.replace")
    of_traders = of_ids.replace("id", "trader_id")
    mended = f'deals["id"], deals["trader_id"] = {of_ids}, {of_traders}'
    found = in_pandas(line(r"pd\.read_csv"), mended)
    assert [*found["id"]] == [row.deal_id for row in exported]
    assert [*found["trader_id"]] == [row.trader_id for row in exported]


def test_duckdb_sums_money_exactly(exported: list[DealRow]) -> None:
    wanted = dict.fromkeys(ODD_NAMES, Decimal(0))
    for row in exported:
        wanted[row.trader_id] += row.energy_mwh * row.price_eur_mwh
    assert in_duckdb(line(r"^SELECT trader_id")) == wanted


def test_duckdb_counts_the_events_of_an_exported_log(exported: list[DealRow]) -> None:
    with ExportedLog(EXPORT) as log:
        topics = [topic for page in log.links(0, log.head().position) for _, _, _, topic, *_ in page]
    assert in_duckdb(line(r"^SELECT topic")) == {topic: topics.count(topic) for topic in topics}


def test_what_polars_is_told_to_read_is_there_with_its_types(exported: list[DealRow]) -> None:
    of_deals, of_the_log = (re.findall(r'read_parquet\("(.+)"\)', each)[0] for each in lines(r"pl\.read_parquet"))
    table = parquet.read_table(of_deals)
    assert table.column("price").to_pylist() == [row.price_eur_mwh for row in exported]
    assert table.schema.field("execution_time").type == pyarrow.timestamp("us", tz="UTC")
    with ExportedLog(EXPORT) as log:
        assert sum(parquet.read_table(path).num_rows for path in Path().glob(of_the_log)) == log.head().position
