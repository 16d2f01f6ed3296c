"""What must a person do something about, though Wattbook goes on?"""

from dataclasses import dataclass
from typing import Literal

WarningLevel = Literal["WARNING", "CRITICAL"]


@dataclass(frozen=True)
class HealthWarning:
    """One trouble: ``code`` for programs; ``message`` says what happened, to what, and what to do.

    ``about`` tells troubles of one code apart, such as two disks that are full.
    """

    code: str
    level: WarningLevel
    message: str
    about: str = ""
