"""How is a rejected message read again? By its source: a row of a day file, or the JSON that came over a line."""

from adapters.day_files.rows import read_row, read_row_for_period
from adapters.exchange.messages import Unreadable, read_for_period, read_message
from domain.deliveries import FILES
from domain.events import Deal, Receipt
from domain.resolution import ReadAgain
from wattbook.settings import Settings


def reading_again(settings: Settings) -> ReadAgain:
    """Return the function that reads a rejected message by today's rules."""

    def read(receipt: Receipt, label: str | None) -> Deal | str:
        of_file = receipt.source.startswith(FILES)
        exchange = _exchange_of(receipt.source) or settings.exchange_name
        if label is None:
            read_whole = read_row if of_file else read_message
            found = read_whole(receipt.original, exchange=exchange, zone=settings.timezone)
        else:
            read_for = read_row_for_period if of_file else read_for_period
            found = read_for(receipt.original, label, exchange=exchange, zone=settings.timezone)
        return found.reason if isinstance(found, Unreadable) else found

    return read


def _exchange_of(source: str) -> str:
    """Return the exchange that a deal came from: of a line (``epex/1``) or of a file (``epex_trades_20230206.csv``)."""
    if source.startswith(FILES):
        return source.removeprefix(FILES).rpartition("_trades_")[0]
    return source.rpartition("/")[0]
