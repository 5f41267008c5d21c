"""Alembic's environment. `upgrade` passes the connection, so no configuration file is read."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
