"""How many hostile messages can be tried before one breaks a law? ``make fuzz``, or with a seed to try one again."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom
from time import monotonic
from typing import Final

from adapters.postgres.embedded import EmbeddedPostgres
from tests.fuzz.coverage_guided import search
from tests.fuzz.laws import LawBrokenError
from tests.fuzz.parser import read_all
from tests.fuzz.real_path import through_the_roles

MESSAGES: Final = 1_000_000


def main() -> int:
    """Try all parts, or those asked for; 1 where a law is broken, with the seed and the message."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--messages", type=int, default=MESSAGES, metavar="N", help="how many (default: a million)")
    parser.add_argument("--seed", type=int, metavar="S", help="the seed to try again (default: a new one)")
    options = parser.parse_args()
    parts: list[str] = options.parts or list(PARTS)
    if unknown := sorted(set(parts) - set(PARTS)):
        parser.error(f"no such part: {', '.join(unknown)}")
    seed: int = SystemRandom().randrange(2**31) if options.seed is None else options.seed
    print(f"seed {seed}, {options.messages:,} messages for each of: {', '.join(parts)}", flush=True)
    for part in parts:
        started = monotonic()
        with tempfile.TemporaryDirectory(prefix="wattbook-fuzz-", ignore_cleanup_errors=True) as folder:
            try:
                said = PARTS[part](seed, options.messages, Path(folder))
            except (LawBrokenError, AssertionError) as broken:
                print(f"{part}: BROKEN with seed {seed}\n{broken}", flush=True)
                return 1
        seconds = monotonic() - started
        print(f"\n{part}: {seconds:,.0f} s, {options.messages / seconds:,.0f} messages/s\n{said}", flush=True)
    return 0


def _parser(seed: int, count: int, _: Path) -> str:
    """The parser, the fast one, and the independent reader."""
    return "\n".join(f"  {number:>9,}  {outcome}" for outcome, number in read_all(seed, count).most_common())


def _coverage(seed: int, count: int, folder: Path) -> str:
    """What a search for untried branches makes up."""
    return f"  {search(seed, count, folder)}"


def _roles(seed: int, count: int, folder: Path) -> str:
    """A socket, ``receive``, its journal, ``record`` and PostgreSQL."""
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    try:
        passage = asyncio.run(through_the_roles(seed, count, folder, postgres.url))
    finally:
        postgres.stop()
    peaks = ", ".join(f"{role} {peak:.0f} MB" for role, peak in passage.peak_mb.items())
    return (
        f"  {passage.sent:,} sent ({passage.sent_mb:,.0f} MB) = {passage.deals:,} deals +"
        f" {passage.conflicts:,} conflicts + {passage.rejections:,} rejections + {passage.repeated:,} said before\n"
        f"  {passage.sent / passage.seconds:,.0f} messages/s from the socket to the log\n"
        f"  {passage.connections} connection, {passage.connections - 1} reconnects; peak memory: {peaks}"
    )


PARTS: Final[dict[str, Callable[[int, int, Path], str]]] = {
    "parser": _parser,
    "coverage": _coverage,
    "roles": _roles,
}


if __name__ == "__main__":
    sys.exit(main())
