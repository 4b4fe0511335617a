"""Fine-tuning: it helps, it keeps its promises about what it looks at, and it leaves nothing half done."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.trainer.conftest import MakeJob
from trainer.bundle import Bundle, load_network, read_bundle
from trainer.data.augment import NOTHING
from trainer.errors import BundleError
from trainer.events import Stopped, StopSwitch
from trainer.finetune import finetune, inner_split, network_frames, open_session
from trainer.held_out import lesions_of
from trainer.job import read_job
from trainer.tuning import freeze_statistics, read_tuning, tune

Tell = Callable[..., None]
Heard = list[dict[str, Any]]


def of_type(heard: Heard, kind: str) -> Heard:
    return [event for event in heard if event["type"] == kind]


def test_a_job_of_three_steps_ends_in_a_bundle_of_its_own(
    make_job: MakeJob, bundle: Bundle, tmp_path: Path, tell: Tell, heard: Heard
) -> None:
    finetune(make_job(), tell=tell, stop=StopSwitch())
    kinds = [event["type"] for event in heard]
    assert kinds[:3] == ["hello", "plan", "baseline"]
    assert kinds[-1] == "result"
    assert [event["step"] for event in of_type(heard, "step")] == [1, 2, 3]
    result = heard[-1]
    new = read_bundle(tmp_path / "new")
    assert result["digest"] == new.digest
    assert (new.name, new.card["parent"]) == ("run 1", bundle.digest)
    assert result["gate"]["verdict"] == "not enough evidence"
    assert result["baseline_dice"] == of_type(heard, "baseline")[0]["holdout_dice"]


def test_without_a_holdout_there_is_no_dice_and_no_evidence(make_job: MakeJob, tell: Tell, heard: Heard) -> None:
    finetune(make_job(holdout=0), tell=tell, stop=StopSwitch())
    assert of_type(heard, "baseline")[0]["holdout_dice"] is None
    assert heard[-1]["holdout_dice"] is None
    assert heard[-1]["gate"]["verdict"] == "not enough evidence"


def test_replay_is_mixed_in_and_counted(make_job: MakeJob, tell: Tell, heard: Heard) -> None:
    finetune(make_job(replay=2), tell=tell, stop=StopSwitch())
    assert of_type(heard, "plan")[0]["replay"] == 2


def test_tuning_learns_and_leaves_the_statistics_of_batch_norm(make_job: MakeJob, bundle: Bundle, tell: Tell) -> None:
    job = read_job(make_job(train=6, holdout=0))
    frames = network_frames(job.on("train"), size=64)
    network, losses = load_network(bundle), []
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    tuning = dataclasses.replace(
        read_tuning(steps=40, batch=4), encoder_rate=0.02, decoder_rate=0.02, pull=0.0, augmentation=NOTHING
    )
    tune(
        network, frames, None, tuning, seed=0, device=torch.device("cpu"), tell=tell, stop=StopSwitch(), first_step=0,
        after=lambda _step, loss, _average: losses.append(loss),
    )  # fmt: skip
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) * 0.9
    after = network.state_dict()
    statistics = [name for name in before if "running" in name or "num_batches" in name]
    assert all(torch.equal(before[name], after[name]) for name in statistics)


def test_the_pull_keeps_the_weights_near_their_base(make_job: MakeJob, bundle: Bundle, tell: Tell) -> None:
    frames = network_frames(read_job(make_job(train=2, holdout=0)).on("train"), size=64)
    moved = []
    for pull in (0.0, 200.0):
        network = load_network(bundle)
        before = [parameter.detach().clone() for parameter in network.parameters()]
        tuning = dataclasses.replace(read_tuning(steps=8, batch=2), encoder_rate=1e-3, decoder_rate=1e-3, pull=pull)
        tune(
            network, frames, None, tuning, seed=0, device=torch.device("cpu"), tell=tell, stop=StopSwitch(),
            first_step=0, after=lambda *_: None,
        )  # fmt: skip
        pairs = zip(before, network.parameters(), strict=True)
        moved.append(sum(float((old - new.detach()).square().sum()) for old, new in pairs))
    assert moved[1] < moved[0] * 0.9


def test_frozen_statistics_stay_frozen_after_an_evaluation(bundle: Bundle) -> None:
    network = load_network(bundle)
    network.eval()
    freeze_statistics(network)
    assert network.training
    assert not any(m.training for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))


def test_alpha_is_chosen_on_training_exams_alone(make_job: MakeJob, tell: Tell, heard: Heard) -> None:
    folder = make_job(train=10, holdout=2, steps=45, batch=2)
    job = read_job(folder)
    session = open_session(job, torch.device("cpu"), tell=tell, stop=StopSwitch())
    inside, outside = inner_split(session)
    assert {session.exams[n] for n in inside}.isdisjoint(session.exams[n] for n in outside)
    assert sorted(inside + outside) == list(range(10))
    finetune(folder, tell=tell, stop=StopSwitch())
    assert heard[-1]["alpha"] in (0.25, 0.5, 0.75, 1.0)
    assert of_type(heard, "plan")[0]["steps"] == 56
    assert not of_type(heard, "warning")


def test_too_few_frames_to_choose_alpha_is_said_aloud(make_job: MakeJob, tell: Tell, heard: Heard) -> None:
    finetune(make_job(), tell=tell, stop=StopSwitch())
    assert [event["code"] for event in of_type(heard, "warning")] == ["alpha.not_chosen"]


def test_a_job_is_the_same_twice(make_job: MakeJob, tmp_path: Path, tell: Tell) -> None:
    folder = make_job()
    finetune(folder, tell=tell, stop=StopSwitch())
    first = load_network(read_bundle(tmp_path / "new")).state_dict()
    finetune(folder, tell=tell, stop=StopSwitch())
    second = load_network(read_bundle(tmp_path / "new")).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_stop_leaves_no_bundle(make_job: MakeJob, tmp_path: Path, tell: Tell, heard: Heard) -> None:
    stop = StopSwitch()

    def stopping(kind: str, **fields: object) -> None:
        tell(kind, **fields)
        if kind == "step":
            stop.turn_on("asked to stop")

    with pytest.raises(Stopped) as caught:
        finetune(make_job(), tell=stopping, stop=stop)
    assert caught.value.step == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job"]


def test_another_base_than_the_job_names_is_refused(make_job: MakeJob, bundle: Bundle, tell: Tell) -> None:
    folder = make_job(base={"path": str(bundle.folder), "digest": "sha256:0"})
    with pytest.raises(BundleError) as caught:
        finetune(folder, tell=tell, stop=StopSwitch())
    assert caught.value.code == "bundle.digest"


def test_lesions_are_slots_or_else_separate_patches() -> None:
    label = np.zeros((9, 9), np.uint8)
    label[0:2, 0:2] = label[5:7, 5:7] = 1
    assert len(lesions_of(label)) == 2
    label[5:7, 5:7] = 2
    label[8, 8] = 255
    assert [int(lesion.sum()) for lesion in lesions_of(label)] == [4, 4]
