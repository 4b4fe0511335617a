"""Augmentation: what moves, what stays black, what stays unknown, and what each kind of wear does."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
import torch

from tests.trainer.conftest import frame_with_polyp
from trainer.data.augment import ENDOSCOPIC, NOTHING, Augmentation, Batch, augmented_batch, plain_batch
from trainer.data.jpeg import through_jpeg

WEAR = [
    "blur_share", "motion_share", "specular_share", "fog_share", "vignette_share", "noise_share", "coarse_share",
    "jpeg_share", "text_share",
]  # fmt: skip
OVERALL = [*WEAR, "inset_share", "colour_share", "grey_share"]


def frames(count: int = 4, *, side: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Tissue with a polyp, blanked outside a disc as the field of view is, and a strip that is ignored."""
    made = [frame_with_polyp(seed, side=side) for seed in range(count)]
    images, labels = np.stack([image for image, _ in made]), np.stack([label for _, label in made])
    rows, columns = np.mgrid[:side, :side] + 0.5 - side / 2
    outside = rows**2 + columns**2 > (0.48 * side) ** 2
    images[:, outside], labels[:, outside] = 0, 0
    labels[:, : side // 8] = 255
    return torch.from_numpy(images), torch.from_numpy(labels)


def changed(ranges: Augmentation, *, seed: int = 3, count: int = 4, side: int = 64, size: int = 64) -> Batch:
    images, labels = frames(count, side=side)
    return augmented_batch(images, labels, size=size, ranges=ranges, generator=torch.Generator().manual_seed(seed))


def only(share: str, **numbers: object) -> Augmentation:
    return dataclasses.replace(NOTHING, **{share: 1.0}, **numbers)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_batch_to_the_bit() -> None:
    first, again, other = (changed(ENDOSCOPIC, seed=seed, count=16) for seed in (7, 7, 8))
    for name in ("image", "lesion", "known"):
        assert torch.equal(getattr(first, name), getattr(again, name))
    assert not torch.equal(first.image, other.image)


@pytest.mark.parametrize("share", OVERALL)
def test_each_effect_changes_the_picture_and_keeps_it_in_range(share: str) -> None:
    images, labels = frames()
    batch = changed(only(share))
    assert float((batch.image - plain_batch(images, labels).image).abs().mean()) > 0.002
    assert batch.image.isfinite().all()
    assert float(batch.image.min()) >= -1
    assert float(batch.image.max()) <= 1


@pytest.mark.parametrize("share", OVERALL)
def test_what_is_blanked_stays_black_whatever_happens(share: str) -> None:
    images, _ = frames()
    black = (images.amax(dim=-1) == 0).unsqueeze(1).expand(-1, 3, -1, -1)
    assert bool((changed(only(share)).image[black] == -1).all())


@pytest.mark.parametrize("share", WEAR)
def test_wear_leaves_the_labels_alone(share: str) -> None:
    plain, batch = plain_batch(*frames()), changed(only(share))
    assert torch.equal(batch.lesion, plain.lesion)
    assert torch.equal(batch.known, plain.known)


def test_of_what_a_false_inset_hides_nothing_is_known() -> None:
    plain, batch = plain_batch(*frames(16)), changed(only("inset_share"), count=16)
    hidden = (plain.known > 0) & (batch.known == 0)
    share = hidden.float().mean(dim=(1, 2, 3))
    assert float(share.min()) > 0.005
    assert float(share.max()) < 0.15
    assert not (batch.lesion * (1 - batch.known)).any()
    untouched = (batch.known > 0).expand(-1, 3, -1, -1)
    assert torch.allclose(batch.image[untouched], plain.image[untouched], atol=1e-4)


def test_padding_is_black_and_unknown() -> None:
    images = torch.full((4, 64, 64, 3), 200, dtype=torch.uint8)
    labels = torch.zeros((4, 64, 64), dtype=torch.uint8)
    ranges = dataclasses.replace(NOTHING, scale=(0.5, 0.5))
    batch = augmented_batch(images, labels, size=64, ranges=ranges, generator=torch.Generator().manual_seed(0))
    assert not batch.known[..., :15, :].any()
    assert bool((batch.image[..., :15, :] == -1).all())
    assert bool(batch.known[..., 17:47, 17:47].all())
    assert float(batch.known.mean()) == pytest.approx(0.25, abs=0.02)


def test_what_a_frame_blanks_itself_stays_known_background() -> None:
    images, labels = torch.zeros((1, 64, 64, 3), dtype=torch.uint8), torch.zeros((1, 64, 64), dtype=torch.uint8)
    batch = augmented_batch(images, labels, size=64, ranges=NOTHING, generator=torch.Generator().manual_seed(0))
    assert bool(batch.known.all())


def centre_of(weights: torch.Tensor) -> tuple[float, float]:
    """Centre of gravity of `(s, s)`, as row and column."""
    rows = torch.arange(weights.shape[0]) + 0.5
    whole = float(weights.sum())
    return float((weights.sum(1) * rows).sum()) / whole, float((weights.sum(0) * rows).sum()) / whole


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [48, 64, 96])
def test_image_and_label_move_together_within_half_a_pixel(seed: int, size: int) -> None:
    label = np.zeros((1, 64, 64), np.uint8)
    cv2.ellipse(label[0], (36, 30), (9, 5), 20, 0, 360, 1, -1)
    images = torch.from_numpy(np.repeat(label[..., None] * np.uint8(200), 3, axis=-1))
    ranges = dataclasses.replace(NOTHING, flip=0.5, rotation_share=1.0, scale=(0.6, 1.4), shift=0.1, shear=0.1)
    batch = augmented_batch(
        images, torch.from_numpy(label), size=size, ranges=ranges, generator=torch.Generator().manual_seed(seed)
    )
    seen = (batch.image[0, 0] + 1) / 2
    there, marked = centre_of(seen), centre_of(batch.lesion[0, 0])
    assert math.dist(there, marked) < 0.5
    edge = (seen - batch.lesion[0, 0] * seen.max()).abs() / seen.max()
    assert float(edge.max()) <= 0.51


