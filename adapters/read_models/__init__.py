"""The read models in PostgreSQL: their tables, and every read that the API makes."""
