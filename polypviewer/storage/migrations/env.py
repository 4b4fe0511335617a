"""Alembic's environment: migrations run on the connection that `opening.migrate` hands over."""

from __future__ import annotations

from alembic import context

from polypviewer.storage.tables import PROJECT

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=PROJECT, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
