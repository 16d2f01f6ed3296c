"""Which file of the build does an address name?"""

from pathlib import Path

import pytest
from starlette.responses import FileResponse

from graphql_api.static_files import built_file


@pytest.fixture
def static(tmp_path: Path) -> Path:
    for name in ("static/index.html", "static/graphiql.html", "static/assets/page.js", "secret.txt"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "static"


def served(static: Path, path: str) -> tuple[int, str]:
    """Return the status of an answer and the name of the file in it."""
    response = built_file(static, path)
    return response.status_code, Path(response.path).name if isinstance(response, FileResponse) else ""


def test_files_of_the_build_are_served_and_every_other_address_is_the_dashboard(static: Path) -> None:
    assert served(static, "/assets/page.js") == (200, "page.js")
    assert served(static, "/graphiql") == (200, "graphiql.html")
    assert served(static, "/") == served(static, "/trader/anna") == (200, "index.html")


def test_a_missing_asset_is_not_found(static: Path) -> None:
    assert served(static, "/assets/gone.js") == (404, "")


def test_nothing_outside_the_build_is_served(static: Path) -> None:
    assert served(static, "/../secret.txt") == (200, "index.html")
    assert served(static, "/assets/../../secret.txt") == (404, "")


@pytest.mark.parametrize("name", ["\0", "a\0b", "x" * 256, "x/" * 3_000, "\ud800"])
def test_a_name_that_no_file_can_have_is_not_found(static: Path, name: str) -> None:
    assert served(static, f"/{name}") == (200, "index.html")
    assert served(static, f"/assets/{name}") == (404, "")
