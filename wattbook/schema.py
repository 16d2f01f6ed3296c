"""Which schema does the API publish? ``python -m wattbook.schema [FILE]`` writes it down."""

import sys
from pathlib import Path

from strawberry.printer import print_schema

from graphql_api.schema import build_schema


def sdl() -> str:
    """Return the schema in GraphQL's schema definition language."""
    return print_schema(build_schema()) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schema to the file that is named, else to standard output."""
    if arguments:
        Path(arguments[0]).write_text(sdl(), encoding="utf-8")
    else:
        print(sdl(), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
