"""`polyp-trainer finetune`: from a job to a new bundle, judged on held-out exams that nothing was chosen on."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trainer import __version__
from trainer.bundle import Bundle, load_network, read_bundle
from trainer.cards import facts_of
from trainer.data.frames import Frames, label_input
from trainer.device import choose_device, device_name
from trainer.errors import BundleError
from trainer.events import Pace, StopSwitch, Tell
from trainer.export import CardFacts, write_bundle
from trainer.files import digest_of
from trainer.gate import judge_change
from trainer.held_out import HeldOut, compare, judge_held_out, summary
from trainer.job import Item, Job, JobFrame, read_frame, read_job
from trainer.models.network import Network
from trainer.pixels.geometry import network_input
from trainer.pixels.metrics import count, per_image_dice
from trainer.pixels.split import stable_fraction
from trainer.proposing import Rules
from trainer.training.descent import interpolated
from trainer.training.prediction import predict
from trainer.tuning import AfterStep, read_tuning, tune

ALPHAS = (0.25, 0.5, 0.75, 1.0)
"""Mixtures with the base that are tried; the base itself is what the user has already."""
USUAL_ALPHA = 0.75
FEWEST_TO_CHOOSE = 8
"""Training frames below which alpha is not chosen but `USUAL_ALPHA`: a third of fewer says nothing."""
SHORTEST_TO_CHOOSE = 40
NO_DIFFERENCE = 0.01
"""Dice that a few frames cannot tell apart; among such alphas the one that learned most is taken."""
SHOWN = 8
"""Training frames that `train_dice` of an evaluation event looks at."""


@dataclass(slots=True, eq=False)
class Session:
    """One fine-tuning as it goes: what was read, and where the events go."""

    job: Job
    base: Bundle
    device: torch.device
    tell: Tell
    stop: StopSwitch
    train: Frames
    replay: Frames | None
    held_out: list[JobFrame]
    exams: list[str | None]

    @property
    def rules(self) -> Rules:
        return Rules(self.base.size, self.base.threshold, self.base.minimum_area)

    def judge(self, network: Network) -> list[HeldOut]:
        """The hold-out at frame size."""
        temperature = self.base.temperature
        return judge_held_out(network, self.held_out, self.rules, temperature=temperature, device=self.device)


def finetune(place: Path, *, tell: Tell, stop: StopSwitch) -> None:
    """Run a job to its `result` event. Raises TrainerError and Stopped; then there is no new bundle."""
    job = read_job(place)
    device = choose_device(job.device)
    tell(
        "hello", program="polyp-trainer", version=__version__, torch=torch.__version__, device=device.type,
        device_name=device_name(device), pid=os.getpid(), job=job.id, base_digest=job.base_digest,
    )  # fmt: skip
    torch.manual_seed(job.seed)
    session = open_session(job, device, tell=tell, stop=stop)
    inner = job.steps // 4 if can_choose_alpha(session) else 0
    tell(
        "plan", steps=inner + job.steps, train=len(session.train), holdout=len(session.held_out),
        replay=len(session.replay or ()), batch=job.batch,
    )  # fmt: skip
    network = base_network(session)
    before = session.judge(network)
    exams = {frame.item.exam for frame in session.held_out}
    tell("baseline", frames=len(before), exams=len(exams), **summary(before))
    pace = Pace(inner + job.steps)
    alpha = choose_alpha(session, inner, pace) if inner else usual_alpha(session)
    after = _Reporter(session, network, pace, first_step=inner, alpha=alpha)
    base_weights = copy.deepcopy(network.state_dict())
    tuned = run_tuning(session, network, session.train, steps=job.steps, first_step=inner, after=after)
    network.load_state_dict(interpolated(base_weights, tuned, alpha))
    finish(session, network, before, alpha=alpha)


def open_session(job: Job, device: torch.device, *, tell: Tell, stop: StopSwitch) -> Session:
    """Read base and frames; raises TrainerError when something is missing or does not belong together."""
    base = read_bundle(job.base)
    if base.digest != job.base_digest:
        raise BundleError(
            "bundle.digest",
            f"The bundle in {job.base} is not the one that the job names.",
            "Write the job again with the bundle that is in use.",
        )
    if base.size[0] != base.size[1] or base.size[0] % 32:
        raise BundleError("bundle.size", f"{base.name} is not square in steps of 32 pixels.", "Use another bundle.")
    replay = job.on("replay")
    return Session(
        job, base, device, tell, stop,
        train=network_frames(job.on("train"), size=base.size[0]),
        replay=network_frames(replay, size=base.size[0]) if replay else None,
        held_out=[read_frame(item) for item in job.on("holdout")],
        exams=[item.exam for item in job.on("train")],
    )  # fmt: skip


def network_frames(items: Sequence[Item], *, size: int) -> Frames:
    """A job's frames as the network sees them."""
    images = np.zeros((len(items), size, size, 3), np.uint8)
    labels = np.zeros((len(items), size, size), np.uint8)
    for number, item in enumerate(items):
        frame = read_frame(item)
        images[number] = network_input(frame.image, frame.field, height=size, width=size)
        labels[number] = label_input(frame.label, frame.field, size=size)
    weights = np.array([item.weight for item in items], np.float32)
    return Frames(tuple(item.name for item in items), images, labels, weights)


