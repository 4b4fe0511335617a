"""A frame is called unseen only where the digest in a bundle's card proves it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.folds.plan import Sources
from benchmarks.shipped.learned import dataset_of, why_not_unseen
from trainer.cards import data_digest
from trainer.data.folders import Pair

pytestmark = pytest.mark.torch

CENTRES = {"a": "C1", "b": "C3", "c": "C4", "d": "C4"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """Four frames of Kvasir, one of them in the tenth, and four of PolypGen, two of them of C4."""
    place = tmp_path_factory.mktemp("sources")
    rng = np.random.default_rng(0)
    for dataset, stems in (("kvasir", "klmn"), ("polypgen", CENTRES)):
        for kind, channels in (("images", (3,)), ("masks", ())):
            (place / dataset / kind).mkdir(parents=True)
            for stem in stems:
                pixels = rng.integers(0, 2, (8, 8, *channels), dtype=np.uint8) * np.uint8(255)
                cv2.imwrite(str(place / dataset / kind / f"{stem}.png"), pixels)
    rows = "".join(f"{stem},{centre}\n" for stem, centre in CENTRES.items())
    (place / "polypgen" / "centres.csv").write_text(f"stem,centre\n{rows}", "utf-8")
    (place / "tenth.txt").write_text("k\n", "utf-8")
    return Sources(place / "kvasir", place / "polypgen", place / "none", place / "tenth.txt")


def card(**learned: list[Pair]) -> dict[str, object]:
    """A card that says that these frames of Kvasir-SEG and PolypGen taught."""
    names = {"kvasir": "Kvasir-SEG", "polypgen": "PolypGen (centres C1, C3, C4)"}
    rows = [
        {"name": names[dataset], "frames": len(pairs), "digest": data_digest(pairs)}
        for dataset, pairs in learned.items()
    ]
    return {"data": rows}


def test_the_tenth_is_unseen_where_the_digest_is_that_of_all_the_rest(sources: Sources) -> None:
    everything, tenth = sources.pairs("kvasir"), sources.pairs("kvasir-tenth")
    rest = [pair for pair in everything if pair not in tenth]
    assert why_not_unseen(card(kvasir=rest), tenth, sources) is None
    assert why_not_unseen(card(kvasir=everything), tenth, sources) == "1 of these 1 frames were trained on"


def test_a_centre_is_unseen_where_the_digest_is_that_of_the_others(sources: Sources) -> None:
    kept = [pair for pair in sources.pairs("polypgen") if pair.unit("centre") != "C4"]
    assert why_not_unseen(card(polypgen=kept), sources.pairs("C4"), sources) is None
    assert why_not_unseen(card(polypgen=kept), sources.pairs("C1"), sources) == "1 of these 1 frames were trained on"


def test_a_data_set_that_the_card_does_not_name_is_unseen(sources: Sources) -> None:
    assert why_not_unseen(card(kvasir=sources.pairs("kvasir")), sources.pairs("C4"), sources) is None


def test_a_digest_that_is_of_no_known_selection_proves_nothing(sources: Sources) -> None:
    some = sources.pairs("kvasir")[1:3]
    why = why_not_unseen(card(kvasir=some), sources.pairs("kvasir-tenth"), sources)
    assert why is not None
    assert "no selection of frames known here" in why


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("Kvasir-SEG", "kvasir"),
        ("HyperKvasir segmented images", "kvasir"),
        ("PolypGen (centres C1, C3, C4)", "polypgen"),
        ("CVC-ClinicDB", "clinicdb"),
        ("Our hospital", "ourhospital"),
    ],
)
def test_a_data_set_is_known_under_the_names_that_cards_give_it(name: str, dataset: str) -> None:
    assert dataset_of(name) == dataset
