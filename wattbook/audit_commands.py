"""Which commands prove figures: reports, their replay and explanation, verification and proofs, with which flags?"""

import argparse
import asyncio
import getpass
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from domain.errors import WrongUseError
from domain.performance import Moment
from wattbook.arguments import author, day, instant, moment, position, trader, words
from wattbook.database import database
from wattbook.settings import Settings

Command = Callable[[argparse.Namespace, Mapping[str, str]], int]


class Add(Protocol):
    """Adds a command, and returns where its flags go."""

    def __call__(self, name: str, command: Command, tells: str, /) -> argparse.ArgumentParser: ...


def add_audit_commands(add: Add) -> None:
    """Let *add* add each of them."""
    _add_performance(add("report", _report, "print how a trader, or the desk, did on a delivery day"))
    added = add("replay", _replay, "print the same report from the raw events, without the read models")
    _add_performance(added, or_report=True)
    added.add_argument("--from-export", type=Path, metavar="FOLDER", help="from an exported log, without any database")
    added = add("explain", _explain, "print what changed the figures between two moments, event by event")
    added.add_argument("--day", type=day, required=True, metavar="YYYY-MM-DD", help="the delivery day")
    added.add_argument("--trader", type=trader, metavar="ID", help="the trader (default: the whole desk)")
    added.add_argument("--from", dest="start", type=moment, required=True, metavar="P|TIME", help="the earlier moment")
    added.add_argument("--to", dest="end", type=moment, default=Moment(), metavar="P|TIME", help="(default: now)")
    added.add_argument("--json", action="store_true", help="for machines")
    added = add("verify", _verify, "check the log, its hashes and every read model; name the place of any damage")
    added.add_argument("--seals", type=Path, metavar="FILE", help="compare with the seals in this file, and trust them")
    added.add_argument("--json", action="store_true", help="for machines")
    added = add("prove", _prove, "print a proof that a deal is in a sealed block; or check one, without a database")
    what = added.add_mutually_exclusive_group(required=True)
    what.add_argument("--deal", type=words, metavar="ID", help="the deal's id at the exchange")
    what.add_argument("--check", type=Path, metavar="FILE", help="say whether the proofs in this file hold")
    added.add_argument("--trader", type=trader, metavar="ID", help="only the deal of this trader")
    added.add_argument("--direction", choices=("buy", "sell"), help="only this leg")
    added.add_argument("--seals", type=Path, metavar="FILE", help="the seals to trust, for --check")
    added = add("publish", _publish, "freeze a report: its figures, their digest and the log's hash, as an event")
    _add_performance(added)
    added.add_argument("--author", type=author, metavar="NAME", help="who publishes (default: the system's user)")
    added = add("reports", _reports, "list the published reports")
    added.add_argument("--trader", type=trader, metavar="ID", help="only those of this trader")
    added.add_argument("--day", type=day, metavar="YYYY-MM-DD", help="only those on this delivery day")
    added.add_argument("--json", action="store_true", help="for machines")


def _add_performance(command: argparse.ArgumentParser, *, or_report: bool = False) -> None:
    """Let *command* say which performance is meant, or with *or_report* which report, and how it is printed."""
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--day", type=day, metavar="YYYY-MM-DD", help="the delivery day")
    if or_report:
        what.add_argument("--report", type=position, metavar="ID", help="say whether this published report is the same")
    command.add_argument("--trader", type=trader, metavar="ID", help="the trader (default: the whole desk)")
    when = command.add_mutually_exclusive_group()
    when.add_argument("--position", type=position, metavar="P", help="as of this position in the log")
    when.add_argument("--at", type=instant, metavar="TIME", help="as of this time, with its offset")
    command.add_argument("--json", action="store_true", help="canonical JSON (RFC 8785)")


def _report(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.report import report

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        return asyncio.run(
            report(
                settings, opened.service_url, args.trader, args.day, Moment(args.position, args.at), as_json=args.json
            )
        )


def _replay(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from adapters.event_log.raw_log import RawLog
    from adapters.log_export.reading import ExportedLog
    from wattbook.replay import OpenLog, replay, replay_report

    def replayed_from(log: OpenLog) -> int:
        if args.report is not None:
            return replay_report(settings, log, args.report)
        return replay(settings, log, args.trader, args.day, Moment(args.position, args.at), as_json=args.json)

    settings = Settings.from_environment(environ)
    if args.report is not None and (args.trader or args.at or args.position is not None or args.json):
        raise WrongUseError("replay --report ID says itself which figures are meant, and takes no other flag")
    if args.from_export is not None:
        return replayed_from(partial(ExportedLog, args.from_export))
    with database(settings) as opened:
        return replayed_from(partial(RawLog, opened.service_url))


def _explain(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.explain import explain

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        url = opened.service_url
        return asyncio.run(explain(settings, url, args.trader, args.day, args.start, args.end, as_json=args.json))


def _verify(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.verify import verify

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        return verify(opened.service_url, as_json=args.json, seals_file=args.seals)


def _prove(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.proofs import Wanted, check, prove

    if args.deal is not None and args.seals is not None:
        raise WrongUseError("prove --deal takes no --seals: a proof is checked with them, by prove --check")
    if args.check is not None:
        if args.seals is None:
            raise WrongUseError("prove --check needs --seals FILE too: the seals that were kept elsewhere")
        return check(args.check, args.seals)
    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        return prove(settings, opened.service_url, Wanted(args.deal, args.trader, args.direction))


def _publish(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.reports import publish

    by = args.author or getpass.getuser()
    settings = Settings.from_environment(environ)
    known = Moment(args.position, args.at)
    with database(settings) as opened:
        return asyncio.run(publish(settings, opened.service_url, args.trader, args.day, known, by, as_json=args.json))


def _reports(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.reports import reports

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        return asyncio.run(reports(settings, opened.service_url, args.trader, args.day, as_json=args.json))
