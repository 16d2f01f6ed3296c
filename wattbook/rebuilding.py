"""Which flags has the command ``rebuild``, what does it start, and how does another role start it?"""

import argparse
import asyncio
import sys
from collections.abc import Mapping

from domain.errors import WrongUseError
from wattbook.arguments import words
from wattbook.database import database
from wattbook.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Let *command* say what is to be rebuilt, and how."""
    command.add_argument("models", type=words, nargs="*", metavar="READ_MODEL", help="only these (default: all)")
    command.add_argument(
        "--accept-differences", action="store_true", help="switch, or roll back, also where rows differ"
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument("--rollback", action="store_true", help="put back what was in use before the last switch")
    what.add_argument("--drop", action="store_true", help="remove what was in use before, and earlier versions")
    what.add_argument("--new", action="store_true", help="only those that no event was applied to yet")


def run(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Do what the flags say; return the exit code."""
    from projections import READ_MODELS
    from wattbook.rebuild import drop_kept, fill_new, rebuild, roll_back

    names = [model.name for model in READ_MODELS]
    unknown = [name for name in args.models if name not in names]
    if unknown:
        raise WrongUseError(f"no such read model: {', '.join(unknown)}; there are {', '.join(names)}")
    if args.accept_differences and (args.drop or args.new):
        raise WrongUseError("--accept-differences goes with a rebuild or with --rollback: nothing else compares")
    models = [model for model in READ_MODELS if model.name in args.models or not args.models]
    settings = Settings.from_environment(environ)
    with database(settings) as opened:
        # Only the owner may make and rename tables.
        url = opened.url_for(args.command, as_owner=True)
        if args.new:
            return fill_new(url, models)
        if args.rollback:
            return roll_back(url, models, all_of_them=not args.models, accept=args.accept_differences)
        if args.drop:
            return drop_kept(url, models)
        return rebuild(url, models, accept=args.accept_differences)


async def fill(environ: Mapping[str, str]) -> int:
    """Fill new read models in a process of its own: it has the owner's rights, and can be ended in the midst."""
    filling = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wattbook", "rebuild", "--new"), env=dict(environ), stdin=asyncio.subprocess.DEVNULL
    )
    try:
        return await filling.wait()
    finally:
        if filling.returncode is None:
            filling.terminate()
            await filling.wait()
