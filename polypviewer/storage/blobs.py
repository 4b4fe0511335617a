"""Large values, kept once by digest."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, insert, select

from polypviewer.core.errors import ProjectError
from polypviewer.storage.tables import blob


def put_blob(connection: Connection, data: bytes, *, codec: str) -> str:
    """Keep bytes and return their digest (`b2:` BLAKE2b-256); equal bytes are kept once."""
    digest = f"b2:{hashlib.blake2b(data, digest_size=32).hexdigest()}"
    if connection.execute(select(blob.c.digest).where(blob.c.digest == digest)).first() is None:
        connection.execute(insert(blob).values(digest=digest, codec=codec, bytes=data))
    return digest


def get_blob(connection: Connection, digest: str) -> bytes:
    """The bytes of a digest. Raises `ProjectError` ("project.blob_missing") where they were erased or are damaged."""
    found = connection.execute(select(blob.c.bytes).where(blob.c.digest == digest)).first()
    if found is None or f"b2:{hashlib.blake2b(found[0], digest_size=32).hexdigest()}" != digest:
        raise ProjectError("project.blob_missing", digest=digest[:19])
    return bytes(found[0])
