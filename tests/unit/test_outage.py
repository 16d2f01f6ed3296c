"""Does an operator read of an outage once, and of its end?"""

import logging

import pytest

from adapters.postgres.outage import Outage


def test_an_outage_is_told_when_it_begins_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(logging.getLogger("test"), "no news", "news again")

    for error in ("connection refused\n\tIs the server running?", "still refused", "still refused"):
        outage.met(OSError(error))
    for _ in range(2):
        outage.over()
    outage.met(OSError("refused again"))

    assert [record.getMessage() for record in caplog.records] == [
        "no news, trying until it is back: connection refused",
        "news again",
        "no news, trying until it is back: refused again",
    ]
