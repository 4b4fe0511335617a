import json

import pytest

from polypviewer.ui.actions import ACTIONS, BY_ID, Preset, conflicts, key_text, keys_of
from polypviewer.ui.key_bindings import (
    OwnKeys,
    key_table,
    own_keys_of,
    own_keys_text,
    owner_of,
    plain,
    refusal,
    twins,
)


@pytest.mark.parametrize("preset", Preset)
def test_without_changes_the_table_is_the_preset(preset: Preset) -> None:
    assert key_table(preset, OwnKeys()) == {spec.id: keys_of(spec, preset) for spec in ACTIONS}


@pytest.mark.parametrize("preset", Preset)
def test_every_key_of_a_preset_is_written_as_qt_writes_it(preset: Preset) -> None:
    assert [key for spec in ACTIONS for key in keys_of(spec, preset) if plain(key) != key] == []


def test_an_own_key_is_taken_from_the_action_of_the_preset_and_comes_back_with_a_reset() -> None:
    own = OwnKeys().with_keys("eraser", ("B",))
    table = key_table(Preset.DEFAULT, own)
    assert (table["eraser"], table["brush"]) == (("B",), ())
    assert conflicts(table) == ()
    assert key_text(BY_ID["eraser"], table) == "B"
    again = key_table(Preset.DEFAULT, own.without("eraser"))
    assert (again["eraser"], again["brush"]) == (("E",), ("B",))


def test_only_the_shared_key_is_lost_not_the_others_of_that_action() -> None:
    table = key_table(Preset.DEFAULT, OwnKeys().with_keys("brush", ("D",)))
    assert table["next_frame"] == ("Right",)


def test_of_two_changed_actions_the_last_one_has_the_key() -> None:
    own = OwnKeys().with_keys("brush", ("J", "K")).with_keys("eraser", ("J",))
    assert own.keys == {"brush": ("K",), "eraser": ("J",)}


@pytest.mark.parametrize("preset", Preset)
def test_own_keys_hold_on_top_of_either_preset_without_conflicts(preset: Preset) -> None:
    table = key_table(preset, OwnKeys().with_keys("brush", ("F",)).with_keys("no_polyp", ("K",)))
    assert (table["brush"], table["no_polyp"]) == (("F",), ("K",))
    assert conflicts(table) == ()
    assert table["next_frame"] == (("Right",) if preset is Preset.CVAT else ("D", "Right"))


def test_the_owner_of_a_key_is_named_only_where_both_can_be_asked_for() -> None:
    owner = owner_of("B", Preset.DEFAULT, for_action="eraser")
    assert owner is not None
    assert owner.id == "brush"
    assert owner_of("B", Preset.DEFAULT, for_action="brush") is None
    assert owner_of("Ctrl+Shift+F12", Preset.DEFAULT, for_action="brush") is None


def test_what_cannot_be_a_key_says_why() -> None:
    assert refusal("brush", "Esc")
    assert refusal("brush", "Space")
    assert refusal("brush", "Tab")
    assert refusal("pan", "J")
    assert refusal("peek", "Ctrl+J")
    assert refusal("peek", "+") is None
    assert refusal("brush", "Ctrl+J") is None


def test_both_keys_that_are_called_enter_go_together() -> None:
    assert twins("Return") == twins("Enter") == ("Return", "Enter")
    assert twins("Ctrl+Enter") == ("Ctrl+Return", "Ctrl+Enter")
    assert twins("Ctrl++") == ("Ctrl++",)
    assert twins("+") == ("+",)


def test_the_text_says_everything_and_nothing_for_no_change() -> None:
    own = OwnKeys({"brush": ("J", ",", "Ctrl+;"), "peek": ()})
    assert own_keys_of(own_keys_text(own)) == own
    assert own_keys_text(OwnKeys()) == ""
    assert own_keys_of("") == OwnKeys()


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "7", "null", '{"schema": 2, "keys": {"brush": ["J"]}}', '{"schema": 1}', '{"schema": 1, "keys": 3}'],
)
def test_a_text_that_cannot_be_read_changes_nothing(text: str) -> None:
    assert own_keys_of(text) == OwnKeys()


def test_what_is_damaged_in_a_text_is_passed_over_and_ids_of_other_versions_are_kept() -> None:
    rows = {"brush": ["J", 4, "nonsense", "A, B"], "eraser": "K", "of_another_version": ["L"], "pan": ["M"]}
    own = own_keys_of(json.dumps({"schema": 1, "keys": rows}))
    assert own.keys == {"brush": ("J",), "of_another_version": ("L",), "pan": ("M",)}
    assert "of_another_version" in own_keys_text(own)
    table = key_table(Preset.DEFAULT, own)
    assert set(table) == set(BY_ID)
    assert (table["brush"], table["livewire"], table["take_proposal"]) == (("J",), ("L",), ("M",))


def test_a_text_in_which_two_actions_have_one_key_gives_it_to_the_first() -> None:
    own = OwnKeys({"eraser": ("J",), "brush": ("J",)})
    table = key_table(Preset.DEFAULT, own)
    assert (table["brush"], table["eraser"]) == (("J",), ())
