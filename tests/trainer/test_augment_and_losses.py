"""Augmentation that a seed decides."""

import torch

from trainer.data.augment import NOTHING, Augmentation, augmented_batch, plain_batch


def frames() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(40, 255, (4, 32, 32, 3), generator=generator, dtype=torch.uint8)
    labels = torch.zeros(4, 32, 32, dtype=torch.uint8)
    labels[:, 8:20, 10:22] = 1
    labels[:, 28:, :] = 255
    return images, labels


def test_a_seed_decides_the_whole_batch() -> None:
    images, labels = frames()
    first, second, other = (
        augmented_batch(images, labels, size=32, ranges=Augmentation(), generator=torch.Generator().manual_seed(seed))
        for seed in (3, 3, 4)
    )
    assert torch.equal(first.image, second.image)
    assert torch.equal(first.lesion, second.lesion)
    assert not torch.equal(first.image, other.image)


def test_no_augmentation_changes_nothing() -> None:
    images, labels = frames()
    changed = augmented_batch(images, labels, size=32, ranges=NOTHING, generator=torch.Generator().manual_seed(0))
    plain = plain_batch(images, labels)
    assert torch.allclose(changed.image, plain.image, atol=1e-4)
    assert torch.equal(changed.lesion, plain.lesion)
    assert torch.equal(changed.known, plain.known)


def test_image_and_mask_move_together() -> None:
    labels = torch.zeros(8, 64, 64, dtype=torch.uint8)
    labels[:, 16:40, 20:44] = 1
    images = (labels[..., None] * 200 + 20).expand(-1, -1, -1, 3).contiguous()
    ranges = Augmentation(colour_share=0, blur_share=0, coarse_share=0, noise_share=0)
    batch = augmented_batch(images, labels, size=64, ranges=ranges, generator=torch.Generator().manual_seed(5))
    bright = (batch.image[:, :1] > 0).float()
    assert float((bright - batch.lesion).abs().mean()) < 0.02


def test_blanked_pixels_stay_black_whatever_the_colours_do() -> None:
    images, labels = frames()
    images[:, :, :8] = 0
    ranges = Augmentation(
        flip=0, rotation_share=0, scale=(1, 1), shift=0, shear=0, colour_share=1, blur_share=0, coarse_share=0
    )
    batch = augmented_batch(images, labels, size=32, ranges=ranges, generator=torch.Generator().manual_seed(2))
    assert float(batch.image[:, :, :, :7].max()) < -0.99
