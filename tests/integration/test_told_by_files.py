"""What do imported day files tell of a stretch without lines, to whoever looks?"""

from pathlib import Path

from projections.reading import Scope
from tests.desk import desk, serving, settings_for
from tests.notation import connected, imported, instant, lost

FILES = """query ($first: Int) {
  dayFiles(first: $first) { name day position rows matched recorded extra toldUntil whyNoFurther }
}"""
OUTAGES = "{ outages { isTold toldBy untold { start end } } }"

UP = connected("exchange/1", "06:00:00", "a")
OUTAGE = (UP, lost(UP, "07:00:00"), connected("exchange/1", "08:00:00", "b"))


async def test_an_outage_that_a_file_tells_no_longer_holds_back_completeness(database: str) -> None:
    async with desk(database) as trading, trading.store("exchange/1") as store:
        await trading.knows(*OUTAGE)
        await trading.knows(imported("06:30:00 to 07:30:00"))
        await trading.knows(imported("06:30:00 to 08:30:00"))
        async with store.snapshot() as snapshot:
            known = [(await snapshot.knowledge(position)).complete_up_to for position in range(6)]
            recorded_at = (await snapshot.knowledge(5)).recorded_at
            assert (await snapshot.changes(4)).feeds
            assert not (await snapshot.changes(5)).feeds
            health = await snapshot.health(Scope())
            assert (health.untold_outages, health.complete_up_to) == (0, recorded_at)
        assert known[2:] == [instant("07:00:00"), instant("07:00:00"), instant("07:30:00"), recorded_at]


async def test_the_api_names_the_file_that_told_and_lists_imports_newest_first(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading, serving(trading, settings_for(tmp_path)) as api:
        await trading.knows(*OUTAGE, imported("06:30:00 to 07:30:00"))
        told = await api.data(OUTAGES)
        assert told["outages"] == [
            {
                "isTold": False,
                "toldBy": ["exchange_trades_20230206.csv"],
                "untold": [{"start": "2023-02-06T07:30:00Z", "end": "2023-02-06T08:00:00Z"}],
            }
        ]
        await trading.knows(imported("06:30:00 to 08:00:00"))
        told = await api.data(OUTAGES)
        assert [outage["isTold"] for outage in told["outages"]] == [True]
        files = (await api.data(FILES))["dayFiles"]
        assert [file["position"] for file in files] == ["5", "4"]
        assert files[1] == {
            "name": "exchange_trades_20230206.csv",
            "day": "2023-02-06",
            "position": "4",
            "rows": 46,
            "matched": 40,
            "recorded": 3,
            "extra": 1,
            "toldUntil": "2023-02-06T07:30:00Z",
            "whyNoFurther": "the file lacks 1 deal that is in the log, so it tells nothing after its last deal before "
            "that: ask the exchange for the whole file",
        }
        await trading.knows(imported(extra=0, sha256="cd" * 32))
        assert (await api.data(FILES))["dayFiles"][0]["whyNoFurther"] is None
        assert len((await api.data(FILES, {"first": 1}))["dayFiles"]) == 1
        assert await api.refusal(FILES, {"first": 501}) == "BAD_USER_INPUT"


async def test_a_trader_sees_no_counts_of_everybodys_deals(database: str, tmp_path: Path) -> None:
    async with desk(database) as trading, serving(trading, settings_for(tmp_path)) as api:
        await trading.knows(imported())
        assert (await api.data(FILES, viewer="anna"))["dayFiles"] == []
        assert len((await api.data(FILES, viewer="auditor"))["dayFiles"]) == 1
