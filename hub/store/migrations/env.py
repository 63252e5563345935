"""Run by Alembic: applies one chain to the connection it is given."""

from alembic import context

from hub.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA[context.config.attributes["chain"]],
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
