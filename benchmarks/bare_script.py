"""What is the least that carries a deal from the exchange to a browser durably? One script, one row, one push."""

import asyncio
import json
import sys

import psycopg
import websockets


async def main(source: str, port: int, database_url: str) -> None:
    """Insert each deal from *source* as one row and push it to whoever is connected to *port*."""
    listeners: set[websockets.ServerConnection] = set()

    async def listen(client: websockets.ServerConnection) -> None:
        listeners.add(client)
        await client.wait_closed()
        listeners.discard(client)

    async with (
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
        websockets.serve(listen, "127.0.0.1", port, compression=None),
        websockets.connect(source, compression=None) as exchange,
    ):
        await connection.execute("CREATE TABLE IF NOT EXISTS bare_deals (id text PRIMARY KEY, body jsonb)")
        async for text in exchange:
            deal = json.loads(text)["deal_confirmation"]
            await connection.execute(
                "INSERT INTO bare_deals VALUES (%s, %s) ON CONFLICT DO NOTHING", (deal["id"], json.dumps(deal))
            )
            websockets.broadcast(listeners, json.dumps({"id": deal["id"]}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
