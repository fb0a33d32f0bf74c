"""Runs a migration in the transaction that `Database.open` hands over."""

from alembic import context

from monitor.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    user_module_prefix="schema.",
)
context.run_migrations()
