"""How does the built dashboard reach the browser?"""

from pathlib import Path
from typing import Final

from starlette.responses import FileResponse, HTMLResponse, Response

STATIC: Final = Path(__file__).with_name("static")
"""Where ``make ui`` puts the build."""

_NO_BUILD: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Wattbook</title>
<h1>The dashboard is not built</h1>
<p>Run <code>make ui</code>, then load this page again. The API at <code>/graphql</code> works without it.</p>
</html>
"""


def built_file(static: Path, path: str) -> Response:
    """Return the file of the build that *path* names, else the dashboard itself.

    Files under ``/assets/`` are named by their content and never change; pages are always
    asked for again.
    """
    page = static / "index.html"
    if not page.is_file():
        return HTMLResponse(_NO_BUILD, 503, headers={"cache-control": "no-store"})
    name = "graphiql.html" if path.rstrip("/") == "/graphiql" else path.lstrip("/")
    found = _within(static, name)
    if found is None:
        if path.startswith("/assets/"):
            return Response("no such file", 404, media_type="text/plain")
        found = page
    if path.startswith("/assets/"):
        return FileResponse(found, headers={"cache-control": "public, max-age=31536000, immutable"})
    return FileResponse(found, headers={"cache-control": "no-store" if found.suffix == ".html" else "no-cache"})


def _within(static: Path, name: str) -> Path | None:
    """Return the file of *static* with that name; ``None`` where there is none, or can be none of that name."""
    try:
        found = (static / name).resolve()
        return found if found.is_relative_to(static.resolve()) and found.is_file() else None
    except (OSError, ValueError):
        # A NUL, half a character, or a name longer than a file system holds.
        return None
