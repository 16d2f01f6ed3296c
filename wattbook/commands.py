"""Which commands are there, with which flags, and what does each start?

A command imports what it needs when it runs, so that each process carries only its own.
"""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from domain.resolution import Accept, Discard, ForPeriod
from simulator.options import add_arguments as add_simulators
from wattbook import rebuilding
from wattbook.arguments import author, position, reason, words
from wattbook.audit_commands import Command, add_audit_commands
from wattbook.database import database, keep_demo_apart
from wattbook.export_commands import add_export_commands
from wattbook.process import only_one, run_until_stopped
from wattbook.settings import Settings

PROJECTOR_STANDS_BACK: Final = 5
"""Niceness of the projector: on a machine that is full it can catch up later, and what was heard cannot wait."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="wattbook", description="An event-sourced book of power deals. Settings come from WATTBOOK_… variables."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, command: Command, tells: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=tells, description=tells[0].upper() + tells[1:] + ".")
        added.add_argument("--verbose", action="store_true", help="log more")
        added.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)
        added.set_defaults(run=command)
        return added

    added = add("run", _run, "run everything in one process group")
    added.add_argument("--demo", action="store_true", help="with a simulated market to listen to")
    added = add("receive", _receive, "hold the lines to the exchange open, into a local journal")
    added.add_argument("--line", type=int, action="append", metavar="N", help="only this line (repeatable)")
    added.add_argument(
        "--replace", action="store_true", help="take over from the receivers that hold these lines now, without a gap"
    )
    added = add("record", _record, "record what was received, and reference prices, in the event log")
    added.add_argument("--demo", action="store_true", help=argparse.SUPPRESS)
    add("project", _project, "keep the read models up to the event log")
    add("serve", _serve, "serve the dashboard and the GraphQL API")
    rebuilding.add_arguments(add("rebuild", rebuilding.run, "make read models again from the raw events, while in use"))
    add_audit_commands(add)
    add_export_commands(add)
    added = add("import", _import, "compare the exchange's day files with the log, and record what was missing")
    added.add_argument("files", type=Path, nargs="+", metavar="FILE", help="<exchange>_trades_YYYYMMDD.csv")
    added.add_argument("--json", action="store_true", help="for machines")
    added.add_argument("--demo", action="store_true", help="into the log of a demo")
    added.add_argument("--only-news", action="store_true", help="leave out what was imported before")
    added = add("status", _status, "print positions, lags, feeds and counts")
    added.add_argument("--json", action="store_true", help="for machines")
    added = add("rejections", _rejections, "list what could not be read, or conflicts, and waits for a decision")
    added.add_argument("id", type=position, nargs="?", metavar="ID", help="show this one whole")
    added.add_argument("--all", action="store_true", help="settled ones too")
    added.add_argument("--json", action="store_true", help="for machines")
    added = add("resolve", _resolve, "settle a rejection, with a reason")
    added.add_argument("id", type=position, metavar="ID", help="which one: see wattbook rejections")
    choices = added.add_mutually_exclusive_group(required=True)
    choices.add_argument("--accept", action="store_true", help="take it as it is; a conflict replaces what stands")
    choices.add_argument("--period", type=words, metavar="LABEL", help="take it for this period, like 02-03A")
    choices.add_argument("--discard", action="store_true", help="set it aside; nothing else changes")
    added.add_argument("--reason", type=reason, required=True, metavar="TEXT", help="why, on one line")
    added.add_argument("--author", type=author, metavar="NAME", help="who decides (default: the system's user)")
    added = add("simulate", _simulate, "stand in for the exchange or the market-data provider")
    add_simulators(added)
    add("database", _database, "print the URL of the database in use")
    return top


def _run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.run import run

    settings = Settings.from_environment(environ, needs_exchange=not args.demo)
    with only_one(settings.data_dir / "run.lock"), database(settings) as opened:
        keep_demo_apart(opened, demo=args.demo)
        return run_until_stopped(lambda stop: run(settings, environ, opened, args.demo, args.verbose, stop))


def _receive(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.receive import receive

    lines = frozenset(args.line or ())
    settings = Settings.from_environment(environ, needs_exchange=True, lines=lines)
    return run_until_stopped(
        lambda stop: receive(settings, lines, stop, replace=args.replace, supervised=args.supervised),
        with_supervisor=args.supervised,
    )


def _record(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.record import record

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        # Only this role appends what was heard, so it is the one to refuse, whoever started it.
        keep_demo_apart(opened, demo=args.demo)
        url = opened.url_for(args.command)
        return run_until_stopped(
            lambda stop: record(settings, url, stop, demo=args.demo), with_supervisor=args.supervised
        )


def _project(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.project import project

    def with_what_is_left(_: Settings, url: str, stop: asyncio.Event) -> Awaitable[int]:
        # Not before the database is open: an embedded server started by this process would stand back too.
        os.nice(PROJECTOR_STANDS_BACK)
        return project(url, stop, lambda: rebuilding.fill(environ))

    return _with_database(args, environ, with_what_is_left)


def _serve(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.serve import serve

    return _with_database(args, environ, serve)


def _import(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.imports import import_files

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        keep_demo_apart(opened, demo=args.demo)
        url = opened.url_for(args.command)
        return run_until_stopped(
            lambda stop: import_files(settings, url, args.files, stop, as_json=args.json, only_news=args.only_news),
            with_supervisor=args.supervised,
        )


def _status(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.status import status

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        return asyncio.run(status(settings, opened.service_url, as_json=args.json))


def _rejections(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.rejections import rejection, rejections

    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        url = opened.service_url
        if args.id is not None:
            return asyncio.run(rejection(url, args.id, as_json=args.json))
        return asyncio.run(rejections(settings, url, everything=args.all, as_json=args.json))


def _resolve(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.resolve import resolve

    choice = Accept() if args.accept else Discard() if args.discard else ForPeriod(args.period)
    by = args.author or getpass.getuser()
    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        return asyncio.run(resolve(settings, opened.service_url, args.id, choice, args.reason, by))


def _simulate(args: argparse.Namespace, _: Mapping[str, str]) -> int:
    from simulator import command as simulators

    async def simulate(stop: asyncio.Event) -> int:
        await simulators.run(args, stop)
        return 0

    return run_until_stopped(simulate, with_supervisor=args.supervised)


def _database(_: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        print(opened.url)
    if settings.database_url is None:
        print("This is the embedded database: it runs while a role of Wattbook runs.", file=sys.stderr)
    return 0


def _with_database(
    args: argparse.Namespace,
    environ: Mapping[str, str],
    role: Callable[[Settings, str, asyncio.Event], Awaitable[int]],
) -> int:
    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        url = opened.url_for(args.command)
        return run_until_stopped(lambda stop: role(settings, url, stop), with_supervisor=args.supervised)
