"""What do the end-to-end tests share? Fresh databases, an exchange and a market-data provider of their own."""

import uuid
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_asyncio

from tests.end_to_end.lines import Exchange, exchange_lines
from tests.end_to_end.prices import MarketData, market_data


@pytest.fixture(scope="module")
def module_database(postgres_url: str) -> Iterator[str]:
    """URL of a fresh database for a module whose tests share their processes."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest_asyncio.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with exchange_lines() as opened:
        yield opened


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[MarketData]:
    async with market_data() as opened:
        yield opened
