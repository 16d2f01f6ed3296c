"""How do tests look at the pages? With the browser that the UI's own packages bring."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.client import Json

UI: Final = Path(__file__).parents[2] / "ui"
BUILT: Final = UI.parent / "graphql_api" / "static" / "index.html"


def node() -> str:
    """Return the Node that was installed beside Python, else the system's; fail where the UI is not built."""
    if not BUILT.exists():
        pytest.fail("the dashboard is not built: run 'make ui'", pytrace=False)
    return shutil.which("node", path=str(Path(sys.executable).parent)) or "node"


async def read_dashboard(url: str, address: str, *flags: str) -> Json:
    """Return what a person reads on the page at *address*."""
    process = await asyncio.create_subprocess_exec(
        node(), "browser/read-dashboard.mjs", address, *flags,
        cwd=UI, env=os.environ | {"WATTBOOK_URL": url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    seen: Json = json.loads(out.decode().splitlines()[-1])
    return seen
