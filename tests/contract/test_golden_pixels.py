"""Both programs turn frames into masks in exactly the same way, and in the way that is written down."""

import json
from typing import Any

import numpy as np
import pytest

from tests.contract.both_sides import APPLICATION, TRAINER, Side
from tests.contract.golden_frames import FRAMES, GOLDEN, probability

STORED: dict[str, Any] = json.loads(GOLDEN.read_text("utf-8"))
NAMES = list(FRAMES)
SIDES = pytest.mark.parametrize("side", [APPLICATION, TRAINER], ids=lambda side: str(side.name))


@pytest.mark.parametrize("name", NAMES)
def test_both_sides_agree_bit_for_bit(name: str) -> None:
    image, soft = FRAMES[name](), probability(NAMES.index(name))
    ours, theirs = APPLICATION.arrays(image, soft), TRAINER.arrays(image, soft)
    for step in ours:
        assert np.array_equal(ours[step], theirs[step]), step


@SIDES
@pytest.mark.parametrize("name", NAMES)
def test_each_side_keeps_to_the_stored_vectors(side: Side, name: str) -> None:
    found, stored = side.vector(FRAMES[name](), probability(NAMES.index(name))), STORED["frames"][name]
    exact = ("box", "insets", "field", "seen", "quantised")
    assert {key: found[key] for key in exact} == {key: stored[key] for key in exact}
    for key in ("input", "frame"):
        assert np.allclose(found[key], stored[key], atol=1.0), key  # type: ignore[arg-type]
    assert found["mask_pixels"] == pytest.approx(stored["mask_pixels"], rel=0.01)
    for key in ("confidence", "dice", "iou"):
        assert found[key] == pytest.approx(stored[key], abs=0.01), key


@SIDES
def test_groups_stay_on_their_stored_side(side: Side) -> None:
    assert side.split_vector() == STORED["split"]


@SIDES
def test_every_golden_frame_but_the_black_one_holds_a_mask(side: Side) -> None:
    for number, (name, make) in enumerate(FRAMES.items()):
        mask = side.arrays(make(), probability(number))["mask"]
        assert mask.any(), name


@SIDES
def test_the_green_inset_is_blanked_in_input_and_mask(side: Side) -> None:
    image = FRAMES["octagon with green inset"]()
    field = side.fields.find_field_of_view(image)
    assert len(field.insets) == 1
    assert not field.seen()[400:, :160].any()
    everywhere = np.full((256, 256), 255, np.uint8)
    assert not side.geometry.to_frame(everywhere, field)[400:, :160].any()


@SIDES
def test_burnt_in_text_beside_the_tissue_is_outside_the_field(side: Side) -> None:
    field = side.fields.find_field_of_view(FRAMES["octagon with text"]())
    assert (abs(np.array(field.box) - np.array([40, 40, 680, 500])) <= 4).all()
    assert not field.seen()[:, :30].any()
