"""The gradebook's schemas, oldest first: Alembic runs what a file still lacks."""
