"""Which errors can Wattbook raise on purpose?

* :class:`WattbookError`

  * :class:`UnreadableDealError`: a message that is no valid deal; carries the rejection reason
  * :class:`NotADecimalError`: text that is no decimal in plain notation
  * :class:`NotAnInstantError`: text that is no time with an offset
  * :class:`UnknownPeriodError`: a day and label that name no delivery period

    * :class:`MalformedLabelError`: the label does not have the form of one
    * :class:`NoSuchPeriodError`: well formed, but that day has no such period
    * :class:`AmbiguousPeriodError`: the doubled hour, and nothing says which of the two

  * :class:`UnusableAnswerError`: a market-data answer that says nothing about the period asked for

    * :class:`OddAnswerError`: nothing about this one period; the provider serves others

  * :class:`ProviderUnreachableError`: no whole answer from the market-data provider in time
  * :class:`InvalidSettingsError`: every problem of the settings at once
  * :class:`WrongUseError`: words or flags that mean nothing to a command, or not together
  * :class:`CannotListenError`: an address to listen on cannot be had
  * :class:`UnknownPositionError`: a position past the head of the log
  * :class:`WrongOrderError`: two moments of which the first is the later one
  * :class:`NoSuchReportError`: there is no published report of that id
  * :class:`ReadModelsBehindError`: the read models have not reached a position in time
  * :class:`QueryTooLongError`: a read that takes longer than one may
  * :class:`ResolutionRefusedError`: a rejection that cannot be settled like that, and why

    * :class:`NoSuchRejectionError`: there is no rejection of that id
    * :class:`AlreadySettledError`: somebody settled it before
    * :class:`StillNoDealError`: the message, read again, is no deal

  * :class:`DayFileRefusedError`: a file that is no day file of this exchange, and what is wrong with it
  * :class:`DayFileChangedError`: a day file that was written to while it was read
  * :class:`SealKeyError`: a key that the log cannot be sealed with
  * :class:`SealsRefusedError`: a file that is no file of seals, and what is wrong with it
  * :class:`NoSuchDealError`: there is no deal of that id
  * :class:`ProofRefusedError`: a file that holds no proofs
  * :class:`NotSealedError`: a proof of what is in no sealed block yet
  * :class:`ExportRefusedError`: a folder or a file that holds no exported log, or that of another one
  * :class:`LogDamagedError`: the log breaks one of its own promises (a hole, a broken order)
  * :class:`LogSetBackError`: the log does not hold any more what it held
  * :class:`AlreadyRunningError`: another process does here what only one may do
  * :class:`NotSwitchedError`: a rebuilt read model could not take the place of the one in use
  * :class:`CannotReplaceError`: a receiver cannot take over from an older one without losing a line
  * :class:`DatabaseUnavailableError`: there is no database to work with
  * :class:`FencedError`: another runner has moved the checkpoint
  * :class:`JournalClosedError`: something was heard after its journal was closed
  * :class:`JournalNotSafeError`: the journal could not be written to disk in time
"""


class WattbookError(Exception):
    """Root of everything Wattbook raises on purpose."""


class UnreadableDealError(WattbookError):
    """A message from the exchange is no valid deal.

    ``reason`` is what a rejection shows: ``UNREADABLE``, ``INVALID: <field>``,
    ``NO_SUCH_PERIOD`` or ``AMBIGUOUS_PERIOD``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotADecimalError(WattbookError, ValueError):
    """Text that is no finite decimal in plain notation."""


class NotAnInstantError(WattbookError, ValueError):
    """Text that is no RFC 3339 time with an offset."""


class UnknownPeriodError(WattbookError, ValueError):
    """A delivery day and label that name no delivery period."""


class MalformedLabelError(UnknownPeriodError):
    """The label has not the form ``HH-HH`` or ``HH:MM-HH:MM``, with ``A`` or ``B`` or without."""


class NoSuchPeriodError(UnknownPeriodError):
    """The label is well formed but names no period of that day."""


class AmbiguousPeriodError(UnknownPeriodError):
    """The label names an hour that comes twice that day and nothing says which one is meant."""


class UnusableAnswerError(WattbookError):
    """A market-data answer that says nothing about the period asked for."""


class OddAnswerError(UnusableAnswerError):
    """An answer that says nothing about this one period, but shows that the provider serves."""


class ProviderUnreachableError(WattbookError):
    """No whole answer came from the market-data provider in time."""


class InvalidSettingsError(WattbookError):
    """The settings cannot be used; ``problems`` names all of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["Wattbook cannot start with these settings:", *(f"  - {p}" for p in problems)]))
        self.problems = problems


class WrongUseError(WattbookError):
    """Words or flags mean nothing to a command, or not together; says what is to be given instead."""


class CannotListenError(WattbookError):
    """An address to listen on cannot be had: it is taken, or it is not of this machine."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        super().__init__(
            f"cannot listen on {host}:{port}: {cause.strerror or cause}; choose another port, or 0 for any"
        )


class UnknownPositionError(WattbookError):
    """A position past the head of the event log."""


class WrongOrderError(WattbookError):
    """Two moments of which the first is the later one."""


class NoSuchReportError(WattbookError):
    """There is no published report of that id."""


class ReadModelsBehindError(WattbookError):
    """The read models have not reached the position asked for within the time allowed."""


class QueryTooLongError(WattbookError):
    """A read takes longer than one may; less of it may not."""


class ResolutionRefusedError(WattbookError):
    """A rejection cannot be settled like that; nothing was recorded."""


class NoSuchRejectionError(ResolutionRefusedError):
    """There is no rejection of that id."""


class AlreadySettledError(ResolutionRefusedError):
    """Somebody settled the rejection before."""


class StillNoDealError(ResolutionRefusedError):
    """The rejected message, read again by today's rules, is still no deal."""


class DayFileRefusedError(WattbookError):
    """A file is no day file of this exchange, or something in it is wrong; nothing of it was recorded."""


class DayFileChangedError(WattbookError):
    """A day file was written to while it was read; nothing of it was recorded, and it can be imported again."""


class SealKeyError(WattbookError):
    """The log cannot be sealed with this key."""


class SealsRefusedError(WattbookError):
    """A file that is no file of seals; says what is wrong with it."""


class NoSuchDealError(WattbookError):
    """There is no deal of that id."""


class ProofRefusedError(WattbookError):
    """A file that holds no proofs; says what is wrong with it."""


class NotSealedError(WattbookError):
    """What is to be proven is in no sealed block yet."""


class ExportRefusedError(WattbookError):
    """A folder holds no exported log, or that of another one, or a file cannot be written as asked; says what is so."""


class LogDamagedError(WattbookError):
    """The event log breaks one of its own promises, so nothing may be derived from it."""


class LogSetBackError(WattbookError):
    """The log does not hold any more what it held: it was restored, or a server that was behind took its place."""


class FencedError(WattbookError):
    """Another runner has moved the checkpoint; this one must start again from there."""


class DatabaseUnavailableError(WattbookError):
    """There is no database to work with, and waiting will not bring it."""


class JournalClosedError(WattbookError):
    """Something was to be noted in a journal that is closed."""


class JournalNotSafeError(WattbookError):
    """What was noted in the journal could not be written to disk within the time allowed."""


class NotSwitchedError(WattbookError):
    """A rebuilt read model could not take the place of the one in use, which stays."""


class CannotReplaceError(WattbookError):
    """A receiver cannot take over from an older one without losing a line; the older one goes on."""


class AlreadyRunningError(WattbookError):
    """Another process already does here what only one may do."""
