"""Run by Alembic: takes the connection that `tongshi.db.migrate` opened and holds."""

from alembic import context

from tongshi.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
