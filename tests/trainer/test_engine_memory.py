"""The engine when memory runs out: batches go through in halves, one frame too much is an answer and no end."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from trainer.serve import Propose, RequestError, within_memory


def with_room_for(frames: int, seen: list[int]) -> Propose:
    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(len(images))
        if len(images) > frames:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")
        return images[:, None, :, :, 0].astype(np.float32)

    return run


def test_a_batch_goes_through_in_halves_and_in_order() -> None:
    seen: list[int] = []
    images = np.arange(7, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    answer = within_memory(with_room_for(2, seen))(images)
    assert answer[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert seen == [7, 3, 1, 2, 4, 2, 2]


def test_one_frame_too_much_is_refused_with_a_cure() -> None:
    with pytest.raises(RequestError, match="One frame does not fit: CUDA out of memory") as caught:
        within_memory(with_room_for(0, []))(np.zeros((1, 2, 2, 3), np.uint8))
    assert caught.value.code == "engine.memory"
    assert "device cpu" in caught.value.cure


def test_the_cpu_says_it_in_words_and_other_errors_pass() -> None:
    def words(_images: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    def shapes(_images: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise RuntimeError("shapes differ")

    with pytest.raises(RequestError, match="can't allocate"):
        within_memory(words)(np.zeros((1, 2, 2, 3), np.uint8))
    with pytest.raises(RuntimeError, match="shapes differ"):
        within_memory(shapes)(np.zeros((1, 2, 2, 3), np.uint8))
