"""Which installation are the faults made on? Real roles, each line and the database behind a proxy of their own."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from simulator.fault_proxy import FaultProxy
from tests.end_to_end.client import Client
from tests.end_to_end.lines import Exchange, exchange_lines
from tests.end_to_end.processes import Role, Wattbook
from tests.fault_matrix.invariants import Tally, assert_invariants, open_lines, stored_log
from tests.fault_matrix.said import Market

LARGEST_ROLE_BYTES = 300 << 20
RECOVERED_WITHIN_S = 30.0

_NEWEST = 5_000


@dataclass
class Faulted:
    """An installation with a proxy on every path; ``url`` reaches its database past the proxy."""

    wattbook: Wattbook
    exchange: Exchange
    lines: tuple[FaultProxy, ...]
    database: FaultProxy
    url: str
    roles: dict[str, Role]
    recovered_after_s: float = 0.0
    """How long it took, after the last fault, until all that was said was recorded and shown."""

    @property
    def desk(self) -> Client:
        return Client(self.wattbook.url)

    async def listens(self, *lines: int) -> None:
        """Wait until *lines*, or both, are open."""
        await self.wattbook.until(lambda: self.exchange.listening(*lines))

    async def recovered(self, market: Market) -> Tally:
        """Wait until the roles have come back and caught up by themselves; then nothing may be amiss."""
        begun = time.monotonic()
        await self.listens()
        await self.wattbook.until(self.desk.ready, RECOVERED_WITHIN_S)
        await self.wattbook.until(lambda: self._caught_up(market), RECOVERED_WITHIN_S)
        self.recovered_after_s = time.monotonic() - begun
        for name, role in self.roles.items():
            assert role.running, f"{name} has ended\n{role.text()}"
            assert peak_bytes(role) < LARGEST_ROLE_BYTES, name
        # In a thread: the exchange lives in this process, and its lines would be silent for as long as it takes.
        return await asyncio.to_thread(assert_invariants, self.url, market.said)

    def reasons(self) -> list[str]:
        """Return why lines were lost, in the order of recording."""
        return [row.fields["reason"] for row in stored_log(self.url) if row.topic == "feed.disconnected.v1"]

    async def _caught_up(self, market: Market) -> bool:
        """Tell whether the last message said and both lines are recorded, and the read models have come as far."""
        last = market.said[-1].raw
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "SELECT (SELECT position FROM wattbook.log_head) = (SELECT min(position) FROM read_models.checkpoints)"
            ).fetchone()
        return (
            bool(row and row[0])
            and len(open_lines(self.url)) == len(self.lines)
            and any(event.original == last for event in stored_log(self.url, _NEWEST) if "receipt" in event.fields)
        )


@asynccontextmanager
async def faulted(
    folder: Path, url: str, environment: Mapping[str, str] | None = None, **settings: str
) -> AsyncIterator[Faulted]:
    """Run the roles with *settings*, a receiver a line, over proxies; yield when everything is up."""
    async with AsyncExitStack() as stack:
        exchange = await stack.enter_async_context(exchange_lines())
        lines = [await stack.enter_async_context(FaultProxy(f"127.0.0.1:{exchange.port}")) for _ in range(2)]
        database = await stack.enter_async_context(FaultProxy(_address_of(url)))
        urls = ",".join(f"ws://127.0.0.1:{proxy.port}/{number}" for number, proxy in enumerate(lines, 1))
        through = (
            f"postgresql://postgres@127.0.0.1:{database.port}{urlsplit(url).path}?sslmode=disable&gssencmode=disable"
        )
        wattbook = stack.enter_context(Wattbook(folder, exchange_urls=urls, database_url=through, **settings))
        wattbook.environment |= environment or {}
        roles = {name: wattbook.start(name) for name in ("record", "project", "serve")}
        roles |= {f"receive {line}": wattbook.start("receive", "--line", str(line)) for line in (1, 2)}
        installation = Faulted(wattbook, exchange, tuple(lines), database, url, roles)
        await installation.listens()
        await wattbook.until(installation.desk.ready)
        yield installation


def peak_bytes(role: Role) -> int:
    """Return the most memory that the process of *role* ever held."""
    for line in Path(f"/proc/{role.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def _address_of(url: str) -> str:
    (host,) = parse_qs(urlsplit(url).query)["host"]
    return f"{host}/.s.PGSQL.5432"
