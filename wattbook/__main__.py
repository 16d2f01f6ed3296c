"""``python -m wattbook``: reads the command line and ends with an exit code that means something."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from domain.errors import DatabaseUnavailableError, InvalidSettingsError, UnknownPositionError, WattbookError
from wattbook.commands import parser
from wattbook.process import EXIT_CANNOT_RUN, EXIT_FOUND, EXIT_USAGE, log_to_stderr


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 when all is well, 1 for findings, 2 for wrong use, 3 when it could not run."""
    args = parser().parse_args(arguments)
    log_to_stderr(args.command, args.verbose)
    try:
        code: int = args.run(args, os.environ)
    except (InvalidSettingsError, UnknownPositionError) as error:
        return _fail(error, EXIT_USAGE)
    except DatabaseUnavailableError as error:
        return _fail(error, EXIT_CANNOT_RUN)
    except WattbookError as error:
        logging.critical("%s", error)
        return EXIT_FOUND
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _fail(error: Exception, code: int) -> int:
    print(f"wattbook: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
