"""The long form of the chaos: ``make chaos``, or ``python -m tests.chaos --seed 7 --minutes 30 --kills 200``."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

import psycopg

from domain.errors import WattbookError
from tests.chaos.run import RETURNED_WITHIN_S, chaos
from tests.fault_matrix.faulted import faulted
from tests.servers import server_of_its_own


def main() -> int:
    """Run until every kill was made and the time is over; return 1, with the seed, when an invariant broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="default: another each time")
    parser.add_argument("--minutes", type=float, default=30, help="at least so long (default: 30)")
    parser.add_argument("--kills", type=int, default=200, help="of each role, at least (default: 200)")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    return asyncio.run(_run(args.seed, args.kills, args.minutes * 60))


async def _run(seed: int, kills: int, seconds: float) -> int:
    with server_of_its_own() as server, tempfile.TemporaryDirectory(prefix="wattbook-chaos-") as folder:
        url: str = server.get_uri()
        try:
            async with faulted(Path(folder), url) as desk:
                story = await chaos(desk, server, seed, kills, seconds, lambda line: print(line, flush=True))
                print(story)
                assert story.slowest_return_s <= RETURNED_WITHIN_S, "a line came back too late"
        except (AssertionError, OSError, RuntimeError, TimeoutError, psycopg.Error, WattbookError) as error:
            print(f"seed {seed} FAILED: {error}\nadd it to SEEDS in tests/chaos/test_chaos.py")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
