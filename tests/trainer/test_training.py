"""The loop: it learns, goes on where it was killed, and ends in one sentence when it cannot."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import SHARED_DATA, absent
from tests.trainer.conftest import SMALL
from trainer.data.augment import plain_batch
from trainer.data.folders import find_pairs
from trainer.data.frames import load_frames
from trainer.errors import DataError, DeviceError, SurroundingsError, TrainingError
from trainer.events import Stopped, StopSwitch
from trainer.fit import FitOrder, fit
from trainer.losses import bce_dice
from trainer.models.network import Network
from trainer.models.registry import Architecture, build_network
from trainer.recipe import Optimiser, Recipe, Schedule, Stage
from trainer.training.checkpoints import read_checkpoint
from trainer.training.descent import Descent, Memory, gradients, interpolated, single_map
from trainer.training.loop import main
from trainer.training.state import new_run

Tell = Callable[..., None]
TINY = Recipe(
    "tiny", SMALL, (Stage(3, rate=3e-3),), size=32, batch=4, schedule=Schedule(warm_up_steps=2), ema=0.5,
    validation=0.3, precision="float32", augment=False,
)  # fmt: skip


class StopAt(StopSwitch):
    """Turns on at a step, as if somebody had asked then."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self._step = step

    def raise_if_on(self, step: int) -> None:
        if step >= self._step:
            raise Stopped("asked to stop", step)


def order(data: Path, out: Path, **changes: Any) -> FitOrder:
    return FitOrder({"d": data}, out, dataclasses.replace(TINY, **changes), seed=1)


def test_training_brings_the_loss_down_and_keeps_the_best(
    data: Path, tmp_path: Path, tell: Tell, heard: list[dict[str, Any]]
) -> None:
    fast = order(data, tmp_path / "run", stages=(Stage(20, rate=0.01),))
    best = fit(fast, tell=tell, stop=StopSwitch())
    losses = [event["loss"] for event in heard if event["type"] == "evaluation"]
    assert losses[-1] < losses[0] * 0.8
    dices = [event["holdout_dice"] for event in heard if event["type"] == "evaluation"]
    assert read_checkpoint(best).best_dice == max(dices)
    assert json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))["recipe"]["name"] == "tiny"


@pytest.mark.parametrize("step", [1, 3])
def test_a_killed_run_ends_as_if_it_had_never_been_killed(data: Path, tmp_path: Path, tell: Tell, step: int) -> None:
    whole = read_checkpoint(fit(order(data, tmp_path / "whole"), tell=tell, stop=StopSwitch()).parent / "last.pt")
    with pytest.raises(Stopped):
        fit(order(data, tmp_path / "cut"), tell=tell, stop=StopAt(step))
    goes_on = dataclasses.replace(order(data, tmp_path / "cut"), goes_on=True)
    cut = read_checkpoint(fit(goes_on, tell=tell, stop=StopSwitch()).parent / "last.pt")
    assert all(torch.equal(whole.network[name], cut.network[name]) for name in whole.network)
    assert all(torch.equal(whole.average[name], cut.average[name]) for name in whole.average)


def test_a_loss_that_is_no_number_ends_the_run_in_one_sentence(data: Path, tmp_path: Path, tell: Tell) -> None:
    wild = order(data, tmp_path / "run", stages=(Stage(3, rate=1e30),), optimiser=Optimiser(clip=0.0))
    with pytest.raises(TrainingError, match=r"loss became (nan|inf)") as caught:
        fit(wild, tell=tell, stop=StopSwitch())
    assert "lower learning rate" in caught.value.cure


class Hungry(Network):
    """A network whose memory holds `holds` frames at a time."""

    def __init__(self, holds: int) -> None:
        super().__init__()
        self.encoder, self.decoder = torch.nn.Conv2d(3, 1, 1), torch.nn.Identity()
        self.holds = holds

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        if len(image) > self.holds:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")
        out: torch.Tensor = self.decoder(self.encoder(image))
        return out


def plain_descent(network: Network) -> Descent:
    return Descent(single_map(network), lambda maps, batch, weights: bce_dice(maps[0], batch, weights), "float32")


