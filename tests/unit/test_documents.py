"""Is what the documents say there?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)#:]+)\)")
TARGET = re.compile(r"^make ([a-z-]+)", re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md"])
def test_every_link_leads_somewhere(name: str) -> None:
    links = LINK.findall((ROOT / name).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = TARGET.findall((ROOT / "README.md").read_text())
    assert {"run", "test"} <= set(named)
    assert [target for target in named if f"\n{target}:" not in makefile] == []


def test_every_type_of_event_can_be_chosen_on_the_events_page() -> None:
    offered = set(re.findall(r'"([a-z-]+\.[a-z]+\.v\d+)"', (ROOT / "ui/src/events/events.ts").read_text()))
    stored = {".".join(path.name.split(".")[:3]) for path in (ROOT / "tests/golden").glob("*.json")}
    assert offered == stored