def test_ignored_pixels_stay_ignored_wherever_they_go() -> None:
    label = np.zeros((8, 64, 64), np.uint8)
    label[:, 20:40, 24:44] = 255
    images = torch.from_numpy(np.where(label[..., None] == 255, 250, 60).astype(np.uint8).repeat(3, axis=-1))
    ranges = dataclasses.replace(NOTHING, flip=0.5, rotation_share=1.0, scale=(0.8, 1.2), shift=0.1, shear=0.1)
    batch = augmented_batch(
        images, torch.from_numpy(label), size=64, ranges=ranges, generator=torch.Generator().manual_seed(1)
    )
    bright = batch.image[:, :1] > (155 / 127.5 - 1)
    assert not (batch.known.bool() & bright).float().mean() > 0.002
    assert not batch.lesion.any()


def test_turns_reach_all_the_way_round() -> None:
    label = np.zeros((64, 64, 64), np.uint8)
    label[:, 12:16, 30:34] = 1
    images = torch.zeros((64, 64, 64, 3), dtype=torch.uint8)
    ranges = dataclasses.replace(NOTHING, rotation_share=1.0)
    batch = augmented_batch(
        images, torch.from_numpy(label), size=64, ranges=ranges, generator=torch.Generator().manual_seed(1)
    )
    angles = [math.atan2(*(value - 32 for value in centre_of(mask[0]))) for mask in batch.lesion]
    counts, _ = np.histogram(angles, bins=4, range=(-math.pi, math.pi))
    assert counts.min() > 4


def test_motion_blurs_along_its_line_and_not_across() -> None:
    images = torch.full((1, 64, 64, 3), 40, dtype=torch.uint8)
    images[:, 31:33, 31:33] = 250
    labels = torch.zeros((1, 64, 64), dtype=torch.uint8)
    ranges = only("motion_share", motion=(0.3, 0.3))
    batch = augmented_batch(images, labels, size=64, ranges=ranges, generator=torch.Generator().manual_seed(5))
    weights = batch.image[0, 0] - batch.image[0, 0, 0, 0]
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    points = torch.stack([rows.flatten(), columns.flatten()]) - torch.tensor(
        [[float((weights * rows).sum() / weights.sum())], [float((weights * columns).sum() / weights.sum())]]
    )
    spread = torch.linalg.eigvalsh((points * weights.flatten()) @ points.T / weights.sum()).sqrt()
    assert float(spread[1]) == pytest.approx(64 * 0.3 / math.sqrt(12), rel=0.15)
    assert float(spread[0]) < 1.5


@pytest.mark.parametrize("quality", [20, 50, 90])
def test_our_jpeg_loses_about_what_a_real_one_loses(quality: int) -> None:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 255, (128, 128, 3), dtype=np.uint8), (9, 9), 2)
    image = cv2.normalize(image, None, 20, 230, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    _, coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    real = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), np.float32)
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    ours = through_jpeg(tensor, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy() * 255
    lost, lost_really = (np.sqrt(np.mean((found - image) ** 2)) for found in (ours, real))
    assert lost == pytest.approx(lost_really, rel=0.15)
    assert np.sqrt(np.mean((ours - real) ** 2)) < 0.5 * lost_really + 1


def test_a_side_that_is_no_multiple_of_sixteen_goes_through_jpeg() -> None:
    image = torch.rand(2, 3, 50, 37)
    assert through_jpeg(image, torch.tensor([50.0, 80.0])).shape == image.shape


def test_no_step_asks_the_device_anything() -> None:
    images, labels = (tensor.to("meta") for tensor in frames(32))
    batch = augmented_batch(images, labels, size=48, ranges=ENDOSCOPIC, generator=torch.Generator().manual_seed(0))
    assert batch.image.shape == (32, 3, 48, 48)
    assert batch.known.device.type == "meta"


def test_the_field_names_are_those_of_published_recipes() -> None:
    names = {field.name for field in dataclasses.fields(Augmentation)}
    assert {"flip", "rotation_degrees", "scale", "shift", "shear", "brightness", "contrast", "hue_degrees"} <= names
    assert ENDOSCOPIC.rotation_degrees == 180
    assert ENDOSCOPIC.scale == (0.5, 1.5)
    assert (ENDOSCOPIC.shift, ENDOSCOPIC.brightness) == (0.12, (0.6, 1.6))
    assert all(0.2 <= getattr(ENDOSCOPIC, share) <= 0.3 for share in [*WEAR[:4], "jpeg_share"])
