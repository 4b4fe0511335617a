"""Bundles, from the application's side: the example of docs/formats.md, and every bundle that comes along."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import resources
from polypviewer.segmentation import (
    ModelBundle,
    OnnxSegmenter,
    check_network,
    choose_bundle,
    load_bundle,
    predict_image,
)
from polypviewer.segmentation.card import Card, parse_card
from polypviewer.session.models import STANDARD

ROOT = Path(__file__).parents[2]
MODELS = sorted(path.parent for path in resources.path("models").glob("*/card.json"))


def example() -> dict[str, object]:
    """The card that docs/formats.md shows, with digests where it has dots."""
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    section = text[text.index("## 1.") : text.index("## 2.")]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block is not None
    content = json.loads(block.group(1).replace('"sha256": "..."', f'"sha256": "{"0" * 64}"'))
    assert isinstance(content, dict)
    return content


def test_the_card_of_the_documentation_is_read_as_it_stands() -> None:
    content = example()
    card = parse_card(json.dumps(content).encode(), bundle="example")
    assert isinstance(card, Card)
    assert (card.name, card.height, card.width) == ("polyp-fast", 256, 256)
    assert (card.threshold, card.minimum_area, card.parent) == (0.5, 0.0005, None)
    assert card.metrics[0].frames == 88


def test_a_model_comes_along() -> None:
    assert MODELS
    assert choose_bundle(None, resources.path("models")).folder in MODELS


@pytest.mark.parametrize("device", sorted(STANDARD))
def test_the_standard_model_of_a_device_comes_along(device: str) -> None:
    assert choose_bundle(STANDARD[device], resources.path("models")).folder in MODELS


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_a_bundle_that_comes_along_is_whole_and_its_network_is_what_its_card_says(folder: Path) -> None:
    bundle: ModelBundle = load_bundle(folder)
    check_network(bundle)
    assert bundle.name == folder.name
    assert bundle.card.intended_use
    assert bundle.card.known_failures
    assert bundle.card.metrics


@pytest.mark.torch
def test_a_bundle_that_the_trainer_writes_is_read_and_runs(tmp_path: Path) -> None:
    from trainer.export import CardFacts, write_bundle
    from trainer.models.registry import Architecture, build_network

    architecture = Architecture("unet", {"widths": [4, 8]})
    facts = CardFacts("tiny", "0.1", architecture, (32, 64), "tests", ("all of them",), {"weights": "none"})
    written = write_bundle(tmp_path / "tiny", build_network(architecture), facts)
    bundle = load_bundle(tmp_path / "tiny")
    check_network(bundle)
    assert bundle.digest == written.digest
    assert (bundle.card.height, bundle.card.width) == written.size
    assert bundle.card.threshold == written.threshold
    prediction = predict_image(np.full((90, 160, 3), 128, np.uint8), OnnxSegmenter(bundle, device="cpu"))
    assert prediction.mask.shape == (90, 160)
