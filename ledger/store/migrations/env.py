"""Runs the versions' steps on the connection that is given; Alembic loads this file by its name."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
