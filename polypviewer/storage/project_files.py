"""The files of an open project: who reads, who may write, and what is not about frames."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from polypviewer.core.errors import ProjectError
from polypviewer.storage import bundle_rows, media_rows
from polypviewer.storage.cache import Cache
from polypviewer.storage.dialect import reading, transaction
from polypviewer.storage.identity_store import IdentityStore
from polypviewer.storage.journal import Journal
from polypviewer.storage.media_rows import ReaderRow
from polypviewer.storage.opening import UNCLEAN, OpenStores
from polypviewer.storage.tables import setting

_FILE: Final = "project.db"


class ProjectFiles:
    """The four stores of an open project, its reader, and what is not about frames: bundles, settings, events.

    `notices` are codes of what the person should know:
    "network", "no_backup", "journal_damaged" (rows passed over), "journal_lost" and "identities_lost" (the damaged
    store was set aside under another name).
    """

    def __init__(self, folder: Path, stores: OpenStores, reader: str) -> None:
        self._stores = stores
        self._project = stores.engines["project"]
        self.folder = folder
        self.id = stores.file.id
        self.name = stores.file.name
        self.read_only = stores.read_only
        self.holder = stores.holder
        self.journal = Journal(stores.engines["local"], read_only="local" not in stores.new)
        self.identities = IdentityStore(stores.engines["identity"], folder, read_only="identity" not in stores.new)
        self.cache = Cache(stores.engines["cache"], stores.scratch / "cache.db")
        self.reader = self._reader(reader)

    @property
    def notices(self) -> tuple[str, ...]:
        """What is known so far: damaged rows show when the journal is read."""
        return (*self._stores.notices, *(["journal_damaged"] if self.journal.damaged_rows else []))

    def close(self) -> None:
        """Let go of the files and the lock. Closing twice does nothing."""
        if self._stores.is_closed:
            return
        if not self.read_only:
            with contextlib.suppress(OSError):
                (self.folder / UNCLEAN).unlink(missing_ok=True)
        self._stores.dispose()

    def readers(self) -> dict[UUID, str]:
        """Names of all readers."""
        with self._reading() as connection:
            return media_rows.readers(connection)

    # --- bundles, settings, events ---

    def register_bundle(self, row: bundle_rows.BundleRow) -> None:
        """Remember a bundle that this project may use."""
        with self._writing() as connection:
            bundle_rows.register(connection, row)

    def bundles(self) -> tuple[bundle_rows.BundleRow, ...]:
        """All bundles that this project knows."""
        with self._reading() as connection:
            return bundle_rows.all_bundles(connection)

    def activate_bundle(self, digest: str) -> None:
        """Use a bundle from now on; the event says who switched and when."""
        with self._writing() as connection:
            bundle_rows.add_event(connection, "bundle.activated", subject=digest, reader_id=self.reader.id)

    def active_bundle(self) -> str | None:
        """The digest of the bundle that was activated last."""
        with self._reading() as connection:
            return bundle_rows.last_subject(connection, "bundle.activated")

    def add_event(self, kind: str, *, subject: str = "", details: str = "") -> None:
        """Add to the project's log."""
        with self._writing() as connection:
            bundle_rows.add_event(connection, kind, subject=subject, details=details, reader_id=self.reader.id)

    def settings(self) -> dict[str, str]:
        """The project's settings as texts."""
        with self._reading() as connection:
            return {
                row.name: row.value for row in connection.execute(select(setting).where(setting.c.scope == "project"))
            }

    def put_setting(self, name: str, value: str) -> None:
        """Set one of the project's settings."""
        with self._writing() as connection:
            connection.execute(delete(setting).where(setting.c.scope == "project", setting.c.name == name))
            connection.execute(insert(setting).values(scope="project", name=name, value=value))

    # --- inside ---

    def _reader(self, name: str) -> ReaderRow:
        with self._reading() as connection:
            known = {text: reader_id for reader_id, text in media_rows.readers(connection).items()}
        if name in known:
            return ReaderRow(known[name], name)
        if self.read_only:
            return ReaderRow(UUID(int=0), name)
        with self._writing() as connection:
            return media_rows.ensure_reader(connection, name)

    def _refuse_read_only(self) -> None:
        if self.read_only:
            raise ProjectError("project.read_only", holder=self.holder or "it was opened so")

    def _reading(self) -> contextlib.AbstractContextManager[Connection]:
        return reading(self._project, name=_FILE)

    def _writing(self) -> contextlib.AbstractContextManager[Connection]:
        self._refuse_read_only()
        return transaction(self._project, name=_FILE)