def base_network(session: Session) -> Network:
    """A fresh copy of the base on the session's device."""
    network = load_network(session.base)
    return network.to(device=session.device, memory_format=torch.channels_last)  # type: ignore[no-any-return,call-overload]


def run_tuning(
    session: Session, network: Network, frames: Frames, *, steps: int, first_step: int, after: AfterStep
) -> dict[str, Tensor]:
    """Tune a network for some steps of the job; returns the averaged weights."""
    tuning = read_tuning(steps=steps, batch=session.job.batch)
    return tune(
        network, frames, session.replay, tuning, seed=session.job.seed, device=session.device, tell=session.tell,
        stop=session.stop, first_step=first_step, after=after,
    )  # fmt: skip


def can_choose_alpha(session: Session) -> bool:
    """Whether the training exams can spare a third to choose alpha on, and the job is long enough for it."""
    inside, outside = inner_split(session)
    enough = len(session.train) >= FEWEST_TO_CHOOSE and session.job.steps >= SHORTEST_TO_CHOOSE
    return enough and bool(inside) and bool(outside) and bool((session.train.labels[outside] == 1).any())


def inner_split(session: Session) -> tuple[list[int], list[int]]:
    """Training frames to tune on and to choose on: whole exams; frames of unknown exam are only tuned on."""
    exams = sorted({exam for exam in session.exams if exam is not None}, key=stable_fraction)
    chosen = set(exams[: math.ceil(len(exams) / 3)] if len(exams) > 1 else ())
    outside = [number for number, exam in enumerate(session.exams) if exam in chosen]
    inside = [number for number, exam in enumerate(session.exams) if exam not in chosen]
    return inside, outside


def choose_alpha(session: Session, steps: int, pace: Pace) -> float:
    """Alpha by a short run on part of the training exams, judged on the rest; the hold-out is not looked at."""
    inside, outside = inner_split(session)
    network = base_network(session)
    base_weights = copy.deepcopy(network.state_dict())
    after = _Reporter(session, network, pace, first_step=0, alpha=None)
    tuned = run_tuning(session, network, session.train.subset(inside), steps=steps, first_step=0, after=after)
    found = {}
    for alpha in ALPHAS:
        network.load_state_dict(interpolated(base_weights, tuned, alpha))
        found[alpha] = network_dice(network, session.train.subset(outside), session) or 0.0
    best = max(found.values())
    return max(alpha for alpha, dice in found.items() if dice >= best - NO_DIFFERENCE)


def usual_alpha(session: Session) -> float:
    """The usual mixture, said aloud: too few frames to choose one."""
    session.tell(
        "warning",
        code="alpha.not_chosen",
        message=f"Too few training exams or steps to choose the mixture with the base; {USUAL_ALPHA} is used.",
    )
    return USUAL_ALPHA


