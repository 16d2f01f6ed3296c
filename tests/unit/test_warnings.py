"""Does a process log a warning when it comes, when it gets worse and when it is over, and not in between?"""

import logging

import pytest

from domain.health_warnings import HealthWarning
from wattbook.warnings import Warnings


def test_a_warning_is_logged_when_it_comes_when_it_gets_worse_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    warnings = Warnings()
    for level, words in (("WARNING", "71 %"), ("WARNING", "72 %"), ("CRITICAL", "95 %"), ("CRITICAL", "96 %")):
        warnings.raise_("DISK", "CRITICAL" if level == "CRITICAL" else "WARNING", words, about="/data")
    assert warnings.standing == [HealthWarning("DISK", "CRITICAL", "96 %", "/data")]
    warnings.clear("DISK", about="/data")
    warnings.clear("DISK", about="/data")

    assert warnings.standing == []
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.WARNING, "71 %"),
        (logging.CRITICAL, "95 %"),
        (logging.WARNING, "No longer so: 96 %"),
    ]


def test_troubles_of_one_code_stand_side_by_side() -> None:
    warnings = Warnings()
    warnings.raise_("DISK", "WARNING", "one", about="/a")
    warnings.raise_("DISK", "WARNING", "two", about="/b")
    warnings.clear("DISK", about="/a")
    assert [each.message for each in warnings.standing] == ["two"]
