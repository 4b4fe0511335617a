"""The training loop, whole and visible: `main` calls `train_one_epoch` and `evaluate`, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from trainer.data.frames import Frames
from trainer.events import Pace, Stopped
from trainer.pixels.metrics import Counts, count
from trainer.training.board import write_scalars
from trainer.training.descent import gradients, require_finite
from trainer.training.feed import Feed
from trainer.training.parallel import summed, summed_counts
from trainer.training.pictures import show_predictions, show_training_frames
from trainer.training.prediction import figures, predict
from trainer.training.rates import set_rates
from trainer.training.state import Run, compile_where_it_pays, is_due, save, save_best

Figures = dict[str, float | int | None]


def main(run: Run, training: Frames, validation: Frames) -> Path:
    """Train to the end of the recipe or of the budget of steps; returns the checkpoint that was best on `validation`.

    `last.pt` is left every so many steps or seconds and at the end, `best.pt` after each epoch that is better. A killed
    run goes on from `last.pt` after `resume`, to the same weights.
    """
    feed = Feed(
        training, run.recipe, seed=run.seed, stride=run.network.stride, device=run.device, processes=run.processes
    )
    total = planned_steps(run, feed)
    run.tell(
        "plan", steps=total, train=len(training), holdout=len(validation), replay=0, batch=run.recipe.frames_a_step,
        epochs=run.recipe.epochs, processes=run.processes.count,
    )  # fmt: skip
    show_training_frames(run, training, feed)
    compile_where_it_pays(run, steps=total - run.progress.done)
    pace = Pace(total, run.progress.done)
    while run.progress.epoch < run.recipe.epochs and not spent(run):
        loss = train_one_epoch(run, feed, pace)
        if run.progress.step >= feed.steps:
            close_epoch(run, evaluate(run, validation), loss=loss)
        else:
            judge_unfinished(run, evaluate(run, validation), loss=loss)
    show_predictions(run, validation)
    return run.folder / "best.pt"


def train_one_epoch(run: Run, feed: Feed, pace: Pace) -> float:
    """The rest of an epoch, from `run.progress.step` on; returns the mean loss of the whole epoch.

    Raises Stopped within one step of being asked, TrainingError on a loss that is no number. A spent budget of steps
    ends it early.
    """
    now, steps = run.progress, feed.steps
    run.network.train()
    how = run.descent
    unseen = torch.zeros((), device=run.device)
    while now.step < steps and not spent(run):
        if now.done % run.recipe.look_every == 0 or now.step == 0:
            stop_if_asked(run)
        set_rates(run.optimiser, run.recipe, epoch=now.epoch, step=now.step, steps=steps, dropped=now.dropped)
        fed = feed.step(now.epoch, now.step)
        part = gradients(
            run.network, fed.batch, fed.weights, how=how, memory=run.memory, tell=run.tell, whole=fed.whole
        )  # fmt: skip
        looks = (now.done + 1) % run.recipe.look_every == 0 or now.step + 1 == steps or last_of_budget(run)
        loss = together(run, part, looks=looks)
        unseen += loss
        if looks:
            now.loss_sum += require_finite(float(unseen))
            unseen.zero_()
        descend(run, looks=looks)
        now.step, now.done = now.step + 1, now.done + 1
        if looks:
            tell_step(run, pace, loss=float(loss))
            if now.step < steps and is_due(run):
                save(run)
    return now.loss_sum / max(1, now.step)


def together(run: Run, loss: Tensor, *, looks: bool) -> Tensor:
    """Sum gradients, loss and the wish to stop over all processes; returns the loss of the whole batch."""
    if run.processes.count == 1:
        return loss
    told = summed(run.network, torch.stack([loss, loss.new_tensor(float(run.stop.is_on))]), run.processes)
    if looks and float(told[1]) > 0:
        run.stop.turn_on("asked to stop")
        run.all_stop = True
    return told[0]


def descend(run: Run, *, looks: bool) -> None:
    """One step of the optimiser on the gradients there are; the average follows. TrainingError if they are wild."""
    if run.scaler is not None:
        run.scaler.unscale_(run.optimiser)
    if run.recipe.optimiser.clip:
        norm = torch.nn.utils.clip_grad_norm_(run.network.parameters(), run.recipe.optimiser.clip)
        if looks and run.scaler is None:
            require_finite(float(norm), what="gradient's norm")
    if run.scaler is None:
        run.optimiser.step()
    else:
        run.scaler.step(run.optimiser)
        run.scaler.update()
    run.average.follow(run.network)


@torch.no_grad()
def evaluate(run: Run, validation: Frames) -> Figures:
    """Judge the averaged weights on the network's grid, threshold .5; the trained weights stay as they are.

    Every process judges its part. See `figures` for what comes back.
    """
    kept = {name: tensor.detach().clone() for name, tensor in run.network.state_dict().items()}
    run.network.load_state_dict(run.average.tensors)
    mine = range(run.processes.rank, len(validation), run.processes.count)
    part = validation.subset(mine)
    table = torch.zeros(len(validation), 4, dtype=torch.int64)
    try:
        maps = predict(run.network, part.images, device=run.device, batch=fitting_batch(run), flips=run.recipe.tta)
        for number, probability, label in zip(mine, maps, part.labels, strict=True):
            found = count(probability >= 0.5, label)
            table[number] = torch.tensor([found.tp, found.fp, found.fn, found.tn])
    finally:
        run.network.load_state_dict(kept)
    table = summed_counts(table.to(run.device), run.processes)
    return figures([Counts(*row) for row in table.tolist()])


def close_epoch(run: Run, judged: Figures, *, loss: float) -> None:
    """Tell the judgement, keep the weights if they are the best, drop the rate or end the stage if it is time."""
    now, stage = run.progress, run.recipe.stage_at(run.progress.epoch)
    now.epoch, now.step, now.loss_sum = now.epoch + 1, 0, 0.0
    better = dice_of(judged) > now.best_dice
    now.best_dice = max(now.best_dice, dice_of(judged))
    now.stale, now.waited = (0, 0) if better else (now.stale + 1, now.waited + 1)
    if run.recipe.schedule.name == "plateau" and now.waited >= run.recipe.schedule.patience:
        now.dropped, now.waited = now.dropped * run.recipe.schedule.factor, 0
    tell_judgement(run, judged, loss=loss, epoch=now.epoch)
    if 0 < run.recipe.early_stopping <= now.stale:
        now.epoch = max(now.epoch, run.recipe.first_epoch(stage + 1))
        run.tell("note", code="early_stopping", message=f"No better Dice for {now.stale} epochs; the stage ends.")
    if now.epoch >= run.recipe.first_epoch(stage + 1):
        now.stale, now.waited, now.dropped = 0, 0, 1.0
    if better:
        save_best(run)
    if is_due(run) or now.epoch >= run.recipe.epochs:
        save(run)


def judge_unfinished(run: Run, judged: Figures, *, loss: float) -> None:
    """The budget of steps ended inside an epoch: judge and leave a checkpoint from which the epoch could go on."""
    better = dice_of(judged) > run.progress.best_dice
    run.progress.best_dice = max(run.progress.best_dice, dice_of(judged))
    tell_judgement(run, judged, loss=loss, epoch=run.progress.epoch)
    if better:
        save_best(run)
    save(run)


def fitting_batch(run: Run) -> int:
    """Frames that go through the network at a time, in this process, with the memory that there is."""
    return max(1, run.recipe.frames_a_step // (run.memory.parts * run.processes.count))


def dice_of(judged: Figures) -> float:
    """What the best epoch is chosen by: mean Dice, or, where no frame holds a polyp, the share without a proposal."""
    dice = judged["holdout_dice"]
    if dice is not None:
        return float(dice)
    return 1 - float(judged["false_proposals"] or 0) / max(1, int(judged["empty_frames"] or 0))


def planned_steps(run: Run, feed: Feed) -> int:
    """Steps to the end of the recipe, or of the budget."""
    whole = feed.steps * run.recipe.epochs
    return min(whole, run.max_steps) if run.max_steps else whole


def spent(run: Run) -> bool:
    """Whether the budget of steps is used up."""
    return 0 < run.max_steps <= run.progress.done


def last_of_budget(run: Run) -> bool:
    """Whether the step that is being done is the last one of the budget."""
    return 0 < run.max_steps <= run.progress.done + 1


def stop_if_asked(run: Run) -> None:
    """Leave a checkpoint and raise Stopped when somebody asked for it, in all processes after the same step."""
    if run.processes.count > 1 and not run.all_stop:
        return
    try:
        run.stop.raise_if_on(run.progress.done)
    except Stopped:
        save(run)
        raise


def tell_step(run: Run, pace: Pace, *, loss: float) -> None:
    """A `step` event and the scalars of the board."""
    now = run.progress
    rate = run.optimiser.param_groups[-1]["lr"]
    run.tell(
        "step", step=now.done, steps=pace.steps, loss=round(loss, 5), **pace.at(now.done), epoch=now.epoch,
        rate=float(f"{rate:.3g}"),
    )  # fmt: skip
    write_scalars(run.board, {"train/loss": loss, "train/rate": rate}, now.done)


def tell_judgement(run: Run, judged: Figures, *, loss: float, epoch: int) -> None:
    """An `evaluation` event and the scalars of the board."""
    rounded = {name: round(value, 5) if isinstance(value, float) else value for name, value in judged.items()}
    run.tell("evaluation", step=run.progress.done, train_dice=None, epoch=epoch, loss=round(loss, 5), **rounded)
    write_scalars(run.board, {f"validation/{name.removeprefix('holdout_')}": v for name, v in judged.items()}, epoch)
