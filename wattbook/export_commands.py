"""With which flags are deals, or the whole log, exported?"""

import argparse
import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from domain.errors import WrongUseError
from domain.performance import Moment
from projections.reading import DealFilter
from wattbook.arguments import day, instant, position, trader, words
from wattbook.audit_commands import Add
from wattbook.database import database
from wattbook.settings import Settings


def add_export_commands(add: Add) -> None:
    """Let *add* add the command ``export`` with what can be exported."""
    added = add("export", _export, "write the deals, or the whole log, to files for analysts and auditors")
    kinds = added.add_subparsers(dest="kind", required=True, metavar="WHAT")
    log = kinds.add_parser("log", help="the whole log: Parquet files with a manifest, to replay without the database")
    log.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="may hold an earlier export: it goes on")
    log.add_argument("--until", type=position, metavar="P", help="up to this position (default: all)")
    deals = kinds.add_parser("deals", help="the deals of a filter, in one file")
    deals.add_argument("--to", type=Path, required=True, metavar="FILE", help="whose name ends in .csv or .parquet")
    deals.add_argument("--trader", dest="trader_id", type=trader, metavar="ID", help="only those of this trader")
    deals.add_argument("--day-from", dest="delivery_day_from", type=day, metavar="YYYY-MM-DD", help="delivered since")
    deals.add_argument("--day-to", dest="delivery_day_to", type=day, metavar="YYYY-MM-DD", help="delivered until")
    deals.add_argument("--label", type=words, metavar="LABEL", help="only this period, like 08-09")
    deals.add_argument("--direction", choices=("buy", "sell"), help="only these")
    deals.add_argument("--executed-from", type=instant, metavar="TIME", help="executed since")
    deals.add_argument("--executed-to", type=instant, metavar="TIME", help="executed until")
    when = deals.add_mutually_exclusive_group()
    when.add_argument("--position", type=position, metavar="P", help="as of this position in the log")
    when.add_argument("--at", type=instant, metavar="TIME", help="as of this time, with its offset")
    added.formatter_class = argparse.RawDescriptionHelpFormatter
    added.epilog = log.format_usage() + deals.format_usage()


def _export(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from wattbook.export import deals_to, log_to

    settings = Settings.from_environment(environ)
    if args.kind == "deals":
        _check_order("day", args.delivery_day_from, args.delivery_day_to)
        _check_order("executed", args.executed_from, args.executed_to)
    with database(settings) as opened:
        if args.kind == "log":
            return log_to(opened.service_url, args.to, args.until)
        wanted = DealFilter(**{name: getattr(args, name) for name in DealFilter.__dataclass_fields__})
        return asyncio.run(deals_to(settings, opened.service_url, args.to, wanted, Moment(args.position, args.at)))


def _check_order(flag: str, since: date | None, until: date | None) -> None:
    if since is not None and until is not None and since > until:
        raise WrongUseError(f"--{flag}-from {since} is after --{flag}-to {until}: no deal lies between them")
