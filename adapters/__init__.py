"""The outside world: the only room that imports websockets, aiohttp, psycopg and eventsourcing."""
