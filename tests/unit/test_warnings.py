"""Does a process log a warning when it comes, when it changes and when it is over, and not in between?"""

import logging

import pytest

from domain.health_warnings import HealthWarning, WarningLevel
from wattbook.warnings import Warnings


def test_a_warning_is_logged_when_it_comes_when_it_changes_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    warnings = Warnings()
    steps: list[tuple[WarningLevel, str]] = [
        ("WARNING", "70 %"),
        ("WARNING", "70 %"),
        ("WARNING", "85 %"),
        ("CRITICAL", "85 %"),
    ]
    for level, words in steps:
        warnings.raise_("DISK", level, words, about="/data")
    assert warnings.standing == [HealthWarning("DISK", "CRITICAL", "85 %", "/data")]
    warnings.clear("DISK", about="/data")
    warnings.clear("DISK", about="/data")

    assert warnings.standing == []
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.WARNING, "70 %"),
        (logging.WARNING, "85 %"),
        (logging.CRITICAL, "85 %"),
        (logging.WARNING, "No longer so: 85 %"),
    ]


def test_troubles_of_one_code_stand_side_by_side() -> None:
    warnings = Warnings()
    warnings.raise_("DISK", "WARNING", "one", about="/a")
    warnings.raise_("DISK", "WARNING", "two", about="/b")
    warnings.clear("DISK", about="/a")
    assert [each.message for each in warnings.standing] == ["two"]