def network_dice(network: Network, frames: Frames, session: Session) -> float | None:
    """Per-image Dice on the network's grid, None without a polyp; cheap enough for every evaluation."""
    maps = predict(network, frames.images, device=session.device)
    counts = [count(soft >= session.base.threshold, label) for soft, label in zip(maps, frames.labels, strict=True)]
    return round(per_image_dice(counts), 5) if any(value.has_polyp for value in counts) else None


class _Reporter:
    """After each step: a `step` event, and now and then an `evaluation` of the mixture that would be shipped."""

    def __init__(self, session: Session, network: Network, pace: Pace, *, first_step: int, alpha: float | None) -> None:
        self._session = session
        self._pace = pace
        self._first = first_step
        self._alpha = alpha
        self._network = copy.deepcopy(network)
        self._base = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        self._shown = session.train.subset(range(min(SHOWN, len(session.train))))

    def __call__(self, step: int, loss: float, average: dict[str, Tensor]) -> None:
        total = self._pace.steps
        at = self._first + step
        self._session.tell("step", step=at, steps=total, loss=round(loss, 5), **self._pace.at(at))
        if self._alpha is not None and (step % self._session.job.evaluate_every == 0 or at == total):
            self._network.load_state_dict(interpolated(self._base, average, self._alpha))
            train_dice = network_dice(self._network, self._shown, self._session)
            held_out = summary(self._session.judge(self._network))["holdout_dice"]
            self._session.tell("evaluation", step=at, train_dice=train_dice, holdout_dice=held_out)


def finish(session: Session, network: Network, before: Sequence[HeldOut], *, alpha: float) -> None:
    """Judge the result, write the bundle, and tell both."""
    after = session.judge(network)
    gate = judge_change(compare(before, after), seed=session.job.seed)
    told, told_before = summary(after), summary(before)
    session.stop.raise_if_on(session.job.steps)
    facts = tuned_facts(session, alpha=alpha, held_out=told["holdout_dice"], gate=gate)
    bundle = write_bundle(session.job.out, network.cpu(), facts)
    session.tell(
        "result", bundle=str(bundle.folder), digest=bundle.digest, holdout_dice=told["holdout_dice"],
        holdout_iou=told["holdout_iou"], baseline_dice=told_before["holdout_dice"], per_frame=told["per_frame"],
        gate=gate, alpha=alpha,
    )  # fmt: skip


def tuned_facts(session: Session, *, alpha: float, held_out: object, gate: dict[str, object]) -> CardFacts:
    """The new card: the base's, what was trained on, and what is known of it now."""
    job, base = session.job, session.base
    tuning = dataclasses.asdict(read_tuning(steps=job.steps, batch=job.batch))
    recipe = tuning | {"kind": "finetune", "alpha": alpha, "gate": gate}
    metric = {
        "name": "per_image_dice", "value": held_out, "interval": None, "on": "held-out exams of this project",
        "frames": len(session.held_out),
    }  # fmt: skip
    corrections = {
        "name": "corrections", "frames": len(session.train), "digest": _digest_of(job.on("train")),
        "licence": "belongs to whoever recorded and corrected them", "attribution": "this project",
    }  # fmt: skip
    facts = facts_of(base)
    return dataclasses.replace(
        facts,
        name=job.name,
        version=f"{facts.version}+{job.id[:8]}",
        metrics=() if held_out is None else (metric,),
        data=(*facts.data, corrections),
        recipe=recipe,
        seeds=(job.seed,),
        parent=base.digest,
        known_failures=(
            *facts.known_failures,
            f"Fine-tuned on {len(session.train)} frames; the change on the base's own data was not measured.",
        ),
    )


def _digest_of(items: Sequence[Item]) -> str:
    lines = sorted(f"{digest_of(item.image)} {digest_of(item.label)}" for item in items)
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
