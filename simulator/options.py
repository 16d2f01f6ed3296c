"""Which flags do the simulators take, and what do they mean?"""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import InvalidSettingsError
from domain.request_limits import RequestLimit
from simulator.answer_faults import ANSWER_FAULTS
from simulator.answers import UNITS
from simulator.clock import MarketClock, midnight
from simulator.exchange_faults import HICCUPS, ExchangeFaults
from simulator.limits import parse_limits
from simulator.market import MarketParameters

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class MarketOptions:
    """Which market is simulated, and how its time runs."""

    parameters: MarketParameters
    clock: MarketClock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``exchange`` and ``market-data`` with their flags to the parser of ``simulate``."""
    kinds = parser.add_subparsers(dest="simulator", required=True, metavar="exchange | market-data")
    exchange = kinds.add_parser(
        "exchange",
        help="push deal confirmations to every websocket that connects",
        description="A stand-in for the exchange: pushes the desk's deals over a websocket, once, to whoever listens.",
    )
    _add_market(exchange)
    _add_exchange(exchange)
    provider = kinds.add_parser(
        "market-data",
        help="answer requests for reference prices",
        description="A stand-in for the market-data provider. Started with the market flags of a simulated "
        "exchange, it answers with the average prices of the same market.",
    )
    _add_market(provider)
    _add_market_data(provider)


def market_of(args: argparse.Namespace, now: datetime) -> MarketOptions:
    """Return the market that *args* ask for; *now* is the real time, aware UTC."""
    started_at: datetime = args.started_at or now
    begins_at = started_at
    if isinstance(args.date, datetime):
        begins_at = args.date
    elif args.date is not None:
        begins_at = midnight(args.date, args.timezone)
    parameters = MarketParameters(
        seed=args.seed,
        zone=args.timezone,
        deals_per_minute=args.deals_per_minute,
        history_per_minute=args.history_per_minute,
        live_from=begins_at,
        crosses_percent=args.crosses_percent,
    )
    return MarketOptions(parameters, MarketClock(started_at, begins_at, args.speed))


def faults_of(args: argparse.Namespace) -> ExchangeFaults:
    """Return the faults that *args* ask for: flags go over ``--hiccups``.

    Raises :class:`InvalidSettingsError` where a flag lacks its partner.
    """
    given = {name.name: getattr(args, name.name) for name in fields(ExchangeFaults)}
    faults = replace(
        HICCUPS if args.hiccups else ExchangeFaults(),
        **{name: value for name, value in given.items() if value is not None},
    )
    problems = []
    if bool(faults.silence_every_s) != bool(faults.silence_for_s):
        problems.append("--silence-every and --silence-for need each other")
    if faults.outage_s and not faults.drop_every_s:
        problems.append("--outage needs --drop-every")
    if faults.drop_one and not faults.drop_every_s:
        problems.append("--drop-one needs --drop-every")
    if problems:
        raise InvalidSettingsError(problems)
    return faults


def _add_market(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the market (give both simulators the same)").add_argument
    add("--seed", type=int, default=1, help="another seed is another market (default: %(default)s)")
    add("--timezone", type=_zone, default=ZoneInfo("Europe/Berlin"), help="the market's zone (default: %(default)s)")
    add(
        "--date", type=_date, metavar="DAY | TIME", help="begin on this day at midnight, or at this time (default: now)"
    )
    add("--started-at", type=_time, metavar="TIME", help="real time at which the market's time began (default: now)")
    add("--speed", type=_number(0.001, 100_000), default=1.0, help="market seconds per real second (default: 1)")
    add(
        "--deals-per-minute",
        type=_number(0, 99_999),
        default=40.0,
        help="the desk's deals per minute of market time (default: 40)",
    )
    add(
        "--history-per-minute",
        type=_number(0, 99_999),
        default=1.0,
        help="the same, before the market's time began (default: 1)",
    )
    add("--crosses-percent", type=_whole(0, 100), default=1, help="deals with both legs at the desk (default: 1)")
    add = parser.add_argument_group("where to listen").add_argument
    add("--host", default="127.0.0.1", help="address (default: %(default)s)")
    add("--port", type=_port, default=0, help="port, 0 for any that is free (default: %(default)s)")


def _add_exchange(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("deals").add_argument
    add("--warm-up", action="store_true", help="tell the first listener all deals so far in today's and later hours")
    add("--day-file-dir", type=Path, metavar="FOLDER", help="write the files of all deals of a day here")
    add("--name", type=_name, default="exchange", help="the exchange's name in those files (default: %(default)s)")
    add = parser.add_argument_group("faults (seconds are real, rates per deal from 0 to 1)").add_argument
    seconds, rate, number = _number(0.001, 1e6), _number(0, 1), _whole(1, 1_000_000)
    add("--hiccups", action="store_true", help="a few duplicates, and now and then one connection lost")
    add("--drop-every", dest="drop_every_s", type=seconds, metavar="SECONDS", help="drop connections this often")
    add("--drop-one", action="store_true", default=None, help="drop only one of them")
    add("--outage", dest="outage_s", type=seconds, metavar="SECONDS", help="then refuse new ones for so long")
    add("--silence-every", dest="silence_every_s", type=seconds, metavar="SECONDS", help="fall silent this often")
    add("--silence-for", dest="silence_for_s", type=seconds, metavar="SECONDS", help="for so long, answering pings")
    add("--repeat-on-connect", type=number, metavar="N", help="repeat the latest N messages to who connects")
    add("--split", action="store_true", default=None, help="tell each deal on one connection only")
    add("--burst", type=number, metavar="N", help="hold messages back until there are N")
    add("--shuffle", dest="shuffle_s", type=seconds, metavar="SECONDS", help="tell deals up to so late, in any order")
    add("--variants", action="store_true", default=None, help="say the same in all the bytes ever seen")
    add("--duplicate-rate", type=rate, metavar="RATE", help="say a deal again")
    add("--conflict-rate", type=rate, metavar="RATE", help="say a deal again with another price")
    add("--garbage-rate", type=rate, metavar="RATE", help="say what is no deal, or no JSON, or no text")


def _add_market_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("answers").add_argument
    add(
        "--publish-every",
        type=_number(1, 86_400),
        default=600.0,
        metavar="SECONDS",
        help="market time between two prices of a period (default: 600)",
    )
    add("--unit", choices=UNITS, default="euro", help="how EUR/MWh is called (default: %(default)s)")
    add("--undefined", choices=("null", "missing", "404"), default="null", help="how no price yet is said")
    add = parser.add_argument_group("limits and faults (seconds are real)").add_argument
    add("--limits", type=_limits, default=parse_limits("50/minute,1000/hour"), help="default: 50/minute,1000/hour")
    add("--no-retry-after", action="store_true", help="refuse without saying how long to wait")
    add("--delay", type=_number(0, 3600), default=0.0, metavar="SECONDS", help="answer up to so late")
    add("--fault-rate", type=_number(0, 1), default=0.0, metavar="RATE", help="this share of answers is spoilt")
    add("--faults", type=_answer_faults, default=(), metavar="KIND,…", help=f"how: {', '.join(ANSWER_FAULTS)}")


def _number(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be a number from {least:g} to {most:g}, not {text!r}")
        return value

    return parse


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, not {text!r}")
        return int(text)

    return parse


_port = _whole(0, 65_535)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"not a time zone such as Europe/Berlin: {text!r}") from None


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - stands for what has no offset
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"not a time with an offset such as 2023-10-29T06:13:45Z: {text!r}")
    return moment.astimezone(UTC)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _time(text)
    if not date(1971, 1, 1) <= day <= date(2999, 12, 31) - timedelta(days=1):
        raise argparse.ArgumentTypeError(f"not a day that can be simulated: {text!r}")
    return day


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"a name has letters, digits, dots, dashes and underscores, not {text!r}")
    return text


def _limits(text: str) -> tuple[RequestLimit, ...]:
    try:
        return parse_limits(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _answer_faults(text: str) -> tuple[str, ...]:
    kinds = tuple(part.strip() for part in text.split(","))
    if unknown := [kind for kind in kinds if kind not in ANSWER_FAULTS]:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known: {', '.join(ANSWER_FAULTS)}")
    return kinds
