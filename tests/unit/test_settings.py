"""Are the settings read once, and every problem named at once, without a secret?"""

from pathlib import Path

import pytest

from domain.errors import InvalidSettingsError
from domain.request_limits import RequestLimit
from wattbook.settings import Settings


def problems(**environ: str) -> list[str]:
    return problems_of_receiving((), environ, needs_exchange=False)


def problems_of_receiving(lines: tuple[int, ...], environ: dict[str, str], needs_exchange: bool = True) -> list[str]:
    with pytest.raises(InvalidSettingsError) as refused:
        Settings.from_environment(environ, needs_exchange=needs_exchange, lines=lines)
    return refused.value.problems


def test_without_any_setting_the_defaults_hold() -> None:
    settings = Settings.from_environment({"PATH": "/bin"})
    assert settings.database_url is None
    assert settings.data_dir == Path(".wattbook").absolute()
    assert (settings.exchange_urls, settings.exchange_name, settings.market_data_url) == ((), "exchange", None)
    assert settings.market_data_limits == (RequestLimit(50, 60), RequestLimit(1000, 3600))
    assert (settings.market_data_refresh_s, settings.timezone.key) == (600, "Europe/Berlin")
    assert (settings.host, settings.port, settings.auth) == ("127.0.0.1", 8000, "dev")


def test_every_setting_is_read() -> None:
    settings = Settings.from_environment(
        {
            "WATTBOOK_DATABASE_URL": "postgresql://u:p@one:5432,two:5433/db?target_session_attrs=read-write",
            "WATTBOOK_DATA_DIR": "/srv/wattbook",
            "WATTBOOK_EXCHANGE_URLS": "wss://a.example/deals, ws://[::1]:8765/ ,wss://a.example/deals",
            "WATTBOOK_EXCHANGE_NAME": "epex",
            "WATTBOOK_MARKET_DATA_URL": "https://market-data-provider.energy/v1",
            "WATTBOOK_MARKET_DATA_LIMITS": "5/second, 100/day",
            "WATTBOOK_MARKET_DATA_REFRESH": "60",
            "WATTBOOK_TIMEZONE": "Europe/London",
            "WATTBOOK_HOST": "::1",
            "WATTBOOK_PORT": "0",
            "WATTBOOK_AUTH": "dev",
        }
    )
    assert settings.database_url == "postgresql://u:p@one:5432,two:5433/db?target_session_attrs=read-write"
    assert settings.lines == ("epex/1", "epex/2", "epex/3")
    assert settings.exchange_urls[0] == settings.exchange_urls[2] == "wss://a.example/deals"
    assert settings.market_data_limits == (RequestLimit(5, 1), RequestLimit(100, 86400))
    assert (settings.timezone.key, settings.host, settings.port) == ("Europe/London", "::1", 0)
    assert settings.journal_dir == Path("/srv/wattbook/journal")


def test_an_empty_setting_is_none_at_all() -> None:
    assert Settings.from_environment({"WATTBOOK_PORT": "", "WATTBOOK_TIMEZONE": " "}).port == 8000


def test_every_problem_is_named_at_once() -> None:
    named = problems(
        WATTBOOK_DATABASE_URL="mysql://db",
        WATTBOOK_EXCHANGE_URLS="http://a.example,ws://fine.example,nonsense",
        WATTBOOK_EXCHANGE_NAME="a b",
        WATTBOOK_MARKET_DATA_URL="market-data",
        WATTBOOK_MARKET_DATA_LIMITS="50/minute,many",
        WATTBOOK_MARKET_DATA_REFRESH="0",
        WATTBOOK_TIMEZONE="Europe/Atlantis",
        WATTBOOK_PORT="65536",
        WATTBOOK_AUTH="oauth",
        WATTBOOK_POTR="8000",
    )
    assert [problem.split(":")[0].split(" ")[0] for problem in named] == [
        "WATTBOOK_DATABASE_URL",
        "WATTBOOK_EXCHANGE_URLS",
        "WATTBOOK_EXCHANGE_URLS",
        "WATTBOOK_EXCHANGE_NAME",
        "WATTBOOK_MARKET_DATA_URL",
        "WATTBOOK_MARKET_DATA_LIMITS",
        "WATTBOOK_MARKET_DATA_REFRESH",
        "WATTBOOK_TIMEZONE",
        "WATTBOOK_PORT",
        "WATTBOOK_AUTH",
        "WATTBOOK_POTR",
    ]


def test_a_missing_exchange_and_a_line_that_is_not_there_are_named_with_all_the_rest() -> None:
    assert problems_of_receiving((2,), {"WATTBOOK_PORT": "abc"}) == [
        "WATTBOOK_EXCHANGE_URLS: no line to the exchange is set ('run --demo' needs none: it brings a market)",
        "--line 2: WATTBOOK_EXCHANGE_URLS has no line",
        "WATTBOOK_PORT: 'abc' is no whole number from 0 to 65535",
    ]


@pytest.mark.parametrize("lines", [(0,), (3,), (1, 2, 3), (-1,)])
def test_a_line_without_an_address_is_wrong_use(lines: tuple[int, ...]) -> None:
    (problem,) = problems_of_receiving(lines, {"WATTBOOK_EXCHANGE_URLS": "ws://a.example,ws://b.example"})
    assert problem.endswith("has lines 1 to 2")


