"""Which settings does Wattbook run with? Read once at start, every problem named at once."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import InvalidSettingsError
from domain.request_limits import RequestLimit
from wattbook.exchange_access import access_problems, is_loopback

AuthMode = Literal["dev"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside, already checked. Shown without what may be a secret."""

    database_url: str | None = field(repr=False)
    data_dir: Path
    exchange_urls: tuple[str, ...] = field(repr=False)
    exchange_name: str
    market_data_url: str | None
    market_data_limits: tuple[RequestLimit, ...]
    market_data_refresh_s: int
    timezone: ZoneInfo
    host: str
    port: int
    auth: AuthMode
    journal_spare_dir: Path | None = None
    day_file_dir: Path | None = None
    seals_path: Path | None = None
    exchange_ca_file: Path | None = None
    exchange_authorization: str | None = field(default=None, repr=False)

    @property
    def journal_dirs(self) -> tuple[Path, ...]:
        """Where journals may lie: in their own folder, and in the spare one where one is set."""
        return (self.journal_dir,) if self.journal_spare_dir is None else (self.journal_dir, self.journal_spare_dir)

    @property
    def lines(self) -> tuple[str, ...]:
        """The names of the lines to the exchange, in the order of the setting: ``exchange/1``, ``exchange/2``."""
        return tuple(f"{self.exchange_name}/{number}" for number in range(1, len(self.exchange_urls) + 1))

    @property
    def seal_key_file(self) -> Path:
        """The private key that seals the log; made when it is first needed."""
        return self.data_dir / "seal-key.pem"

    @property
    def seals_file(self) -> Path:
        """Where each seal of the log is written besides, to be kept elsewhere."""
        return self.seals_path or self.data_dir / "seals.jsonl"

    @property
    def journal_dir(self) -> Path:
        """Where receivers keep what they heard until the event log has it."""
        return self.data_dir / "journal"

    @staticmethod
    def from_environment(
        environ: Mapping[str, str], *, needs_exchange: bool = False, lines: Collection[int] = ()
    ) -> "Settings":
        """Return the settings in *environ*; raise :class:`InvalidSettingsError` naming every problem.

        Problems too are a missing exchange where one is needed, and *lines* that the setting does not have.
        """
        return _Reader(environ).read(needs_exchange, lines)


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def read(self, needs_exchange: bool, lines: Collection[int]) -> Settings:
        known = {
            "database_url": self._database_url(),
            "data_dir": Path(self._text("WATTBOOK_DATA_DIR") or ".wattbook").expanduser().absolute(),
            "day_file_dir": self._path("WATTBOOK_DAY_FILE_DIR"),
            "exchange_urls": self._exchange_urls(needs_exchange, lines),
            "exchange_name": self._exchange_name(),
            "market_data_url": self._url("WATTBOOK_MARKET_DATA_URL", ("http", "https")),
            "market_data_limits": self._limits(),
            "market_data_refresh_s": self._number("WATTBOOK_MARKET_DATA_REFRESH", 600, 1, 86_400),
            "timezone": self._timezone(),
            "host": self._text("WATTBOOK_HOST") or "127.0.0.1",
            "port": self._number("WATTBOOK_PORT", 8000, 0, 65_535),
            "auth": self._auth(),
            "seals_path": self._path("WATTBOOK_SEALS_FILE"),
            "journal_spare_dir": self._path("WATTBOOK_JOURNAL_SPARE_DIR"),
            "exchange_ca_file": self._path("WATTBOOK_EXCHANGE_CA_FILE"),
            "exchange_authorization": self._text("WATTBOOK_EXCHANGE_AUTHORIZATION"),
        }
        self._look_for_misspelt_names()
        self._problems += access_problems(
            known["exchange_urls"],  # type: ignore[arg-type]
            self._text("WATTBOOK_EXCHANGE_AUTHORIZATION"),
            self._path("WATTBOOK_EXCHANGE_CA_FILE"),
        )
        if self._problems:
            raise InvalidSettingsError(self._problems)
        return Settings(**known)  # type: ignore[arg-type]

    def _look_for_misspelt_names(self) -> None:
        """Refuse what is nearly a setting; container platforms make other names that begin like ours."""
        for name in sorted(set(self._environ) - _KNOWN):
            if name.startswith(_PREFIX):
                short = {known.removeprefix(_PREFIX): known for known in _KNOWN}
                for likely in get_close_matches(name.removeprefix(_PREFIX), short, n=1, cutoff=0.7):
                    self._problems.append(f"{name} is not a setting of Wattbook; is {short[likely]} meant?")

    def _text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def _url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        text = self._text(name)
        if text:
            self._check_url(name, text, schemes)
        return text

    def _check_url(self, name: str, text: str, schemes: tuple[str, ...]) -> None:
        try:
            parts = urlsplit(text)
            valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            self._problems.append(f"{name}: {_shown(text)} is no {' or '.join(s + '://' for s in schemes)} URL")

    def _database_url(self) -> str | None:
        text = self._text("WATTBOOK_DATABASE_URL")
        if text and not text.startswith(("postgresql://", "postgres://")):
            self._problems.append(f"WATTBOOK_DATABASE_URL: {_shown(text)} is no postgresql:// URL")
        return text

    def _exchange_urls(self, needed: bool, lines: Collection[int]) -> tuple[str, ...]:
        urls = tuple(url.strip() for url in (self._text("WATTBOOK_EXCHANGE_URLS") or "").split(",") if url.strip())
        for url in urls:
            self._check_url("WATTBOOK_EXCHANGE_URLS", url, ("ws", "wss"))
        if needed and not urls:
            self._problems.append(
                "WATTBOOK_EXCHANGE_URLS: no line to the exchange is set ('run --demo' needs none: it brings a market)"
            )
        for number in sorted(set(lines) - set(range(1, len(urls) + 1))):
            has = f"has lines 1 to {len(urls)}" if urls else "has no line"
            self._problems.append(f"--line {number}: WATTBOOK_EXCHANGE_URLS {has}")
        return urls

    def _exchange_name(self) -> str:
        name = self._text("WATTBOOK_EXCHANGE_NAME") or "exchange"
        if not _NAME.fullmatch(name):
            self._problems.append(
                f"WATTBOOK_EXCHANGE_NAME: {name!r} may have letters, digits, '.', '_' and '-', 64 at most"
            )
        return name

    def _limits(self) -> tuple[RequestLimit, ...]:
        text = self._text("WATTBOOK_MARKET_DATA_LIMITS") or "50/minute,1000/hour"
        limits = []
        for part in text.split(","):
            try:
                limits.append(RequestLimit.parse(part))
            except ValueError as error:
                self._problems.append(f"WATTBOOK_MARKET_DATA_LIMITS: {error}")
        return tuple(limits)

    def _number(self, name: str, default: int, low: int, high: int) -> int:
        text = self._text(name)
        if text is None:
            return default
        if text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high:
            return int(text)
        self._problems.append(f"{name}: {text!r} is no whole number from {low} to {high}")
        return default

    def _timezone(self) -> ZoneInfo:
        name = self._text("WATTBOOK_TIMEZONE") or "Europe/Berlin"
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._problems.append(f"WATTBOOK_TIMEZONE: {name!r} is no time zone like 'Europe/Berlin'")
            return ZoneInfo("UTC")

    def _path(self, name: str) -> Path | None:
        text = self._text(name)
        return None if text is None else Path(text).expanduser().absolute()

    def _auth(self) -> AuthMode:
        mode = self._text("WATTBOOK_AUTH") or "dev"
        if mode == "dev":
            if not is_loopback(self._text("WATTBOOK_HOST") or "127.0.0.1"):
                self._problems.append(
                    "WATTBOOK_AUTH: 'dev' lets anybody be anybody, so WATTBOOK_HOST must be a loopback address"
                )
        else:
            self._problems.append(f"WATTBOOK_AUTH: {mode!r} is not known here; this version has 'dev'")
        return "dev"


def _shown(address: str) -> str:
    """Return *address* for a message, unless it may hold a password or a key."""
    return "what it holds" if set("@?=") & set(address) else repr(address)


_PREFIX = "WATTBOOK_"
_KNOWN = {
    "WATTBOOK_DATABASE_URL",
    "WATTBOOK_DATA_DIR",
    "WATTBOOK_DAY_FILE_DIR",
    "WATTBOOK_EXCHANGE_URLS",
    "WATTBOOK_EXCHANGE_NAME",
    "WATTBOOK_EXCHANGE_CA_FILE",
    "WATTBOOK_EXCHANGE_AUTHORIZATION",
    "WATTBOOK_MARKET_DATA_URL",
    "WATTBOOK_MARKET_DATA_LIMITS",
    "WATTBOOK_MARKET_DATA_REFRESH",
    "WATTBOOK_TIMEZONE",
    "WATTBOOK_HOST",
    "WATTBOOK_PORT",
    "WATTBOOK_AUTH",
    "WATTBOOK_JOURNAL_SPARE_DIR",
    "WATTBOOK_SEALS_FILE",
}
