"""What a document links to is there for everybody who has the project, pictures included."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)")
ELSEWHERE = ("http://", "https://", "mailto:")


def belonging() -> set[Path]:
    """Every file of the project: what git has, or would take."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {ROOT / line for line in told.stdout.split("\0") if line}


def links_of(path: Path) -> list[str]:
    """Where the links and pictures of a document lead, but for other sites."""
    return [link for link in LINK.findall(path.read_text("utf-8")) if not link.startswith(ELSEWHERE)]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout: nobody knows which files belong to it")
def test_every_link_leads_to_a_file_of_the_project() -> None:
    ours = belonging()
    folders = {parent for path in ours for parent in path.parents}
    broken = [
        f"{document.relative_to(ROOT)}: {link}"
        for document in DOCUMENTS
        for link in links_of(document)
        if (document.parent / link).resolve() not in ours | folders
    ]
    assert broken == []


def test_links_are_found() -> None:
    assert "docs/user-guide.md" in links_of(ROOT / "README.md")
