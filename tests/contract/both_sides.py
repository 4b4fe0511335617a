"""The pixel rules of both programs behind one interface, so that a test can hold them side by side."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

import polypviewer.core.field_of_view
import polypviewer.core.metrics
import polypviewer.core.model_geometry
import polypviewer.core.postprocess
import polypviewer.core.stable_split
import trainer.pixels.field_of_view
import trainer.pixels.geometry
import trainer.pixels.metrics
import trainer.pixels.postprocess
import trainer.pixels.split
from tests.contract.golden_frames import MINIMUM_AREA, SIZE, THRESHOLD, digest, summary


@dataclass(frozen=True, slots=True)
class Side:
    """One program's five modules."""

    name: str
    fields: ModuleType
    geometry: ModuleType
    postprocess: ModuleType
    metrics: ModuleType
    split: ModuleType

    def arrays(self, image: NDArray[np.uint8], probability: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
        """Every array on the way from a frame to its mask."""
        field = self.fields.find_field_of_view(image)
        frame_u8 = self.geometry.to_frame(self.geometry.quantise(probability), field)
        area = int(np.count_nonzero(field.seen()))
        mask = self.postprocess.binarise(frame_u8, threshold=THRESHOLD, minimum_area=MINIMUM_AREA, field_area=area)
        return {
            "field": field.mask,
            "seen": field.seen(),
            "input": self.geometry.network_input(image, field, height=SIZE, width=SIZE),
            "quantised": self.geometry.quantise(probability),
            "frame": frame_u8,
            "mask": mask,
        }

    def vector(self, image: NDArray[np.uint8], probability: NDArray[np.float32]) -> dict[str, object]:
        """What is stored of one frame: boxes and digests of integer steps, tile means of resized ones, numbers."""
        field = self.fields.find_field_of_view(image)
        arrays = self.arrays(image, probability)
        truth = (np.roll(arrays["mask"], 9, axis=1)).astype(np.uint8)
        truth[: len(truth) // 3] = 255
        counts = self.metrics.count(arrays["mask"], truth)
        return {
            "box": list(field.box),
            "insets": [list(inset) for inset in field.insets],
            "field": digest(arrays["field"]),
            "seen": digest(arrays["seen"]),
            "quantised": digest(arrays["quantised"]),
            "input": summary(arrays["input"]),
            "frame": summary(arrays["frame"]),
            "mask_pixels": int(np.count_nonzero(arrays["mask"])),
            "confidence": round(self.postprocess.frame_confidence(arrays["frame"], arrays["mask"]), 4),
            "dice": round(self.metrics.dice(counts), 3),
            "iou": round(self.metrics.iou(counts), 3),
        }

    def split_vector(self) -> dict[str, list[object]]:
        """Fraction and side of some group keys."""
        groups = ["", "E-0001", "kvasir/cju0qkwl35piu0993l0dewei2", "Größe/é"]
        return {
            group: [self.split.stable_fraction(group, salt="s"), self.split.side_of(group, holdout=0.5, salt="s")]
            for group in groups
        }


APPLICATION = Side(
    "application",
    polypviewer.core.field_of_view,
    polypviewer.core.model_geometry,
    polypviewer.core.postprocess,
    polypviewer.core.metrics,
    polypviewer.core.stable_split,
)
TRAINER = Side(
    "trainer",
    trainer.pixels.field_of_view,
    trainer.pixels.geometry,
    trainer.pixels.postprocess,
    trainer.pixels.metrics,
    trainer.pixels.split,
)
