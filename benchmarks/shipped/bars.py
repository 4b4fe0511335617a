"""Floors and goals of each bundle, and the best published figures, by the name of what is measured."""

from __future__ import annotations

from typing import Final, NamedTuple

from benchmarks.report import Better, Figure

__all__ = ["Bar", "barred", "unmeasured"]


class Bar(NamedTuple):
    """`floor`: what is due; `goal`: what we would like."""

    floor: float
    goal: float | None = None


SHORTCUT: Final = Bar(0.005)
"""Change of the mean Dice that a painted inset or text may make."""

BARS: Final[dict[str, dict[str, Bar]]] = {
    "polyp-fast": {
        "parameters": Bar(5_000_000),
        "onnx_mb": Bar(12.0),
        "kvasir_tenth_dice": Bar(0.88, 0.915),
        "kvasir_tenth_iou": Bar(0.81, 0.86),
        "clinicdb_sequences_dice": Bar(0.80, 0.84),
        "polypgen_dice": Bar(0.78, 0.81),
        "polypgen_c1_dice": Bar(0.84),
        "polypgen_c3_dice": Bar(0.88),
        "polypgen_c4_dice": Bar(0.70),
        "empty_with_proposal": Bar(0.40, 0.15),
        "ece_unsure_pixels": Bar(0.08, 0.06),
        "ece_presence": Bar(0.08, 0.06),
        "inset_dice_change": SHORTCUT,
        "text_dice_change": SHORTCUT,
        "cpu_1080p_median_ms": Bar(40.0, 25.0),
        "gpu_1080p_frames_a_second": Bar(250.0, 400.0),
    },
    "polyp-accurate": {
        "onnx_mb": Bar(25.0),
        "kvasir_tenth_dice": Bar(0.90, 0.93),
        "kvasir_tenth_iou": Bar(0.84, 0.88),
        "clinicdb_sequences_dice": Bar(0.82, 0.87),
        "polypgen_dice": Bar(0.80, 0.84),
        "polypgen_c4_dice": Bar(0.74),
        "empty_with_proposal": Bar(0.30, 0.10),
        "ece_unsure_pixels": Bar(0.08, 0.05),
        "ece_presence": Bar(0.08, 0.05),
        "inset_dice_change": SHORTCUT,
        "text_dice_change": SHORTCUT,
        "gpu_1080p_frames_a_second": Bar(120.0, 200.0),
    },
}
"""A bundle of another name has none. Calibration is meant on hospitals that were not trained on."""

PUBLISHED: Final = {
    "kvasir_tenth_dice": (0.904, "HarDNet-MSEG as published, the authors' 880/120 of Kvasir-SEG"),
    "kvasir_tenth_iou": (0.848, "HarDNet-MSEG as published, the authors' 880/120 of Kvasir-SEG"),
    "clinicdb_sequences_dice": (0.831, "FCBFormer as published, trained on Kvasir-SEG, judged on all of ClinicDB"),
    "gpu_1080p_frames_a_second": (235.0, "IC-PolypSeg as published, its network and GPU"),
}
"""Not measured here: other training data, other frames, other machines."""


def barred(
    bundle: str, what: str, ours: float | None, *, better: Better, kind: str = "",
    interval: tuple[float, float] | None = None, why: str | None = None, is_sample: bool = False,
) -> Figure:  # fmt: skip
    """The figure `what` of a bundle with its bar, goal and published peer.

    `kind`: the name under which the bar stands, where that is not `what`. A sample of the frames (`is_sample`) is
    held to nothing.
    """
    bar = None if is_sample else BARS.get(bundle, {}).get(kind or what)
    peer, peer_name = PUBLISHED.get(what, (None, None))
    return Figure(
        ours=ours, better=better, bar=bar.floor if bar else None, goal=bar.goal if bar else None, interval=interval,
        peer=peer, peer_name=peer_name, why=why,
    )  # fmt: skip


def unmeasured(bundle: str, what: str, why: str, *, better: Better, kind: str = "") -> Figure:
    """A figure that is left out, with its bar and the reason."""
    return barred(bundle, what, None, better=better, kind=kind, why=why)
