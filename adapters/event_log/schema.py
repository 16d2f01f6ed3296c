"""Which tables hold the event log, and what keeps them append-only?"""

from typing import Final

CREATE_LOG: Final = (
    "CREATE SCHEMA IF NOT EXISTS wattbook",
    """
    CREATE TABLE IF NOT EXISTS wattbook.events (
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL,
        topic text COLLATE "C" NOT NULL,
        state bytea NOT NULL,
        notification_id bigint NOT NULL,
        recorded_at timestamptz NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (originator_id, originator_version)
    )
    """,
    """
    DO $$ BEGIN
        IF NOT EXISTS (
            SELECT FROM pg_constraint
            WHERE conrelid = 'wattbook.events'::regclass AND conname = 'events_notification_id_check'
        ) THEN
            ALTER TABLE wattbook.events
            ADD CONSTRAINT events_notification_id_check CHECK (notification_id > 0) NOT VALID;
        END IF;
    END $$
    """,
    "CREATE UNIQUE INDEX IF NOT EXISTS events_notification_id_idx ON wattbook.events (notification_id)",
    "CREATE INDEX IF NOT EXISTS events_recorded_at_idx ON wattbook.events (recorded_at, notification_id)",
    """
    CREATE INDEX IF NOT EXISTS events_of_rare_topics_idx ON wattbook.events (topic, notification_id)
    WHERE topic <> 'deal.confirmed.v1'
    """,
    """
    CREATE TABLE IF NOT EXISTS wattbook.log_head (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        position bigint NOT NULL,
        recorded_at timestamptz NOT NULL,
        hash bytea NOT NULL
    ) WITH (fillfactor = 50)
    """,
    """
    INSERT INTO wattbook.log_head (position, recorded_at, hash)
    VALUES (0, 'epoch', decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING
    """,
    """
    CREATE OR REPLACE FUNCTION wattbook.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the event log is append-only: % on wattbook.% is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
    """,
    """
    CREATE OR REPLACE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wattbook.events
    FOR EACH STATEMENT EXECUTE FUNCTION wattbook.refuse_change()
    """,
    """
    CREATE OR REPLACE TRIGGER head_stays BEFORE DELETE OR TRUNCATE ON wattbook.log_head
    FOR EACH STATEMENT EXECUTE FUNCTION wattbook.refuse_change()
    """,
)
"""Creates the log where it does not exist. The triggers bind the owner too, not only the service.

An event below position 1 would be seen by nobody, and make what it says a duplicate. New rows are held to that; that
the old ones of a long log are is for ``verify`` to say.

Nearly all events are confirmed deals: the index of all other topics finds each of them and costs a deal nothing.
"""
