"""Do the rooms keep to their rules?"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import adapters
import domain
import projections

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "projections", "adapters", "graphql_api", "simulator", "wattbook", "tests", "benchmarks")
LONGEST = 300
GENERATED = ROOT / "ui/src/gql"


def python_files() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def typescript_files() -> list[Path]:
    found = [path for ending in ("*.ts", "*.tsx") for path in (ROOT / "ui/src").rglob(ending)]
    return [path for path in found if GENERATED not in path.parents]


def test_every_room_imports_only_what_it_may() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    checked = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_packages_are_those_of_this_repository() -> None:
    for package in (domain, projections, adapters):
        assert package.__file__ is not None
        assert Path(package.__file__).parents[1] == ROOT


def test_no_file_is_too_long() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (*python_files(), *typescript_files())}
    assert {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > LONGEST} == {}


def test_every_module_says_which_question_it_answers() -> None:
    silent = [str(path.relative_to(ROOT)) for path in python_files() if not path.read_text().startswith('"""')]
    assert silent == []


def test_every_setting_is_documented() -> None:
    readme = ROOT / "README.md"
    source = "\n".join(path.read_text() for room in ROOMS[:6] for path in (ROOT / room).rglob("*.py"))
    settings = set(re.findall(r"\bWATTBOOK_[A-Z_]+[A-Z]\b", source))
    assert settings
    assert settings - set(re.findall(r"\bWATTBOOK_[A-Z_]+[A-Z]\b", readme.read_text())) == set()


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    places = re.compile("/(?:" + "|".join(("home", "root", "Users")) + r")/\w")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("this is no git checkout")
    texts = [ROOT / name for name in tracked.stdout.split("\0") if name.endswith((".py", ".md", ".ts", ".tsx", ".cfg"))]
    assert [str(path) for path in texts if path.exists() and places.search(path.read_text())] == []
