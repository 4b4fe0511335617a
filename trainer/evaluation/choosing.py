"""Threshold, temperature and smallest area, chosen on validation frames only, and the file that carries them.

Temperature: the one that minimises the negative log-likelihood of the pixels on the network's grid (Guo et al. 2017).
Threshold and smallest area: of all that find `SENSITIVITY` of the lesions, those whose mean Dice is within `TOLERANCE`
of the best; of these the one with the fewest proposals on frames without a polyp, then the best Dice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError
from trainer.evaluation.lesions import Sweep
from trainer.files import write_json

SCHEMA = "polyp-trainer/chosen/1"
FILE = "choose.json"
SENSITIVITY = 0.90
TOLERANCE = 0.005
"""A difference of Dice that means nothing: fewer false proposals are worth more."""
THRESHOLDS = tuple(round(0.025 * step, 3) for step in range(2, 39))
AREAS = (0.0, 0.0005, 0.001, 0.0015, 0.002)
"""Shares of the field of view. No larger ones: Dice would buy fewer false parts with the smallest polyps."""
TEMPERATURES = np.geomspace(0.25, 4.0, 401)
LOGITS = np.linspace(-16.0, 16.0, 321)
"""Centres of the bins into which the logits of pixels are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """Validation frames: `positive` `(n,)` pixels of polyp, `lesions` `(n,)`, and each frame's sweep."""

    sweeps: Sequence[Sweep]
    positive: NDArray[np.int64]
    lesions: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a card is to say, why, and what was measured with it on the validation frames."""

    threshold: float
    temperature: float
    minimum_area: float
    why: str
    on: str = ""
    bundle: str | None = None
    measured: dict[str, float | int | None] = field(default_factory=dict)


def choose(validation: Validation, *, temperature: float, on: str = "", bundle: str | None = None) -> Chosen:
    """Threshold and smallest area by the rule above; `temperature` as found before the sweeps were made."""
    if not (validation.positive > 0).any():
        raise DataError("choose.empty", "No validation frame holds a polyp.", "Choose on frames with polyps.")
    dice, sensitivity, false = surfaces(validation)
    sensitive = sensitivity >= min(SENSITIVITY, float(sensitivity.max()))
    good = sensitive & (dice >= dice[sensitive].max() - TOLERANCE)
    alarms = np.nan_to_num(false, nan=0.0)
    best = min(np.argwhere(good).tolist(), key=lambda at: (alarms[at[0], at[1]], -dice[at[0], at[1]]))
    row, column = best
    empty = int((validation.positive == 0).sum())
    measured: dict[str, float | int | None] = {
        "frames": len(validation.positive),
        "frames_without_polyp": empty,
        "per_image_dice": round(float(dice[row, column]), 5),
        "best_per_image_dice": round(float(dice.max()), 5),
        "lesion_sensitivity": round(float(sensitivity[row, column]), 5),
        "false_proposals": round(float(false[row, column]), 5) if empty else None,
    }
    why = _why(bool(sensitivity.max() >= SENSITIVITY), empty=empty)
    return Chosen(THRESHOLDS[row], round(temperature, 4), AREAS[column], why, on, bundle, measured)


def surfaces(validation: Validation) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean per-image Dice, lesion sensitivity, share of empty frames with a proposal: `(thresholds, areas)` each."""
    tp = np.stack([sweep.tp for sweep in validation.sweeps])
    fp = np.stack([sweep.fp for sweep in validation.sweeps])
    polyp = validation.positive > 0
    whole = (tp + fp + validation.positive[:, np.newaxis, np.newaxis])[polyp]
    dice = (2 * tp[polyp] / whole).mean(axis=0)
    found = np.stack([sweep.found for sweep in validation.sweeps]).sum(axis=0)
    sensitivity = found / max(1, int(validation.lesions.sum()))
    false = (fp[~polyp] > 0).mean(axis=0) if (~polyp).any() else np.full(dice.shape, np.nan)
    return dice, sensitivity, false


def fit_temperature(positive: NDArray[np.int64], negative: NDArray[np.int64]) -> tuple[float, float, float]:
    """The temperature of least negative log-likelihood, that likelihood a pixel at 1 and at it.

    `positive`, `negative`: pixels of polyp and of background whose logit lies nearest to each of `LOGITS`.
    """
    pixels = max(1, int(positive.sum() + negative.sum()))

    def cost(temperature: float) -> float:
        scaled = LOGITS / temperature
        return float((positive @ np.logaddexp(0, -scaled) + negative @ np.logaddexp(0, scaled)) / pixels)

    costs = [cost(float(temperature)) for temperature in TEMPERATURES]
    best = int(np.argmin(costs))
    return float(TEMPERATURES[best]), cost(1.0), costs[best]


def count_logits(logits: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of the logits lie nearest to each of `LOGITS`."""
    step = LOGITS[1] - LOGITS[0]
    nearest = np.rint((logits.ravel() - LOGITS[0]) / step).clip(0, len(LOGITS) - 1).astype(np.int64)
    return np.bincount(nearest, minlength=len(LOGITS))


def write_chosen(chosen: Chosen, path: Path) -> None:
    """Write `choose.json`, which `export` reads."""
    write_json(path, {"schema": SCHEMA, **asdict(chosen)})


def read_chosen(path: Path) -> Chosen:
    """Read what `write_chosen` wrote (or the folder it lies in); raises DataError when it is something else."""
    place = path / FILE if path.is_dir() else path
    try:
        values = json.loads(place.read_text("utf-8"))
        if values["schema"] != SCHEMA:
            raise ValueError(values["schema"])
        return Chosen(
            float(values["threshold"]), float(values["temperature"]), float(values["minimum_area"]),
            str(values["why"]), str(values["on"]), values["bundle"], dict(values["measured"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "choose.broken", f"{place} holds no choice of threshold.", "Write it with `evaluate --choose`."
        ) from error


def _why(reached: bool, *, empty: int) -> str:  # noqa: FBT001 # a private sentence
    first = (
        f"best mean per-image Dice (within {TOLERANCE}) of all that find {SENSITIVITY:.0%} of the lesions"
        if reached
        else f"no threshold finds {SENSITIVITY:.0%} of the lesions: best mean per-image Dice (within {TOLERANCE}) "
        "of those that find most"
    )
    last = (
        f"; among these the fewest proposals on {empty} frames without a polyp"
        if empty
        else "; no validation frame is without a polyp, so false proposals were not weighed"
    )
    return f"{first}{last}; temperature by least negative log-likelihood of pixels"
