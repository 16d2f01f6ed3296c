"""What is one connection to the exchange on the wire, and why did it fail or end?"""

import os
import socket
import ssl
from asyncio import BaseTransport
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.protocol import State

KEEPALIVE_IDLE_S: Final = 3
KEEPALIVE_INTERVAL_S: Final = 1
KEEPALIVE_PROBES: Final = 3
USER_TIMEOUT_MS: Final = 6000
RECEIVE_BUFFER_BYTES: Final = 8 * 1024 * 1024

_SO_RCVBUFFORCE: Final = 33


class ExchangeConnection(ClientConnection):
    """A websocket that tells when it was last heard, finds out fast that its path is dead, and ends at once.

    ``heard_at_s`` is in the loop's own seconds; ``on_bytes`` is called whenever bytes arrive,
    ``on_hang_up`` when the exchange closes or resets the connection (FIN, RST).
    """

    heard_at_s: float = 0.0
    on_bytes: Callable[[], None] | None = None
    on_hang_up: Callable[[], None] | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Set up the socket before the first byte of the handshake."""
        self.heard_at_s = self.loop.time()
        _tune(transport.get_extra_info("socket"))
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Note that the line lives, pongs and half messages included.

        After a close frame or a broken one nothing of use follows, so this end hangs up at
        once: the exchange may take its time, and every moment until the next connection counts.
        """
        self.heard_at_s = self.loop.time()
        if self.on_bytes is not None:
            self.on_bytes()
        closing_already = self.state is State.CLOSING
        super().data_received(data)
        if self.state is State.CLOSING and not closing_already:
            self.transport.close()

    def eof_received(self) -> None:
        """Tell that the exchange hung up, in order: all it sent before has come."""
        if self.on_hang_up is not None:
            self.on_hang_up()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of a reset. Any other error is this end's own verdict on a path that is dead."""
        if isinstance(exc, ConnectionResetError) and self.on_hang_up is not None:
            self.on_hang_up()
        super().connection_lost(exc)


def failure_of(error: Exception) -> str:
    """Return why a connection could not be opened, the same words for the same class of failure.

    Never the address: it may carry a password.
    """
    match error:
        case InvalidStatus():
            return f"HTTP {error.response.status_code}"
        case ssl.SSLCertVerificationError():
            return f"TLS: {_printable(error.verify_message.rstrip('.'))}"
        case ssl.SSLError():
            return f"TLS: {error.reason or 'failed'}"
        case socket.gaierror():
            return "the host name is not known"
        case TimeoutError():
            return "no answer in time"
        case OSError(errno=int() as number):
            return os.strerror(number)
        case OSError():
            return "no address of the host can be reached"
        case ValueError() if isinstance(error.__cause__, InvalidStatus):
            return f"HTTP {error.__cause__.response.status_code}: a redirect to another host is refused"
        case InvalidHandshake():
            return f"no websocket answer ({type(error).__name__})"
    return type(error).__name__


def ending_of(error: ConnectionClosed) -> str:
    """Return why an open connection ended."""
    ours, theirs = error.sent, error.rcvd
    if theirs is not None and error.rcvd_then_sent is not False:
        return _printable(f"the exchange closed it: {theirs.code} {theirs.reason}".rstrip())
    if ours is not None:
        return _printable(f"given up: {ours.code} {ours.reason}".rstrip())
    cause = error.__cause__
    if isinstance(cause, OSError):
        return f"cut: {cause.strerror or type(cause).__name__}"
    return "cut without a close frame"


def _printable(text: str) -> str:
    """Return *text*, which others wrote, with a replacement for every character that does not print."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def _tune(line: socket.socket | None) -> None:
    """Find out within seconds that the path is dead, and leave room for what comes while the process is held up."""
    if line is None or line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    # Past the system's limit where the process may; elsewhere the limit has to do.
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
