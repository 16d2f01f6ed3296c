"""What if the machine's clock is wrong? Python runs this at its start where it is found; a file says by how much."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from wattbook import process

_right = process.utc_now


def _wrong() -> datetime:
    return _right() + timedelta(hours=float(Path(os.environ["CLOCK_AHEAD_HOURS"]).read_text() or 0))


process.utc_now = _wrong
