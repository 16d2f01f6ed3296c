"""Row 3 of the fault matrix: a path to the exchange swallows everything, without a word."""

from datetime import timedelta
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from adapters.journal.entries import LineConnected, LineDisconnected, MessageHeard, Noted
from adapters.journal.reader import open_journals
from tests.end_to_end.lines import exchange_lines
from tests.end_to_end.processes import Wattbook
from tests.end_to_end.stream import deal_stream
from tests.journal_entries import noted
from tests.network_namespace import cable

NOTICED_WITHIN = timedelta(seconds=7)
"""A ping goes out within a second of the last byte, and may stay unacknowledged for five and a half."""


@pytest.mark.parametrize("row", ["row_03"])
async def test_a_path_that_dies_silently_is_noticed_within_seconds_and_the_other_line_covers(
    tmp_path: Path, row: str
) -> None:
    """3: silent packet drop; noticed within seconds, no loss while the other leg listens, reconnect when it is back."""
    with cable() as network:
        async with (
            exchange_lines() as exchange,
            serve(exchange.listened, sock=network.listening_socket(), compression=None) as far,
        ):
            port = far.sockets[0].getsockname()[1]
            urls = f"{exchange.urls(1)},ws://{network.address}:{port}/2"
            with Wattbook(tmp_path, exchange_urls=urls) as wattbook:
                receivers = [wattbook.start("receive", "--line", str(line)) for line in (1, 2)]
                await wattbook.until(exchange.listening)
                async with deal_stream(exchange, 3, both_lines=True) as stream:
                    await stream.more(100)
                    await network.pull()
                    await wattbook.until(lambda: bool(losses(wattbook)))
                    await network.plug_in()
                    await wattbook.until(lambda: openings(wattbook) == {"exchange/1": 1, "exchange/2": 2})
                    await stream.more(100)
                assert [await receiver.end() for receiver in receivers] == [0, 0]
                found = journalled(wattbook)
    heard = [each for each in found if isinstance(each, MessageHeard) and each.line == "exchange/1"]
    assert len(heard) == len(stream.spoken)
    (loss,) = [each for each in found if isinstance(each, LineDisconnected) and each.reason != "receiver stopped"]
    assert loss.line == "exchange/2"
    # The kernel gives up for want of an answer; where it noticed that nobody answers to the address, it says that.
    assert loss.reason in ("cut: Connection timed out", "cut: No route to host")
    assert loss.at - loss.last_heard_at <= NOTICED_WITHIN
    assert f"exchange/2 is down, it was lost: {loss.reason}" in receivers[1].text()
    assert "is down" not in receivers[0].text()


def journalled(wattbook: Wattbook) -> list[Noted]:
    """Return everything that the receivers have noted up to now."""
    found: list[Noted] = []
    for reader in open_journals(wattbook.data_dir / "journal"):
        with reader:
            found += noted(reader.read(1_000_000))
    return found


def losses(wattbook: Wattbook) -> list[LineDisconnected]:
    return [each for each in journalled(wattbook) if isinstance(each, LineDisconnected)]


def openings(wattbook: Wattbook) -> dict[str, int]:
    lines = [each.line for each in journalled(wattbook) if isinstance(each, LineConnected)]
    return {line: lines.count(line) for line in sorted(lines)}
