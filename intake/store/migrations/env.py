"""Alembic's environment: the connection is handed in, nothing is read from a file."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
