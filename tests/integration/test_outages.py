"""Are outages told by the API as the log knows them, to whoever looks?"""

import gc
from decimal import Decimal
from pathlib import Path

import psycopg

from domain.losses import Coverage
from projections.reading import Scope
from tests.desk import desk, serving, settings_for
from tests.notation import DAY, connected, instant, lost, reference_price

OUTAGES = (
    "query ($day: Date, $asOf: AsOf) { outages(deliveryDay: $day, asOf: $asOf) "
    "{ start end noticedAt isTold toldBy untold { start end } lines { line reason detectionDelaySeconds } } }"
)
CONNECTIONS = (
    '{ feedConnections(from: "2023-02-06T07:30:00Z", to: "2023-02-06T08:30:00Z") '
    "{ line connectedAt lastHeardAt noticedAt reason } }"
)


async def test_an_outage_is_told_with_its_lines_and_as_it_was_known_at_any_position(
    database: str, tmp_path: Path
) -> None:
    one, two = connected("exchange/1", "06:00:00", "a"), connected("exchange/2", "06:00:00", "b")
    async with desk(database) as trading, serving(trading, settings_for(tmp_path)) as api:
        await trading.knows(
            one, two, lost(one, "07:00:00"), lost(two, "08:00:00", last_heard="07:59:54"),
            connected("exchange/1", "08:20:00", "c"), reference_price("08-09 at 1"),
        )  # fmt: skip
        (outage,) = (await api.data(OUTAGES, viewer="anna"))["outages"]
        assert (outage["start"], outage["end"]) == ("2023-02-06T07:59:54Z", "2023-02-06T08:20:00Z")
        assert outage["noticedAt"] == "2023-02-06T08:00:00Z"
        assert (outage["isTold"], outage["toldBy"]) == (False, [])
        assert outage["untold"] == [{"start": outage["start"], "end": outage["end"]}]
        assert [(line["line"], line["detectionDelaySeconds"]) for line in outage["lines"]] == [
            ("exchange/2", "6"),
            ("exchange/1", "0"),
        ]
        (lasting,) = (await api.data(OUTAGES, {"asOf": {"position": "4"}}))["outages"]
        assert lasting["end"] is None
        assert (await api.data(OUTAGES, {"asOf": {"position": "3"}}))["outages"] == []
        assert len((await api.data(OUTAGES, {"day": str(DAY)}))["outages"]) == 1
        assert (await api.data(OUTAGES, {"day": "2023-02-05"}))["outages"] == []
        open_then = (await api.data(CONNECTIONS))["feedConnections"]
        assert [(each["line"], each["lastHeardAt"]) for each in open_then] == [
            ("exchange/1", None),
            ("exchange/2", "2023-02-06T07:59:54Z"),
        ]
        assert await api.refusal("{ outages(first: 501) { start } }") == "BAD_USER_INPUT"


async def test_a_line_tells_its_losses_and_what_it_alone_delivered(database: str) -> None:
    one, again = connected("exchange/1", "06:00:00", "a"), connected("exchange/1", "07:30:00", "b")
    async with desk(database) as trading, trading.store("exchange/1", "exchange/2") as store:
        await trading.knows(one, lost(one, "07:00:00", last_heard="06:59:58"), again)
        with psycopg.connect(database) as connection:
            connection.execute("INSERT INTO wattbook_state.line_deliveries VALUES ('exchange/1', 10, 7, 12)")
        async with store.snapshot() as snapshot:
            health = await snapshot.health(Scope())
        first, second = health.feeds
        assert (first.losses, first.delivered_alone, second.losses, second.delivered_alone) == (1, 3, 0, 0)
        assert first.last_loss is not None
        assert (first.last_loss.lost_at, first.last_loss.detection_delay_s) == (instant("06:59:58"), Decimal(2))
        assert (health.complete_up_to, health.untold_outages) == (instant("06:59:58"), 1)


async def test_of_a_long_past_only_the_moments_asked_for_last_are_kept_in_memory(database: str) -> None:
    async with desk(database) as trading, trading.store("exchange/1") as store:
        up = connected("exchange/1", "06:00:00", "0")
        await trading.knows(up)
        for number in range(1, 13):
            again = connected("exchange/1", f"06:{number:02}:30", str(number))
            await trading.knows(lost(up, f"06:{number:02}:00"), again)
            up = again
        async with store.snapshot() as snapshot:
            known = [len(await snapshot.outages(position, None, False, 50)) for position in (*range(26), 5, 25)]
        gc.collect()
        kept = [each for each in gc.get_objects() if isinstance(each, Coverage)]
    assert known == [*[position // 2 for position in range(26)], 2, 12]
    assert len(kept) <= 4
