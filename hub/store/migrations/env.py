"""Run by Alembic: applies one chain to the connection it is given."""

from alembic import context

from hub.store import tables

metadata = {"events": tables.events_metadata, "history": tables.history_metadata}

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata[context.config.attributes["chain"]],
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
