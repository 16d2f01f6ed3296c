"""The event log: appended in micro-batches, read page by page, in forms that never change."""
