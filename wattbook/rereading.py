"""How is a rejected message read again? By its source: what came over a line is the exchange's JSON."""

from adapters.exchange.messages import Unreadable, read_for_period, read_message
from domain.errors import ResolutionRefusedError
from domain.events import Deal, Receipt
from domain.resolution import ReadAgain
from wattbook.settings import Settings


def reading_again(settings: Settings) -> ReadAgain:
    """Return the function that reads a rejected message by today's rules."""

    def read(receipt: Receipt, label: str | None) -> Deal | str:
        if receipt.source.startswith("file:"):
            raise ResolutionRefusedError("a row of a day file is not read again: correct the file, or discard the row")
        exchange = _exchange_of(receipt.source, settings)
        if label is None:
            found = read_message(receipt.original, exchange=exchange, zone=settings.timezone)
        else:
            found = read_for_period(receipt.original, label, exchange=exchange, zone=settings.timezone)
        return found.reason if isinstance(found, Unreadable) else found

    return read


def _exchange_of(line: str, settings: Settings) -> str:
    """Return the exchange of a line (``<exchange>/1``): a deal belongs to the one that it came from."""
    return line.rpartition("/")[0] or settings.exchange_name
