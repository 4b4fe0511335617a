"""The names of metrics as people read them, in the sections of a report."""

from __future__ import annotations

from collections.abc import Mapping

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Overlap": {
        "per_image_dice": "Dice, per image",
        "per_image_iou": "IoU, per image",
        "per_image_dice_at_half": "Dice, per image, at .5",
        "per_image_iou_at_half": "IoU, per image, at .5",
        "pooled_dice": "Dice, pooled",
        "pooled_iou": "IoU, pooled",
        "two_class_pooled_iou": "IoU of two classes, pooled",
        "two_class_per_image_iou": "IoU of two classes, per image",
        "soft_batch_iou": "IoU, soft, per batch",
        "pranet_mean_dice": "PraNet meanDic",
    },
    "Pixels": {
        "accuracy": "Accuracy",
        "precision": "Precision",
        "recall": "Recall",
        "specificity": "Specificity",
        "roc_auc": "ROC AUC",
        "average_precision": "Average precision",
    },
    "Borders": {
        "nsd_2px": "Surface Dice at 2 px",
        "hd95": "Hausdorff distance, 95 %",
        "missed_frames": "Frames missed",
    },
    "Lesions and false proposals": {
        "lesion_sensitivity": "Lesion sensitivity",
        "false_proposals_per_frame": "False proposals a frame",
        "lesion_sensitivity_at_0.05": "Lesion sensitivity at .05 false a frame",
        "lesion_sensitivity_at_0.1": "Lesion sensitivity at .1 false a frame",
        "lesion_sensitivity_at_0.25": "Lesion sensitivity at .25 false a frame",
        "false_proposals": "Empty frames with a proposal",
    },
    "Calibration": {
        "ece": "Calibration error, all pixels",
        "ece_unsure": "Calibration error, unsure or near the border",
        "presence_ece": "Calibration error of presence",
        "presence_roc_auc": "ROC AUC of presence",
    },
}

TITLES: Mapping[str, str] = {name: title for section in SECTIONS.values() for name, title in section.items()}


def figure(name: str, value: object) -> str:
    """A value as text: pixels for distances, else four decimals; a dash where it was not measured."""
    if not isinstance(value, int | float):
        return "–"
    return f"{value:.1f} px" if name == "hd95" else f"{value:.4f}"


def span(name: str, interval: object) -> str:
    """An interval as text, or nothing."""
    if not isinstance(interval, list | tuple) or len(interval) != 2:
        return ""
    digits = 1 if name == "hd95" else 3
    return f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}"
