"""What is one connection to the exchange on the wire, and why did it fail or end?"""

import os
import socket
import ssl
from asyncio import BaseTransport
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import BINARY, CONT, TEXT, Frame
from websockets.protocol import Event, State

KEEPALIVE_IDLE_S: Final = 3
KEEPALIVE_INTERVAL_S: Final = 1
KEEPALIVE_PROBES: Final = 3
USER_TIMEOUT_MS: Final = 5500
RECEIVE_BUFFER_BYTES: Final = 8 * 1024 * 1024

_SO_RCVBUFFORCE: Final = 33


class Listener(Protocol):
    """Who is told at once of all that happens on a connection."""

    def heard(self, messages: Sequence[bytes]) -> None:
        """Take in that bytes came, and which messages they completed."""

    def hung_up(self) -> None:
        """Take in that the exchange closed the connection in order (FIN)."""


class ExchangeConnection(ClientConnection):
    """A websocket that hands on each message as it comes, finds out fast that its path is dead, and ends at once.

    Messages go past the library's queue: it would pause reading when it fills, and then give
    up a healthy connection. ``heard_at_s`` is in the loop's own seconds.
    """

    heard_at_s: float = 0.0
    _listener: Listener | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._whole: list[bytes] = []
        self._parts = bytearray()

    def listen(self, listener: Listener) -> None:
        """Tell *listener* of everything from now on, beginning with what came right behind the handshake."""
        self._listener = listener
        if self._whole:
            self._hand_on()

    def connection_made(self, transport: BaseTransport) -> None:
        """Set up the socket before the first byte of the handshake."""
        self.heard_at_s = self.loop.time()
        _tune(transport.get_extra_info("socket"))
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Note that the line lives, pongs and half messages included, and hand on what is whole.

        After a close frame or a broken one nothing of use follows, so this end hangs up at
        once: the exchange may take its time, and every moment until the next connection counts.
        """
        self.heard_at_s = self.loop.time()
        closing_already = self.state is State.CLOSING
        super().data_received(data)
        if self._listener is not None:
            self._hand_on()
        if self.state is State.CLOSING and not closing_already:
            self.transport.close()

    def process_event(self, event: Event) -> None:
        """Keep the message that a frame is or completes; its size is limited by the protocol, ping and pong too."""
        if self.response is None:
            super().process_event(event)
            return
        assert isinstance(event, Frame)
        if event.opcode is TEXT or event.opcode is BINARY:
            if event.fin:
                self._whole.append(bytes(event.data))
            else:
                self._parts = bytearray(event.data)
        elif event.opcode is CONT:
            self._parts += event.data
            if event.fin:
                self._whole.append(bytes(self._parts))
                self._parts = bytearray()
        else:
            super().process_event(event)

    def eof_received(self) -> None:
        """Tell that the exchange hung up, in order: all it sent before has come."""
        if self._listener is not None:
            self._listener.hung_up()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on what came last. A reset shows nothing: what was sent before it may be lost."""
        super().connection_lost(exc)
        if self._listener is not None and self._whole:
            self._hand_on()

    def _hand_on(self) -> None:
        assert self._listener is not None
        messages, self._whole = self._whole, []
        self._listener.heard(messages)


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
