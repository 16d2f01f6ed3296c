"""``make bench``: runs every benchmark, or those named, and prints figures with their ratios."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from adapters.postgres.embedded import EmbeddedPostgres
from benchmarks.appending import appending
from benchmarks.burst import burst
from benchmarks.latency import latency
from benchmarks.projecting import projecting
from benchmarks.proving import proving
from benchmarks.stages import stages
from benchmarks.sustained import sustained
from wattbook.process import obey_signals

BENCHMARKS: dict[str, Callable[[EmbeddedPostgres, Path], None]] = {
    "appending": appending,
    "burst": burst,
    "sustained": sustained,
    "projecting": projecting,
    "latency": latency,
    "stages": stages,
    "proving": proving,
}


def main() -> int:
    """Run the benchmarks on a database of their own with full durability, removed at the end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)} (default: all)")
    names: list[str] = parser.parse_args().names or list(BENCHMARKS)
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    obey_signals()
    for name in names:
        with tempfile.TemporaryDirectory(prefix="wattbook-bench-", ignore_cleanup_errors=True) as folder:
            postgres = EmbeddedPostgres(Path(folder))
            postgres.start()
            try:
                print(f"\n{name}: {BENCHMARKS[name].__doc__}", flush=True)
                BENCHMARKS[name](postgres, Path(folder))
            finally:
                postgres.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
