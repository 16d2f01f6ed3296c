"""What was heard from the exchange, on local disk until the event log has it."""
