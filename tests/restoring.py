"""How does a test put an exported log back into PostgreSQL, event by event as it was stored?"""

from pathlib import Path

import psycopg

from adapters.log_export.reading import ExportedLog
from tests.desk import Desk


async def restored(trading: Desk, folder: Path) -> None:
    """Fill an empty log with the one in *folder*, and bring the read models up to it."""
    with ExportedLog(folder) as log, psycopg.connect(trading.url) as connection:
        head = log.head()
        with connection.cursor() as cursor:
            copying = (
                "COPY wattbook.events (notification_id, originator_id, originator_version, topic, recorded_at, state,"
                " hash) FROM STDIN"
            )
            with cursor.copy(copying) as copy:
                for page in log.links(0, head.position):
                    for link in page:
                        copy.write_row(link)
        connection.execute("UPDATE wattbook.log_head SET position = %s, recorded_at = %s, hash = %s", head)
    await trading.projects()
