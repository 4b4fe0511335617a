"""Which data each fold trains on and which it is judged on, and where its files stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.report import ROOT
from trainer.data.folders import Pair, find_pairs, only, read_list
from trainer.errors import DataError
from trainer.models.registry import Architecture
from trainer.recipe import Recipe

KVASIR, POLYPGEN, CLINICDB, TENTH = "kvasir", "polypgen", "clinicdb", "kvasir-tenth"
CENTRES: Final = ("C1", "C3", "C4")
KVASIR_ONLY: Final = "kvasir-only"
"""The fold that every other one but polypgen-only may begin with: it has seen nothing that they are judged on."""
SHARED = ROOT.parent / "shared"
RUNS = ROOT / "runs" / "folds"
LITE = ROOT / "runs" / "encoders"
ENCODERS: Final[Mapping[str, Path]] = {
    "mobile_unet": SHARED / "backbones" / "mobilenet_v2_imagenet.npz",
    "lite0": LITE / "efficientnet-lite0-57934424.pth",
    "lite1": LITE / "efficientnet-lite1-77cc7160.pth",
    "lite2": LITE / "efficientnet-lite2-9656183e.pth",
}
"""ImageNet weights by network, or by the encoder that a network's arguments name."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Data folders, the list of Kvasir's held-out tenth, ImageNet weights, and the words of the fold models' cards.

    `encoders`: the file of weights for each network, as in `ENCODERS`; one that is not named starts at random.
    """

    kvasir: Path = SHARED / "data" / "kvasir-seg"
    polypgen: Path = SHARED / "data" / "polypgen"
    clinicdb: Path = SHARED / "data" / "cvc-clinicdb-sequences"
    tenth: Path = ROOT / "trainer" / "splits" / "kvasir_tenth.txt"
    encoders: Mapping[str, Path] = field(default_factory=lambda: ENCODERS)
    words: Path = ROOT / "trainer" / "recipes" / "polyp-fast.card.toml"

    @property
    def folders(self) -> dict[str, Path]:
        """Every data folder by the name that its frames' keys begin with."""
        return {KVASIR: self.kvasir, POLYPGEN: self.polypgen, CLINICDB: self.clinicdb}

    @property
    def are_here(self) -> bool:
        """Whether all of the data is on this machine."""
        return all(folder.is_dir() for folder in self.folders.values())

    def encoder_of(self, architecture: Architecture) -> Path | None:
        """The file of ImageNet weights for a network; None for one that has none."""
        named = architecture.arguments.get("encoder", architecture.name)
        return self.encoders.get(str(named))

    def pairs(self, name: str) -> list[Pair]:
        """The frames of a data set; of `C1`, `C3`, `C4` those of that centre, of `kvasir-tenth` those of the list."""
        if name in CENTRES:
            return [pair for pair in self.pairs(POLYPGEN) if pair.unit("centre") == name]
        if name == TENTH:
            return only(self.pairs(KVASIR), read_list(self.tenth))
        return find_pairs(self.folders[name], name=name)


@dataclass(frozen=True, slots=True)
class Fold:
    """`trains`: data sets that train and choose, without `centre` and, `without_tenth`, without Kvasir's tenth.

    `judges`: sets that neither train nor choose, as `Sources.pairs` names them.
    """

    name: str
    trains: tuple[str, ...] = (KVASIR, POLYPGEN)
    centre: str = ""
    without_tenth: bool = True
    judges: tuple[str, ...] = (TENTH, CLINICDB)


FOLDS: Final = {
    fold.name: fold
    for fold in (
        *(Fold(f"no-{centre}", centre=centre, judges=(centre,)) for centre in CENTRES),
        Fold("all"),
        Fold("ship", without_tenth=False, judges=()),
        Fold("polypgen-only", trains=(POLYPGEN,)),
        Fold(KVASIR_ONLY, trains=(KVASIR,), judges=(TENTH, CLINICDB, *CENTRES)),
    )
}
STUDY: Final = ("no-C1", "no-C3", "no-C4", "all", "ship")
"""What a study trains where no fold is named."""


@dataclass(frozen=True, slots=True)
class Study:
    """One recipe with one seed over the folds. `folder`: where its folds stand, each in a folder of its name.

    `teachers`: folders of studies whose folds teach the same folds of this one. `start`: folder of a study whose fold
    `kvasir-only` every fold of this one begins with. `members`: folders of studies of other seeds; then nothing is
    trained, and every fold is the mean of theirs. `max_steps`: see FitOrder. `cache`: of prepared frames, for all
    studies.
    """

    recipe: Recipe
    folder: Path
    sources: Sources
    cache: Path
    seed: int = 0
    teachers: tuple[Path, ...] = ()
    start: Path | None = None
    members: tuple[Path, ...] = ()
    max_steps: int = 0
    device: str = "auto"
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one fold of a study."""

    folder: Path

    @property
    def order(self) -> Path:
        """What the fold was begun with: a fold goes on with nothing else."""
        return self.folder / "order.json"

    @property
    def split(self) -> Path:
        return self.folder / "split.json"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def fitted(self) -> Path:
        """There once the recipe, or its budget of steps, has come to its end."""
        return self.folder / "fitted.json"

    @property
    def mucosa(self) -> Path:
        """Crops that choose as empty frames."""
        return self.folder / "mucosa"

    @property
    def erased(self) -> Path:
        """Choosing frames whose polyp was painted over, that choose as empty frames."""
        return self.folder / "erased"

    @property
    def chosen(self) -> Path:
        return self.folder / "choose.json"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"

    @property
    def made(self) -> Path:
        """Digest of the bundle, so that no other one is judged or teaches in its place."""
        return self.folder / "made.json"

    @property
    def judged(self) -> Path:
        return self.folder / "judged.json"

    def judged_list(self, name: str) -> Path:
        """Stems of the frames of a judged set."""
        return self.folder / f"judge-{name}.txt"

    def report(self, name: str) -> Path:
        """The report folder of `evaluate` on a judged set."""
        return self.folder / f"report-{name}"


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object of a fold's files."""
    values: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return values


def place_of(fold: Fold, study: Study) -> Place:
    """Where a fold of a study stands."""
    return Place(study.folder / fold.name)


def study_folder(name: str, seed: int, *, runs: Path = RUNS) -> Path:
    """`NAME`, or `NAME-seedN` for a seed other than 0."""
    return runs / (f"{name}-seed{seed}" if seed else name)


def teacher_folders(name: str, *, runs: Path = RUNS) -> tuple[Path, ...]:
    """Every seed of a study, to teach together or to be averaged. Raises DataError when there is none."""
    found = sorted(path for path in (runs / name, *runs.glob(f"{name}-seed*")) if path.is_dir())
    if not found:
        raise DataError("folds.teacher", f"There is no study {name}.", "Train its folds first.")
    return tuple(found)
