"""Whom does a line to the exchange trust, and where may its credentials go?"""

import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

AUTHORIZATION: Final = "WATTBOOK_EXCHANGE_AUTHORIZATION"
CA_FILE: Final = "WATTBOOK_EXCHANGE_CA_FILE"
URLS: Final = "WATTBOOK_EXCHANGE_URLS"


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies an exchange and its name: the system's authorities, or those in *ca_file* alone.

    Raises ``OSError`` (``ssl.SSLError`` included) where that file cannot be read or holds no certificate.
    """
    return ssl.create_default_context(cafile=ca_file)


def access_problems(urls: Sequence[str], authorization: str | None, ca_file: Path | None) -> list[str]:
    """Return what is wrong with how the exchange is to be reached, without showing any secret."""
    problems: list[str] = []
    if ca_file is not None:
        try:
            trust(ca_file)
        except ssl.SSLError:
            problems.append(f"{CA_FILE}: {str(ca_file)!r} holds no certificate in PEM form")
        except OSError as error:
            problems.append(f"{CA_FILE}: {str(ca_file)!r} cannot be read: {error.strerror or type(error).__name__}")
    if authorization is not None and not (authorization.isascii() and authorization.isprintable()):
        problems.append(f"{AUTHORIZATION}: what it holds cannot be sent as a header; give one line of plain characters")
    for number, address in enumerate(map(_split, urls), 1):
        if address is None:
            continue
        own = bool(address.username or address.password)
        if _in_the_open(address) and own:
            problems.append(f"{URLS}: line {number} would send its password unencrypted; use wss://")
        elif _in_the_open(address) and authorization is not None:
            problems.append(f"{AUTHORIZATION}: line {number} would send it unencrypted; use wss:// for that line")
        if own and authorization is not None:
            problems.append(f"{AUTHORIZATION}: line {number} has a password in its URL too; give only one of them")
    return problems


def in_the_open(url: str) -> bool:
    """Tell whether whoever is on the way to *url* can read and change what the exchange says."""
    address = _split(url)
    return address is not None and _in_the_open(address)


def is_loopback(host: str) -> bool:
    """Tell whether *host* is this machine, whatever a name server says."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_the_open(address: SplitResult) -> bool:
    return address.scheme == "ws" and not is_loopback(address.hostname or "")


def _split(url: str) -> SplitResult | None:
    """Return the parts of *url*; ``None`` for what is no URL, which is told elsewhere."""
    try:
        return urlsplit(url)
    except ValueError:
        return None
