"""The lines to the exchange: held open for ever, and their messages read."""
