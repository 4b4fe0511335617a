"""What a network says of whole sets of frames, and how right it is."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.data.augment import plain_batch
from trainer.ensembling import mean_over_flips
from trainer.models.network import Network
from trainer.pixels.metrics import Counts, per_image_dice, per_image_iou


@torch.inference_mode()
def predict(
    network: Network, images: NDArray[np.uint8], *, device: torch.device, batch: int = 16, flips: bool = False
) -> Iterator[NDArray[np.float32]]:
    """Probability `(s, s)` float32 of each of `(n, s, s, 3)` uint8 frames; the network is left in evaluation mode.

    `flips`: the mean over the frame and its three mirror images.
    """
    network.eval()
    for start in range(0, len(images), batch):
        part = torch.from_numpy(images[start : start + batch]).to(device)
        image = plain_batch(part, torch.zeros(part.shape[:3], dtype=torch.uint8, device=device)).image
        ask = functools.partial(_probability, network)
        yield from (mean_over_flips(ask, image) if flips else ask(image))[:, 0].cpu().numpy()


def _probability(network: Network, image: Tensor) -> Tensor:
    logits: Tensor = network(image.contiguous(memory_format=torch.channels_last))
    return torch.sigmoid(logits.float())


def figures(counts: Sequence[Counts]) -> dict[str, float | int | None]:
    """Dice, IoU, recall and precision as means over the frames that hold a polyp, None where there are none;

    precision over those of them with a proposal. `empty_frames`, and `false_proposals`: those of them with one.
    """
    polyps = [value for value in counts if value.has_polyp]
    empty = [value for value in counts if not value.has_polyp]
    proposed = [value for value in polyps if value.tp + value.fp]
    return {
        "holdout_dice": per_image_dice(polyps) if polyps else None,
        "holdout_iou": per_image_iou(polyps) if polyps else None,
        "recall": float(np.mean([value.tp / (value.tp + value.fn) for value in polyps])) if polyps else None,
        "precision": float(np.mean([value.tp / (value.tp + value.fp) for value in proposed])) if proposed else None,
        "empty_frames": len(empty),
        "false_proposals": sum(value.fp > 0 for value in empty),
    }