def test_lines_that_have_an_address_may_be_asked_for() -> None:
    urls = {"WATTBOOK_EXCHANGE_URLS": "ws://a.example,ws://b.example"}
    assert len(Settings.from_environment(urls, needs_exchange=True, lines=(2, 1, 2)).lines) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WATTBOOK_PORT", "80a"),
        ("WATTBOOK_PORT", "-1"),
        ("WATTBOOK_PORT", "٨"),
        ("WATTBOOK_PORT", "9" * 5000),
        ("WATTBOOK_MARKET_DATA_LIMITS", "0/minute"),
        ("WATTBOOK_MARKET_DATA_LIMITS", "50/fortnight"),
        ("WATTBOOK_MARKET_DATA_LIMITS", "50/minute,"),
        ("WATTBOOK_TIMEZONE", "/etc/passwd"),
        ("WATTBOOK_TIMEZONE", "../etc"),
        ("WATTBOOK_TIMEZONE", "Europe"),
        ("WATTBOOK_EXCHANGE_URLS", "ws://host:99999"),
        ("WATTBOOK_EXCHANGE_URLS", "ws://"),
        ("WATTBOOK_EXCHANGE_URLS", "ws://[::1"),
        ("WATTBOOK_HOST", "0.0.0.0"),
        ("WATTBOOK_HOST", "example.org"),
        ("WATTBOOK_EXCHANGE_NAME", "a:b"),
        ("WATTBOOK_EXCHANGE_NAME", "a/b"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: str) -> None:
    assert len(problems(**{name: value})) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WATTBOOK_DATABASE_URL", "host=db user=me password=hunter2"),
        ("WATTBOOK_DATABASE_URL", "mysql://me:hunter2@db/x"),
        ("WATTBOOK_DATABASE_URL", "mysql://db/x?password=hunter2"),
        ("WATTBOOK_EXCHANGE_URLS", "http://me:hunter2@exchange.example"),
        ("WATTBOOK_EXCHANGE_URLS", "wss://me:hunter2@exchange.example:port/?x"),
        ("WATTBOOK_EXCHANGE_URLS", "http://exchange.example/?token=hunter2@x"),
        ("WATTBOOK_MARKET_DATA_URL", "ftp://me:hunter2?@provider.example"),
    ],
)
def test_no_secret_is_shown(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert "hunter2" not in problem
    assert name in problem


def test_the_message_says_what_happened_and_names_each_problem() -> None:
    with pytest.raises(InvalidSettingsError, match=r"cannot start(.|\n)*- WATTBOOK_PORT: 'x' is no whole number"):
        Settings.from_environment({"WATTBOOK_PORT": "x"})


def test_names_that_a_container_platform_makes_are_left_alone() -> None:
    made = {"WATTBOOK_SERVICE_HOST": "10.0.0.7", "WATTBOOK_PORT_8000_TCP_ADDR": "10.0.0.7", "WATTBOOK_URL": "x"}

    assert Settings.from_environment(made).port == 8000


def test_no_secret_is_in_the_settings_as_they_are_shown() -> None:
    settings = Settings.from_environment(
        {
            "WATTBOOK_EXCHANGE_URLS": "wss://a.example/?token=hunter2",
            "WATTBOOK_DATABASE_URL": "postgresql://me:hunter2@db/x",
            "WATTBOOK_EXCHANGE_AUTHORIZATION": "Bearer hunter2",
        }
    )
    assert settings.exchange_authorization == "Bearer hunter2"
    assert "hunter2" not in repr(settings)


IN_THE_OPEN = {
    "ws://127.0.0.1:1,ws://a.example": "line 2 would send it unencrypted; use wss:// for that line",
    "ws://localhost.example": "line 1 would send it unencrypted; use wss:// for that line",
    "wss://me:pw@a.example": "line 1 has a password in its URL too; give only one of them",
}


@pytest.mark.parametrize(("urls", "told"), IN_THE_OPEN.items())
def test_credentials_that_would_be_seen_or_are_doubtful_are_refused(urls: str, told: str) -> None:
    (problem,) = problems(WATTBOOK_EXCHANGE_URLS=urls, WATTBOOK_EXCHANGE_AUTHORIZATION="Bearer hunter2")
    assert problem == f"WATTBOOK_EXCHANGE_AUTHORIZATION: {told}"


def test_a_password_in_a_url_that_is_not_encrypted_is_refused() -> None:
    (problem,) = problems(WATTBOOK_EXCHANGE_URLS="wss://a.example,ws://me:hunter2@a.example")
    assert problem == "WATTBOOK_EXCHANGE_URLS: line 2 would send its password unencrypted; use wss://"


@pytest.mark.parametrize("urls", ["ws://127.0.0.1:1,ws://[::1]:2,ws://localhost", "wss://a.example", ""])
def test_credentials_may_go_over_loopback_and_encrypted_lines(urls: str) -> None:
    environ = {"WATTBOOK_EXCHANGE_URLS": urls, "WATTBOOK_EXCHANGE_AUTHORIZATION": "Basic bWU6aHVudGVyMg=="}
    assert Settings.from_environment(environ).exchange_authorization == "Basic bWU6aHVudGVyMg=="


@pytest.mark.parametrize("value", ["Bearer a\r\nX-Other: b", "Bearer \u00e9"])
def test_a_header_that_cannot_be_sent_is_refused_and_not_shown(value: str) -> None:
    (problem,) = problems(WATTBOOK_EXCHANGE_AUTHORIZATION=value)
    assert "Bearer" not in problem


def test_a_file_of_authorities_that_is_none_is_named_with_all_the_rest(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    wrong = problems(WATTBOOK_EXCHANGE_CA_FILE=str(tmp_path / "no.pem"), WATTBOOK_PORT="x")
    missing = problems(WATTBOOK_EXCHANGE_CA_FILE=str(tmp_path / "missing.pem"))
    assert [problem.split(":")[0] for problem in wrong] == ["WATTBOOK_PORT", "WATTBOOK_EXCHANGE_CA_FILE"]
    assert "no certificate in PEM form" in wrong[1]
    assert "No such file" in missing[0]
