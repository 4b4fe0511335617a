"""A project on disk: what people decided, this machine's journal, a cache, and identities kept apart."""

from polypviewer.storage.opening import create_project
from polypviewer.storage.store import ProjectStore, open_project

__all__ = ["ProjectStore", "create_project", "open_project"]