def hungry_gradients(holds: int, memory: Memory, tell: Tell) -> tuple[float, torch.Tensor]:
    torch.manual_seed(0)
    network = Hungry(holds)
    images = torch.randint(0, 255, (8, 4, 4, 3), dtype=torch.uint8)
    batch = plain_batch(images, (images[..., 0] > 99).to(torch.uint8))
    loss = gradients(network, batch, torch.ones(8), how=plain_descent(network), memory=memory, tell=tell)
    gradient = next(network.parameters()).grad
    assert gradient is not None
    return float(loss), gradient


def test_too_little_memory_halves_the_batch_and_says_so(tell: Tell, heard: list[dict[str, Any]]) -> None:
    memory = Memory()
    loss, gradient = hungry_gradients(2, memory, tell)
    whole_loss, whole_gradient = hungry_gradients(8, Memory(), tell)
    assert memory.parts == 4
    assert [event["code"] for event in heard] == ["memory.halved", "memory.halved"]
    assert loss == pytest.approx(whole_loss, abs=1e-5)
    assert torch.allclose(gradient, whole_gradient, atol=1e-5)


def test_too_little_memory_for_one_frame_is_an_error_with_a_cure(tell: Tell) -> None:
    with pytest.raises(DeviceError) as caught:
        hungry_gradients(0, Memory(), tell)
    assert caught.value.code == "memory.too_small"


def test_other_failures_of_the_network_are_not_taken_for_memory(tell: Tell) -> None:
    with pytest.raises(RuntimeError, match="expected input"):
        gradients(
            Hungry(9), plain_batch(torch.zeros(1, 4, 4, 5, dtype=torch.uint8), torch.zeros(1, 4, 4)), torch.ones(1),
            how=plain_descent(Hungry(9)), memory=Memory(), tell=tell,
        )  # fmt: skip


def test_a_damaged_checkpoint_is_refused_without_running_it(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    torch.save({"schema": "x", "run": Path}, path)
    for content in (path.read_bytes(), b"", path.read_bytes()[:40]):
        path.write_bytes(content)
        with pytest.raises(DataError, match="no checkpoint of this version"):
            read_checkpoint(path)


def test_a_disk_that_refuses_leaves_the_last_checkpoint(data: Path, tmp_path: Path, tell: Tell) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", "utf-8")
    with pytest.raises((SurroundingsError, NotADirectoryError, FileExistsError)):
        fit(order(data, blocked), tell=tell, stop=StopSwitch())
    assert blocked.read_text("utf-8") == "in the way"


def test_weights_between_base_and_tuned_are_what_alpha_says() -> None:
    torch.manual_seed(0)
    base, tuned = build_network(SMALL).state_dict(), build_network(SMALL).state_dict()
    name = "decoder.head.weight"
    assert torch.equal(interpolated(base, tuned, 0.0)[name], base[name])
    assert torch.allclose(interpolated(base, tuned, 0.25)[name], base[name] * 0.75 + tuned[name] * 0.25)


@pytest.mark.slow
def test_eight_real_frames_are_learnt_by_heart(tmp_path: Path, tell: Tell) -> None:
    """What cannot be learnt by heart has a loss, a rate or a geometry that is wrong."""
    folder = SHARED_DATA / "kvasir-seg"
    if not folder.is_dir():
        absent("the real frames of ../shared/data/kvasir-seg are not here", required_by="REQUIRE_REAL")
    frames = load_frames(find_pairs(folder, name="kvasir")[:8], size=64)
    recipe = dataclasses.replace(
        TINY, architecture=Architecture("unet", {"widths": [16, 32, 64, 128]}), stages=(Stage(12, rate=3e-3),), size=64,
        batch=8, schedule=Schedule(warm_up_steps=10), ema=0.0,
    )  # fmt: skip
    torch.manual_seed(0)
    run = new_run(
        build_network(recipe.architecture), recipe, device=torch.device("cpu"), seed=0, folder=tmp_path, tell=tell,
        stop=StopSwitch(),
    )  # fmt: skip
    main(run, frames.subset(list(range(8)) * 20), frames)
    assert run.progress.best_dice > 0.98
