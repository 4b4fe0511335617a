"""From a data set's fingerprint to a recipe: a few plain rules, each with its reason in a sentence.

After the idea of nnU-Net (Isensee et al. 2021): the data decide what they can, a person decides the rest. The rules are
starting points: a run on the validation side tells more than any of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from trainer.data.fingerprint import Fingerprint

SIZES: Final = (256, 320, 352, 384)
SMALLEST_PIXELS: Final = 16
"""Width in pixels that a small lesion should keep at the size of the network: half of a stride of 32."""
BYTES_A_FRAME: Final = {"polyp-start": 190e6, "polyp-teacher": 900e6}
"""Memory that a training frame takes at 256 pixels in float32: activations, gradients, augmentation; an estimate."""
SHARE_OF_MEMORY: Final = 0.6
FRAMES_SHOWN: Final = {"cpu": 33_000, "cuda": 270_000}
"""How often frames are shown in all: what the small network took on a CPU, and 300 epochs of 900 frames on a GPU."""
FEWEST_GROUPS: Final = 30
"""Fewer frames or groups than this on the validation side choose an epoch by luck."""
RARE: Final = 0.03
MANY_SMALL: Final = 0.4
SHORTCUT: Final = 0.3
SOME: Final = 0.01


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the run would be: `device` cpu or cuda, its memory in bytes."""

    device: str
    memory: float


@dataclass(frozen=True, slots=True)
class Advice:
    """A setting of the recipe (or `split`, of the split) and why."""

    name: str
    value: object
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`base`: the recipe that is changed; `epochs`: of all its stages; `advice`: every setting with its reason."""

    base: str
    epochs: int
    advice: tuple[Advice, ...]
    warnings: tuple[str, ...]

    def settings(self) -> dict[str, object]:
        """What changes in the recipe, dotted names; without its epochs and the split."""
        return {one.name: one.value for one in self.advice if one.name not in ("base", "epochs", "split")}


def make_plan(found: Fingerprint, where: Surroundings) -> Plan:
    """Decide from the data and the machine."""
    base = "polyp-teacher" if where.device == "cuda" else "polyp-start"
    size = _size(found, where)
    batch = _batch(found, where, base, int(str(size.value)))
    epochs = _epochs(found, where)
    reason = (
        "A GPU trains the large network, which then teaches the one that ships."
        if where.device == "cuda"
        else "On a CPU only the small network with an ImageNet encoder ends within hours."
    )
    advice = [Advice("base", base, reason), size, batch, epochs, _loss(found), _split(found), *_augmentation(found)]
    return Plan(base, int(str(epochs.value)), tuple(advice), tuple(_warnings(found)))


def _size(found: Fingerprint, where: Surroundings) -> Advice:
    smallest = math.sqrt(found.lesion[0])
    wanted = next((size for size in SIZES if smallest * size >= SMALLEST_PIXELS), SIZES[-1])
    seen = f"A lesion of the 5th percentile covers {found.lesion[0]:.2%} of the field"
    if where.device == "cpu" and wanted > SIZES[0]:
        kept = f"{smallest * SIZES[0]:.0f} pixels wide at 256; {wanted} would show it better, but a CPU takes"
        return Advice("size", SIZES[0], f"{seen}, {kept} {(wanted / SIZES[0]) ** 2:.1f} times as long.")
    if where.device == "cuda":
        wanted = max(wanted, 352)
    wanted = max(SIZES[0], min(wanted, found.side // 32 * 32))
    return Advice("size", wanted, f"{seen}, {smallest * wanted:.0f} pixels wide at {wanted}; frames have {found.side}.")


def _batch(found: Fingerprint, where: Surroundings, base: str, size: int) -> Advice:
    each = BYTES_A_FRAME[base] * (size / 256) ** 2
    fits = int(where.memory * SHARE_OF_MEMORY / each)
    most = 16 if where.device == "cpu" else 64
    batch = 2 ** int(math.log2(max(1, min(fits, most, max(4, found.frames // 8)))))
    why = f"{where.memory / 1e9:.0f} GB hold about {fits} frames of {size} pixels (estimated); {found.frames} frames "
    return Advice("batch", batch, f"{why}make {math.ceil(found.frames / batch)} steps an epoch.")


def _epochs(found: Fingerprint, where: Surroundings) -> Advice:
    shown = FRAMES_SHOWN[where.device]
    epochs = max(12, min(400, round(shown / found.frames)))
    return Advice("epochs", epochs, f"{found.frames} frames are shown {epochs * found.frames} times in all.")


def _loss(found: Fingerprint) -> Advice:
    text = f"{found.prevalence:.1%} of the field is lesion, {found.small:.0%} of lesions are under 2 %"
    if found.lesions and (found.prevalence < RARE or found.small > MANY_SMALL):
        return Advice("stages.loss", "focal_tversky", f"{text}: a loss that counts what is missed for more.")
    return Advice("stages.loss", "bce_dice", f"{text}: cross-entropy and Dice together are enough.")


def _split(found: Fingerprint) -> Advice:
    groups = sum(found.groups.values())
    kinds = ", ".join(f"{count} by {source}" for source, count in sorted(found.groups.items()))
    told = "a hash finds duplicates, not patients, so numbers are optimistic"
    if "hash" not in found.groups:
        told = "whole exams stand on one side" if set(found.groups) == {"exam"} else "exams are not known"
    if groups < 2:
        return Advice("split", "none", f"One group ({kinds}) cannot be divided: judge on other data.")
    if groups < FEWEST_GROUPS * 10:
        folds = f"--folds {min(5, groups)} --test 0"
        return Advice("split", folds, f"{groups} groups ({kinds}): too few for sides of a tenth; {told}.")
    return Advice("split", "--validation 0.1 --test 0.1", f"{groups} groups ({kinds}); {told}.")


def _augmentation(found: Fingerprint) -> list[Advice]:
    advice = [
        Advice("augmentation.scale", [0.5, 1.5], "Polyps are filmed from near and far."),
        Advice("augmentation.motion_share", 0.2, "Videos have what chosen stills lack."),
        Advice("augmentation.jpeg_share", 0.2, "Recorders and exports compress in different strength."),
    ]
    if found.empty and abs(found.insets - found.insets_empty) > SHORTCUT:
        text = f"{found.insets_empty:.0%} of empty frames carry an inset and {found.insets:.0%} of the others"
        advice.append(Advice("augmentation.inset_share", 0.3, f"{text}: a false cue, so others get false ones."))
    elif found.insets > SOME:
        text = f"{found.insets:.0%} of frames carry an inset: its place must mean nothing."
        advice.append(Advice("augmentation.inset_share", 0.15, text))
    if found.grey > 0:
        advice.append(Advice("augmentation.grey_share", 0.1, f"{found.grey:.1%} of frames have no colour."))
    return advice


def _warnings(found: Fingerprint) -> list[str]:
    warnings = []
    if found.empty < 0.1 * found.frames:
        warnings.append(
            f"{found.empty} of {found.frames} frames show no polyp: false proposals will be frequent, and are hardly "
            "measured."
        )
    lonely = [name for name, (_, empty) in found.parts.items() if empty and empty > 0.8 * found.empty]
    if lonely and len(found.parts) > 1:
        warnings.append(f"Nearly all empty frames are of {lonely[0]}: anything peculiar to it becomes a cue.")
    if found.repeated:
        warnings.append(f"{found.repeated} frames have the pixels of another one: a split leaves them out.")
    if found.largest > 0.3 * found.frames:
        warnings.append(f"One group holds {found.largest} of {found.frames} frames: sides will be uneven.")
    return warnings
