"""How does a test import day files, as the command does, on a desk of its own?"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.event_log.pages import LogPages
from domain.errors import DayFileRefusedError
from domain.events import Deal, DealConfirmed, Recorded
from tests.desk import Desk
from tests.notation import receipt
from wattbook.imports import import_files
from wattbook.settings import Settings


def heard(made: Deal) -> DealConfirmed:
    return DealConfirmed(deal=made, receipt=receipt())


class Importer:
    """Whoever runs the command ``import`` on a desk."""

    def __init__(self, trading: Desk, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._trading = trading
        self._capsys = capsys
        self._settings = Settings.from_environment({"WATTBOOK_DATA_DIR": str(folder)})

    async def imports(self, *paths: Path, only_news: bool = False) -> tuple[int, Any]:
        self._capsys.readouterr()
        code = await import_files(
            self._settings, self._trading.url, paths, asyncio.Event(), as_json=True, only_news=only_news
        )
        return code, json.loads(self._capsys.readouterr().out)

    async def tells(self, *paths: Path, only_news: bool = False) -> str:
        self._capsys.readouterr()
        await import_files(
            self._settings, self._trading.url, paths, asyncio.Event(), as_json=False, only_news=only_news
        )
        said = self._capsys.readouterr()
        return said.out + said.err

    async def refuses(self, *paths: Path) -> str:
        """Return why *paths* are refused; nothing may be recorded then."""
        before = len(await log_of(self._trading))
        with pytest.raises(DayFileRefusedError) as refused:
            await import_files(
                self._settings, self._trading.url, paths, asyncio.Event(), as_json=False, only_news=False
            )
        assert len(await log_of(self._trading)) == before
        return str(refused.value)


async def log_of(trading: Desk) -> list[Recorded]:
    async with LogPages(trading.url) as pages:
        return list(await pages.page(0, 1_000))


def counts(told: dict[str, Any]) -> dict[str, int]:
    return {name: told[name] for name in ("matched", "recorded", "missing", "extra", "differing")}
