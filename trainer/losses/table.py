"""The losses by the names that recipes use."""

from __future__ import annotations

from collections.abc import Mapping

from trainer.errors import DataError
from trainer.losses.frames import FrameLoss, Loss
from trainer.losses.overlap import BceDice, Dice, DicePooled, FocalTversky, Tversky
from trainer.losses.pixelwise import Bce, Focal
from trainer.losses.presence import BceDicePresence
from trainer.losses.structure import Structure
from trainer.typed import read_values

LOSSES: dict[str, type[FrameLoss]] = {
    "bce": Bce,
    "dice": Dice,
    "dice_pooled": DicePooled,
    "bce_dice": BceDice,
    "bce_dice_presence": BceDicePresence,
    "focal": Focal,
    "tversky": Tversky,
    "focal_tversky": FocalTversky,
    "structure": Structure,
}
"""Each is made from its options, all of which have a default; the class says what they are."""

bce_dice = BceDice()


def build_loss(name: str, options: Mapping[str, object] | None = None) -> Loss:
    """The loss with its options; raises DataError for an unknown name or option, or a value that does not fit."""
    kind = LOSSES.get(name)
    if kind is None:
        known = ", ".join(sorted(LOSSES))
        raise DataError("loss.unknown", f"No loss is called '{name}' here.", f"Known are: {known}.")
    return read_values(kind, options or {}, where=f"The loss {name}")
