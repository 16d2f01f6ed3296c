"""What may stand after a flag? Each function reads one kind of value, or says in a sentence what is wrong with it."""

import argparse
import re
from datetime import UTC, date, datetime

from domain.errors import ResolutionRefusedError
from domain.performance import Moment
from domain.resolution import author_of, reason_of


def words(text: str) -> str:
    """Return text that can be looked for and shown: what the terminal sent must have been UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"not text in UTF-8: {text!r}") from None
    return text


def trader(text: str) -> str:
    """Return a trader's id."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a trader's id is not empty; leave --trader out for the whole desk")
    return words(text)


def day(text: str) -> date:
    """Return a day written like 2023-02-06."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"not a day like 2023-02-06: {text!r}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"there is no such day: {text!r}") from None


def position(text: str) -> int:
    """Return a position in the log."""
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"not a position in the log: {text!r}")
    return int(text)


def moment(text: str) -> Moment:
    """Return a moment: a position in the log, or a time with an offset."""
    if text.isdigit():
        return Moment(position=position(text))
    try:
        return Moment(recorded_at=instant(text))
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"not a position in the log, and {error}") from None


def reason(text: str) -> str:
    """Return why something is settled, on one line."""
    try:
        return reason_of(text)
    except ResolutionRefusedError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def author(text: str) -> str:
    """Return the name of who decides."""
    try:
        return author_of(text)
    except ResolutionRefusedError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def instant(text: str) -> datetime:
    """Return a time with an offset, in UTC."""
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"not a time with an offset like 2023-02-06T17:00:00Z: {text!r}") from None
