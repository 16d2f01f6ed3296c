"""The database itself: brought along, and installed."""
