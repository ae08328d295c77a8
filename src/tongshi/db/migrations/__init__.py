"""Alembic's place: ``env`` joins it to the running program, ``versions`` has the steps."""
