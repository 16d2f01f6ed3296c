"""``python -m wattbook``: reads the command line and ends with an exit code that means something."""

import asyncio
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence

import psycopg
from eventsourcing.persistence import PersistenceError

from domain.errors import (
    AlreadyRunningError,
    AlreadySettledError,
    CannotListenError,
    CannotReplaceError,
    DatabaseUnavailableError,
    DayFileChangedError,
    DayFileRefusedError,
    ExportRefusedError,
    InvalidSettingsError,
    NoSuchDealError,
    NoSuchRejectionError,
    NoSuchReportError,
    NotSealedError,
    NotSwitchedError,
    ProofRefusedError,
    ReadModelsBehindError,
    ResolutionRefusedError,
    SealsRefusedError,
    StillNoDealError,
    UnknownPositionError,
    WattbookError,
    WrongOrderError,
    WrongUseError,
)
from wattbook.commands import parser
from wattbook.process import EXIT_CANNOT_RUN, EXIT_FOUND, EXIT_INTERRUPTED, EXIT_USAGE, log_to_stderr, obey_signals

_CANNOT_RUN = (
    AlreadyRunningError,
    CannotListenError,
    CannotReplaceError,
    DatabaseUnavailableError,
    DayFileChangedError,
    NoSuchDealError,
    NoSuchRejectionError,
    NoSuchReportError,
    NotSealedError,
    NotSwitchedError,
    ReadModelsBehindError,
)

_WRONG_USE = (
    DayFileRefusedError,
    ExportRefusedError,
    InvalidSettingsError,
    ProofRefusedError,
    SealsRefusedError,
    UnknownPositionError,
    WrongUseError,
    WrongOrderError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 when all is well, 1 for findings, 2 for wrong use, 3 when it could not run."""
    obey_signals()
    args = parser().parse_args(arguments)
    log_to_stderr(args.command, args.verbose)
    try:
        code: int = args.run(args, os.environ)
    except _WRONG_USE as error:
        return _fail(error, EXIT_USAGE)
    except _CANNOT_RUN as error:
        return _fail(error, EXIT_CANNOT_RUN)
    except (AlreadySettledError, StillNoDealError) as error:
        return _fail(error, EXIT_FOUND)
    except ResolutionRefusedError as error:
        return _fail(error, EXIT_USAGE)
    except WattbookError as error:
        logging.critical("%s", error)
        return EXIT_FOUND
    except (KeyboardInterrupt, asyncio.CancelledError):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (psycopg.Error, PersistenceError, sqlite3.Error, OSError) as error:
        logging.debug("what went wrong", exc_info=error)
        return _fail(error, EXIT_CANNOT_RUN)
    return code


def _fail(error: Exception, code: int) -> int:
    print(f"wattbook: {_told(error)}", file=sys.stderr)
    return code


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error).strip() or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
