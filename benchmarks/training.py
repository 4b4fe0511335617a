"""Images a second of our training loop beside the plain loop of MONAI's 2-D tutorial. `python -m benchmarks.training`.

The same network, loss, batch, size and precision (float32) on the same real frames, in turns. The tutorial's loop reads
its files in workers, scales, stretches and turns them by right angles, and trains in the default memory layout; ours
keeps prepared frames in memory, augments on tensors (geometry, colour and wear: more than the tutorial), and trains in
channels last.
"""

import argparse
import itertools
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.report import ROOT, Figure, exact_range, median, note, print_report
from trainer.data.augment import plain_batch
from trainer.data.folders import Pair, find_pairs
from trainer.data.frames import load_frames
from trainer.events import StopSwitch
from trainer.losses import bce_dice
from trainer.models.registry import build_network
from trainer.recipe import Recipe, read_recipe
from trainer.training.feed import Feed
from trainer.training.loop import train_one_epoch
from trainer.training.parallel import ALONE
from trainer.training.state import new_run

DATA = ROOT.parent / "shared" / "data" / "kvasir-seg"
SIZE, BATCH = 256, 16
WORKERS = 2
NETWORK = 'architecture={name="mobile_unet"}'


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer steps; ends within 50 s")
    quick = parser.parse_args().quick
    if not DATA.is_dir():
        print_report(
            "training", {"images_a_second": Figure(ours=None, better="higher", why=f"no frames in {DATA.name}")}
        )
        return
    frames, steps, rounds = (96, 2, 2) if quick else (320, 8, 4)
    pairs = find_pairs(DATA, name="kvasir")[:frames]
    recipe = read_recipe(
        Path("polyp-start"),
        [f"size={SIZE}", f"batch={BATCH}", "precision=float32", "checkpoint_steps=1000000", NETWORK],
    )
    ours, theirs = Ours(pairs, recipe), Tutorial(pairs, recipe)
    speeds: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(rounds + 1):
        for name, loop in (("ours", ours), ("theirs", theirs)):
            speed = loop.images_a_second(steps)
            if number:
                speeds[name].append(speed)
            note(f"{name}, round {number}{'' if number else ' (warm-up)'}: {speed:.2f} images/s")
    why = f"ours {exact_range(speeds['ours'])}; {ours.seconds_to_prepare:.1f} s once to prepare {frames} frames"
    figure = Figure(
        ours=median(speeds["ours"]), better="higher", bar=1.5 * median(speeds["theirs"]),
        peer=median(speeds["theirs"]), peer_name="MONAI 2-D tutorial loop", why=why,
    )  # fmt: skip
    print_report("training", {"mobile_unet_256_batch_16_images_a_second": figure})


class Ours:
    """The trainer's own loop, a few steps at a time."""

    def __init__(self, pairs: list[Pair], recipe: Recipe) -> None:
        started = time.perf_counter()
        self._frames = load_frames(pairs, size=SIZE)
        self.seconds_to_prepare = time.perf_counter() - started
        torch.manual_seed(0)
        self._folder = tempfile.TemporaryDirectory(prefix="bench-training-")
        self._run = new_run(
            build_network(recipe.architecture), recipe, device=torch.device("cpu"), seed=0,
            folder=Path(self._folder.name), tell=_silent, stop=StopSwitch(),
        )  # fmt: skip
        self._feed = Feed(
            self._frames, recipe, seed=0, stride=self._run.network.stride, device=torch.device("cpu"), processes=ALONE
        )

    def images_a_second(self, steps: int) -> float:
        """Train some steps, in an epoch of their own."""
        from trainer.events import Pace

        now = self._run.progress
        now.epoch, now.step = self._run.recipe.epochs - 1, 0
        self._run.max_steps = now.done + steps
        started = time.perf_counter()
        train_one_epoch(self._run, self._feed, Pace(steps))
        return steps * BATCH / (time.perf_counter() - started)


class Tutorial:
    """`2d_segmentation/torch/unet_training_dict.py` of MONAI's tutorials: its transforms, loader and loop."""

    def __init__(self, pairs: list[Pair], recipe: Recipe) -> None:
        torch.manual_seed(0)
        self._network = build_network(recipe.architecture).train()
        self._optimiser = torch.optim.Adam(self._network.parameters(), 1e-3)
        self._batches = _batches(pairs)

    def images_a_second(self, steps: int) -> float:
        """Train some steps."""
        started = time.perf_counter()
        for batch in itertools.islice(self._batches, steps):
            self._optimiser.zero_grad()
            logits = self._network(batch["image"] * 2 - 1)
            labels = (batch["label"][:, :1] > 0.5).to(torch.uint8)
            truth = plain_batch(torch.zeros(*labels.shape[:1], SIZE, SIZE, 3, dtype=torch.uint8), labels[:, 0])
            loss = bce_dice(logits, truth, torch.ones(len(logits)))
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
            loss.item()
        return steps * BATCH / (time.perf_counter() - started)


def _batches(pairs: list[Pair]) -> Iterator[dict[str, Any]]:
    """Batches without end, epoch after epoch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from monai.data.dataloader import DataLoader
        from monai.data.dataset import Dataset
        from monai.transforms.compose import Compose
        from monai.transforms.intensity.dictionary import ScaleIntensityd
        from monai.transforms.io.dictionary import LoadImaged
        from monai.transforms.spatial.dictionary import RandRotate90d, Resized
        from monai.transforms.utility.dictionary import EnsureChannelFirstd
    keys = ["image", "label"]
    transforms = Compose(
        [
            LoadImaged(keys, reader="PILReader", converter=lambda picture: picture.convert("RGB")),
            EnsureChannelFirstd(keys),
            ScaleIntensityd(keys),
            Resized(keys, (SIZE, SIZE), mode=["area", "nearest"]),
            RandRotate90d(keys, prob=0.5, spatial_axes=(0, 1)),
        ]
    )
    files = [{"image": str(pair.image), "label": str(pair.mask)} for pair in pairs]
    loader = DataLoader(
        Dataset(files, transforms), batch_size=BATCH, shuffle=True, num_workers=WORKERS, drop_last=True,
        persistent_workers=True,
    )  # fmt: skip
    while True:
        yield from loader


def _silent(_kind: str, **_fields: object) -> None:
    """A run that tells nobody."""


if __name__ == "__main__":
    main()
