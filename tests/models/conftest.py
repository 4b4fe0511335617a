"""The demo frames on which what ships is tried, made once."""

from __future__ import annotations

import pytest

from tests.models.golden import DemoFrame, demo_frames


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[DemoFrame]:
    return demo_frames(tmp_path_factory.mktemp("demo"))
