"""Which data each fold trains on and which it is judged on, and where its files stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.report import ROOT
from trainer.data.folders import Pair, find_pairs, only, read_list
from trainer.errors import DataError
from trainer.recipe import Recipe

KVASIR, POLYPGEN, CLINICDB, TENTH = "kvasir", "polypgen", "clinicdb", "kvasir-tenth"
CENTRES: Final = ("C1", "C3", "C4")
SHARED = ROOT.parent / "shared"
RUNS = ROOT / "runs" / "folds"


@dataclass(frozen=True, slots=True)
class Sources:
    """Data folders, the list of Kvasir's held-out tenth, ImageNet weights, and the words of the fold models' cards."""

    kvasir: Path = SHARED / "data" / "kvasir-seg"
    polypgen: Path = SHARED / "data" / "polypgen"
    clinicdb: Path = SHARED / "data" / "cvc-clinicdb-sequences"
    tenth: Path = ROOT / "trainer" / "splits" / "kvasir_tenth.txt"
    encoder: Path | None = SHARED / "backbones" / "mobilenet_v2_imagenet.npz"
    words: Path = ROOT / "trainer" / "recipes" / "polyp-fast.card.toml"

    @property
    def folders(self) -> dict[str, Path]:
        """Every data folder by the name that its frames' keys begin with."""
        return {KVASIR: self.kvasir, POLYPGEN: self.polypgen, CLINICDB: self.clinicdb}

    @property
    def are_here(self) -> bool:
        """Whether all of the data is on this machine."""
        return all(folder.is_dir() for folder in self.folders.values())

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
    )
}
STUDY: Final = ("no-C1", "no-C3", "no-C4", "all", "ship")
"""What a study trains where no fold is named."""


@dataclass(frozen=True, slots=True)
class Study:
    """One recipe with one seed over the folds. `folder`: where its folds stand, each in a folder of its name.

    `teachers`: folders of studies whose folds teach the same folds of this one. `max_steps`: see FitOrder. `cache`: of
    prepared frames, for all studies.
    """

    recipe: Recipe
    folder: Path
    sources: Sources
    cache: Path
    seed: int = 0
    teachers: tuple[Path, ...] = ()
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


def place_of(fold: Fold, study: Study) -> Place:
    """Where a fold of a study stands."""
    return Place(study.folder / fold.name)


def study_folder(name: str, seed: int, *, runs: Path = RUNS) -> Path:
    """`NAME`, or `NAME-seedN` for a seed other than 0."""
    return runs / (f"{name}-seed{seed}" if seed else name)


def teacher_folders(name: str, *, runs: Path = RUNS) -> tuple[Path, ...]:
    """Every seed of a study, to teach together. Raises DataError when there is none."""
    found = sorted(path for path in (runs / name, *runs.glob(f"{name}-seed*")) if path.is_dir())
    if not found:
        raise DataError("folds.teacher", f"There is no study {name} to learn from.", "Train its folds first.")
    return tuple(found)
