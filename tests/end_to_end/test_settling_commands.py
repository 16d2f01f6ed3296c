"""What was rejected is listed and settled from the command line, and everybody who looks sees it at once."""

import json
import re
from pathlib import Path

import pytest

from tests.end_to_end.client import Client, Json
from tests.end_to_end.documents import PERFORMANCE_CHANGED
from tests.end_to_end.lines import Exchange, confirmation
from tests.end_to_end.processes import ROLES, Wattbook

DAY = "2023-02-06"
AUTUMN = "2023-10-29"
WHY = ("--reason", "asked the exchange")
AMBIGUOUS = confirmation(id="9", delivery_day=AUTUMN, delivery_hour="02-03", execution_time="2023-10-28T12:00:00Z")


@pytest.mark.timeout(240)
async def test_a_conflict_a_doubled_hour_and_noise_are_settled_with_reasons(
    tmp_path: Path, database: str, exchange: Exchange
) -> None:
    with Wattbook(tmp_path, exchange_urls=exchange.urls(), database_url=database) as wattbook:
        for role in ROLES:
            wattbook.start(role)
        desk = Client(wattbook.url)
        await wattbook.until(exchange.listening)
        await wattbook.until(desk.ready)
        for said in (confirmation(), confirmation(price=21.5), AMBIGUOUS, "no deal"):
            await exchange.say(said)

        async def are_recorded() -> bool:
            return len(await desk.rejections()) == 3

        await wattbook.until(are_recorded)

        listed = await wattbook.command("rejections", "--json")
        assert listed.code == 0, listed
        found = {each["reason"]: each["id"] for each in json.loads(listed.out)}
        assert set(found) == {"CONFLICT", "AMBIGUOUS_PERIOD", "UNREADABLE"}
        table = await wattbook.command("rejections")
        assert [
            words for words in ("--accept, --discard", "--period LABEL", "no deal") if words not in table.text
        ] == []

        async with desk.follow(PERFORMANCE_CHANGED, trader="trader_1", day=DAY) as stream:
            assert _told(await stream.next()) == (2, "-252.15")
            accepted = await wattbook.command("resolve", found["CONFLICT"], "--accept", *WHY, "--author", "anna")
            assert accepted.code == 0, accepted
            assert "now has the accepted content" in accepted.text
            assert _told(await stream.next()) == (1, "-264.45")

        ambiguous, noise = found["AMBIGUOUS_PERIOD"], found["UNREADABLE"]
        for arguments, code, words in [
            ((found["CONFLICT"], "--discard", *WHY), 1, "already settled by anna: accepted (asked the exchange)"),
            ((ambiguous, "--period", "02-03", *WHY), 2, "02-03A or 02-03B"),
            ((ambiguous, "--period", "25-26", *WHY), 2, "25-26"),
            ((ambiguous, "--period", "02-03A", "--reason", " "), 2, "say why"),
            ((ambiguous, "--period", "02-03A"), 2, "--reason"),
            ((ambiguous, "--period", "02-03A", "--discard", *WHY), 2, "not allowed with"),
            (("999999", "--discard", *WHY), 3, "no rejection 999999"),
            ((noise, "--accept", *WHY), 1, "still no deal"),
        ]:
            ran = await wattbook.command("resolve", *arguments)
            assert (ran.code, ran.out) == (code, b""), ran
            assert words in re.sub(r"\s+", " ", ran.err), ran
        assert {each["id"] for each in await desk.rejections()} == {ambiguous, noise}

        assigned = await wattbook.command("resolve", ambiguous, "--period", "02-03A", *WHY)
        assert (assigned.code, "assigned to 02-03A" in assigned.text) == (0, True), assigned
        assert (await wattbook.command("resolve", noise, "--discard", *WHY)).code == 0

        async def is_assigned() -> bool:
            return bool((await desk.performance("trader_1", AUTUMN))["total"]["dealCount"])

        await wattbook.until(is_assigned)
        periods = (await desk.performance("trader_1", AUTUMN))["periods"]
        assert [each["period"]["label"] for each in periods if each["figures"]["dealCount"]] == ["02-03A"]

        nothing = await wattbook.command("rejections")
        assert (nothing.code, nothing.text.strip()) == (0, "no open rejections")
        (whole,) = json.loads((await wattbook.command("rejections", found["CONFLICT"], "--json")).out)
        assert (whole["resolution"], whole["resolvedBy"], whole["resolutionReason"]) == ("accepted", "anna", WHY[1])
        assert (await wattbook.command("rejections", "999999")).code == 3


def _told(performance: Json) -> tuple[int, str]:
    return performance["openRejections"], performance["total"]["pnlEur"]
