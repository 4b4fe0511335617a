"""Small data folders like the real ones: Kvasir-SEG, three centres of PolypGen, ClinicDB's sequences."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.folds.plan import Sources, Study
from tests.trainer.conftest import frame_with_polyp, write_grey, write_rgb
from tests.trainer.test_training import TINY
from trainer.recipe import Stage

ROOT = Path(__file__).parents[2]
EMPTY_OF = {"C1": (), "C3": (0,), "C4": (0, 1, 2)}
"""Which frames of a centre hold no polyp."""
RECIPE = replace(TINY, stages=(Stage(12, rate=1e-2),), negatives=1.0, checkpoint_steps=1)


def write_frame(folder: Path, stem: str, seed: int, *, is_empty: bool = False) -> None:
    """One frame with a small polyp at the left, so that there is mucosa beside it, or with none."""
    image, _ = frame_with_polyp(1000 + seed)
    rng = np.random.default_rng(seed)
    image = rng.permutation(image.reshape(4, 24, 4, 24, 3).swapaxes(1, 2).reshape(16, 24, 24, 3))
    image = image.reshape(4, 4, 24, 24, 3).swapaxes(1, 2).reshape(96, 96, 3)
    label = np.zeros((96, 96), np.uint8)
    if not is_empty:
        top = int(rng.integers(5, 70))
        label[top : top + 20, 8:30] = 255
        image[label > 0] = (230, 190, 170)
    write_rgb(folder / "images" / f"{stem}.png", image)
    write_grey(folder / "masks" / f"{stem}.png", label)


def tiny_sources(folder: Path) -> Sources:
    """12 frames of Kvasir, 3 of them held out; 6, 6 and 8 of C1, C3 and C4; 6 frames of 2 sequences."""
    for number in range(12):
        write_frame(folder / "kvasir", f"k{number:02}", number)
    (folder / "tenth.txt").write_text("k00\nk01\nk02\n", "utf-8")
    lines = ["stem,centre,has_polyp"]
    for centre, count, first in (("C1", 6, 100), ("C3", 6, 200), ("C4", 8, 300)):
        for number in range(count):
            is_empty = number in EMPTY_OF[centre]
            write_frame(folder / "polypgen", f"{centre}-{number}", first + number, is_empty=is_empty)
            lines.append(f"{centre}-{number},{centre},{int(not is_empty)}")
    (folder / "polypgen" / "centres.csv").write_text("\n".join(lines) + "\n", "utf-8")
    rows = ["frame,sequence"]
    for number in range(6):
        write_frame(folder / "clinicdb", str(number), 400 + number)
        rows.append(f"{number},{number // 4}")
    (folder / "clinicdb" / "sequences.csv").write_text("\n".join(rows) + "\n", "utf-8")
    words = ROOT / "trainer" / "recipes" / "polyp-fast.card.toml"
    return Sources(
        folder / "kvasir", folder / "polypgen", folder / "clinicdb", folder / "tenth.txt", encoders={}, words=words
    )


def tiny_study(
    folder: Path, sources: Sources, *, name: str = "tiny", teachers: tuple[Path, ...] = (), start: Path | None = None
) -> Study:
    """A tiny network for a few steps, on one thread."""
    return Study(RECIPE, folder / name, sources, folder / "cache", 1, teachers, start, device="cpu", threads=1)
