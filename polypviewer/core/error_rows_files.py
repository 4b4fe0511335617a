"""Error sentences of media, projects, models, data sets and training; read through `error_sentences.SENTENCES`."""

from __future__ import annotations

from typing import Final

FILE_ROWS: Final[dict[str, tuple[str, str]]] = {}
