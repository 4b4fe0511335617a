"""The cards of what ships say everything that they have to, and everybody who is to be named is named in NOTICE."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.models.card_fields import missing
from tests.models.golden import bundle_folders

NOTICE = Path(__file__).parents[2] / "NOTICE"
each = pytest.mark.parametrize("folder", bundle_folders(), ids=lambda folder: str(folder.name))


def card_of(folder: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((folder / "card.json").read_text("utf-8"))
    return card


@each
def test_the_card_says_everything_that_it_has_to(folder: Path) -> None:
    assert missing(card_of(folder)) == []


@each
def test_every_data_set_and_its_people_are_named_in_the_notice(folder: Path) -> None:
    notice = " ".join(NOTICE.read_text("utf-8").split())
    for source in card_of(folder)["data"]:
        assert source["name"].partition(" (")[0] in notice
        for work in source["attribution"].split(";"):
            assert work.split()[0] in notice
    assert "ImageNet" in notice


@each
def test_the_judging_set_of_research_terms_taught_nothing(folder: Path) -> None:
    assert [source["name"] for source in card_of(folder)["data"] if "clinic" in source["name"].lower()] == []


@pytest.mark.parametrize("lost", ["intended_use", "data", "seeds", "strata", "calibration", "known_failures"])
def test_a_field_that_is_lost_is_missed(lost: str) -> None:
    card = card_of(bundle_folders()[0])
    del card[lost]
    assert any(line.startswith(lost) for line in missing(card))


def test_a_metric_without_an_interval_and_a_source_without_attribution_are_missed() -> None:
    card = copy.deepcopy(card_of(bundle_folders()[0]))
    card["metrics"][0]["interval"] = None
    card["data"][-1]["attribution"] = ""
    assert [line.partition(":")[0] for line in missing(card)] == ["data[].attribution", "metrics[].interval"]
