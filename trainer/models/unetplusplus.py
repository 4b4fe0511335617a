"""U-Net++ (Zhou et al. 2018, https://arxiv.org/abs/1807.10165): dense nested skips, deep supervision, pruning.

Node (i, j) stands at level i and joins all nodes left of it with the doubled node (i + 1, j - 1). Each node (0, j)
has a head of its own; the whole network answers with the deepest, a pruned one with an earlier head and without any
node that this head does not need. With `deep_supervision=False, bias=True` it has 9,163,329 parameters, as the port to
PyTorch that most use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from trainer.models.layers import doubled, require_choices, start_as_he, two_convs, whole_numbers
from trainer.models.network import Network, in_channels, require
from trainer.models.unet import UNetEncoder


class NestedDecoder(nn.Module):
    """The nodes right of the encoder's column and the heads; returns the heads' logits, deepest first."""

    def __init__(
        self, widths: Sequence[int], *, deep_supervision: bool, norm: str, bias: bool | None, up: str, dropout: float
    ) -> None:
        super().__init__()
        self.depth = len(widths) - 1
        self.dropout = nn.Dropout2d(dropout)
        self.ups, self.nodes = nn.ModuleDict(), nn.ModuleDict()
        for column in range(1, self.depth + 1):
            for level in range(self.depth - column + 1):
                name = f"{level}_{column}"
                self.ups[name], below = doubled(up, widths[level + 1], widths[level])
                self.nodes[name] = two_convs(widths[level] * column + below, widths[level], norm=norm, bias=bias)
        headed = range(1, self.depth + 1) if deep_supervision else [self.depth]
        self.heads = nn.ModuleDict({str(column): nn.Conv2d(widths[0], 1, 1) for column in headed})

    def forward(self, features: list[Tensor]) -> tuple[Tensor, ...]:
        rows = [[feature] for feature in (*features[:-1], self.dropout(features[-1]))]
        for column in range(1, self.depth + 1):
            for level in range(self.depth - column + 1):
                name = f"{level}_{column}"
                below = self.ups[name](rows[level + 1][column - 1])
                rows[level].append(self.nodes[name](torch.cat([*rows[level], below], dim=1)))
        return tuple(head(rows[0][int(column)]) for column, head in reversed(list(self.heads.items())))


class UNetPlusPlus(Network):
    """`widths`: channels of each level, finest first. `deep_supervision`: a head on every node of the finest level.

    `prune`: how many levels down the network goes, 1 to `len(widths) - 1` (None: all of them); less is faster. Weights
    of the whole network fit a pruned one if it was trained with deep supervision. `norm`, `bias`, `up`, `channels`,
    `dropout` as in UNet. Raises BundleError.
    """

    def __init__(
        self, *, widths: Sequence[int] = (32, 64, 128, 256, 512), deep_supervision: bool = True,
        prune: int | None = None, norm: str = "batch", bias: bool | None = None, up: str = "bilinear",
        channels: int = 3, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        widths = whole_numbers("widths", widths, least=2)
        require_choices(norm=norm, channels=channels, dropout=dropout, up=up)
        depth = len(widths) - 1 if prune is None else prune
        require(1 <= depth < len(widths), f"prune {prune!r} is not 1 to {len(widths) - 1}")
        kept = widths[: depth + 1]
        self.channels, self.stride = channels, 2**depth
        self.encoder: UNetEncoder = UNetEncoder(kept, channels=channels, norm=norm, bias=bias)
        self.decoder = NestedDecoder(
            kept, deep_supervision=deep_supervision, norm=norm, bias=bias, up=up, dropout=dropout
        )
        if norm == "none":
            start_as_he(self)
        self._cut_off = frozenset[str]()
        if depth < len(widths) - 1:
            with torch.device("meta"):
                whole = UNetPlusPlus(
                    widths=widths, deep_supervision=deep_supervision, norm=norm, bias=bias, up=up, channels=channels
                )
            self._cut_off = frozenset(whole.state_dict()) - frozenset(self.state_dict())

    def outputs(self, image: Tensor) -> tuple[Tensor, ...]:
        """The logits of every head, deepest first."""
        maps: tuple[Tensor, ...] = self.decoder(self.encoder(in_channels(image, self.channels)))
        return maps

    def forward(self, image: Tensor) -> Tensor:
        return self.outputs(image)[0]

    def early(self) -> list[nn.Module]:
        """All levels but the two coarsest."""
        return list(self.encoder.levels[:-2])

    def load_state_dict(self, state_dict: Mapping[str, Any], *rest: Any, **named: Any) -> Any:
        """As torch does it; a pruned network takes the weights of the whole one and leaves aside what it lacks."""
        kept = {name: value for name, value in state_dict.items() if name not in self._cut_off}
        return super().load_state_dict(kept, *rest, **named)
