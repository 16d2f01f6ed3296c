"""Is a line opened only to the exchange that was meant, and are its credentials told to nobody else?"""

import asyncio
import logging
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve

from adapters.exchange.line import LineOptions
from tests.exchanges import RawLine, raw_exchange, stay
from tests.held_line import held
from tests.waiting import eventually
from wattbook.exchange_access import trust

SECRET = "Bearer canary-7f3a91"
MARK = "canary-7f3a91"


class Certificate(Protocol):
    """What a server shows of itself."""

    def configure_cert(self, context: ssl.SSLContext) -> None:
        """Let *context* show it."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@asynccontextmanager
async def secure_exchange(certificate: Certificate) -> AsyncIterator[tuple[str, list[str | None]]]:
    """Yield the URL of an exchange with this certificate, and the authorizations it was shown."""
    shown: list[str | None] = []

    async def talk(line: ServerConnection) -> None:
        assert line.request is not None
        shown.append(line.request.headers.get("Authorization"))
        await line.send("still here")
        await line.wait_closed()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    async with serve(talk, "127.0.0.1", 0, ssl=context) as server:
        yield f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/deals", shown


def trusting(ca_file: Path | None, authorization: str | None = None) -> LineOptions:
    return LineOptions(
        reconnect_delays_s=(0, 0.01), close_timeout_s=0.2, ssl=trust(ca_file), authorization=authorization
    )


async def test_an_exchange_that_a_private_authority_vouches_for_is_heard(authority: trustme.CA, ca_file: Path) -> None:
    certificate = authority.issue_cert("127.0.0.1")
    async with secure_exchange(certificate) as (url, shown), held(url, trusting(ca_file, SECRET)) as notebook:
        await eventually(notebook.has(b"still here"))
    assert shown[0] == SECRET


def wrong_host(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("other.example")


def expired(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert(
        "127.0.0.1", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2020, 2, 1, tzinfo=UTC)
    )


def of_another_authority(_: trustme.CA) -> trustme.LeafCert:
    return trustme.CA().issue_cert("127.0.0.1")


class SelfSigned:
    """A certificate that nobody vouches for but itself."""

    def __init__(self, _: trustme.CA) -> None:
        self._itself = trustme.CA()

    def configure_cert(self, context: ssl.SSLContext) -> None:
        with self._itself.cert_pem.tempfile() as chain, self._itself.private_key_pem.tempfile() as key:
            context.load_cert_chain(chain, key)


REFUSED = {
    "a wrong host": (wrong_host, "mismatch"),
    "expired": (expired, "certificate has expired"),
    "another authority": (of_another_authority, "unable to get local issuer certificate"),
    "self-signed": (SelfSigned, "TLS: self-signed certificate"),
}


@pytest.mark.parametrize(("made", "told"), REFUSED.values(), ids=REFUSED.keys())
async def test_an_exchange_that_cannot_prove_who_it_is_hears_and_says_nothing(
    authority: trustme.CA,
    ca_file: Path,
    made: Callable[[trustme.CA], Certificate],
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with secure_exchange(made(authority)) as (url, shown), held(url, trusting(ca_file, SECRET)) as notebook:
        await eventually(lambda: "it cannot be opened: TLS: " in caplog.text and told in caplog.text)
    assert (notebook.noted, shown) == ([], [])
    assert MARK not in caplog.text


async def test_a_private_authority_is_not_trusted_unless_it_is_named(
    authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    async with secure_exchange(authority.issue_cert("127.0.0.1")) as (url, shown), held(url, trusting(None)):
        await eventually(lambda: "it cannot be opened: TLS: " in caplog.text)
    assert shown == []


async def test_a_redirect_elsewhere_gets_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[bytes] = []

    async def elsewhere(line: RawLine) -> None:
        asked.append(await line.reader.readuntil(b"\r\n\r\n"))
        await stay(line)

    async with raw_exchange(elsewhere) as other:

        async def redirect(line: RawLine) -> None:
            await line.reader.readuntil(b"\r\n\r\n")
            line.writer.write(f"HTTP/1.1 307 Away\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n".encode())
            await line.writer.drain()

        async with raw_exchange(redirect) as url, held(url, trusting(None, SECRET)):
            await eventually(lambda: "a redirect to another host is refused" in caplog.text)
    assert asked == []
    assert MARK not in caplog.text


async def test_credentials_are_in_no_log_and_no_journal(authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    async with secure_exchange(authority.issue_cert("127.0.0.1")) as (url, shown):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WATTBOOK_")} | {
            "WATTBOOK_EXCHANGE_URLS": f"{url},wss://127.0.0.1:1/deals",
            "WATTBOOK_EXCHANGE_CA_FILE": str(ca_file),
            "WATTBOOK_EXCHANGE_AUTHORIZATION": SECRET,
            "WATTBOOK_DATA_DIR": str(tmp_path),
        }
        receiver = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "wattbook", "receive", "--verbose"),
            env=environment,
            stderr=asyncio.subprocess.PIPE,
        )
        await eventually(lambda: bool(shown))
        receiver.send_signal(signal.SIGTERM)
        _, log = await receiver.communicate()
    assert receiver.returncode == 0
    assert shown == [SECRET]
    assert b"exchange/2 is down" in log
    kept = contents(tmp_path)
    assert any(name.endswith(".sqlite") for name in kept)
    assert all(MARK.encode() not in content for content in (log, *kept.values()))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
