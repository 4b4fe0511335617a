"""Settings: one table, three scopes, a file that never stops the program."""

from pathlib import Path

import pytest

from polypviewer.core.errors import SettingsError
from polypviewer.session.settings import TABLE, Settings, checked, home_folder


def test_every_default_fits_its_own_row() -> None:
    for name, row in TABLE.items():
        assert checked(name, row.default) == row.default


def test_a_setting_outlives_the_program(tmp_path: Path) -> None:
    Settings(tmp_path).set("device", "cpu")
    assert Settings(tmp_path).text("device") == "cpu"


def test_reader_settings_belong_to_the_reader(tmp_path: Path) -> None:
    first = Settings(tmp_path)
    first.set("reader", "R-1")
    first.reader = "R-1"
    first.set("brush_radius", 30.0)
    second = Settings(tmp_path)
    assert second.number("brush_radius") == 30.0
    second.reader = "R-2"
    assert second.number("brush_radius") == TABLE["brush_radius"].default


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("device", "gpu", "settings.choice"),
        ("finetune_steps", 0, "settings.range"),
        ("overlay_opacity", "much", "settings.value"),
        ("overlay_outline", 1, "settings.value"),
        ("colour_of_the_sky", "blue", "settings.unknown"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_cure(tmp_path: Path, name: str, value: str | int, code: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings(tmp_path).set(name, value)
    assert refused.value.code == code
    assert refused.value.cure


def test_a_damaged_file_is_kept_aside_and_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("device = [", "utf-8")
    assert Settings(tmp_path).text("device") == "auto"
    assert (tmp_path / "settings.toml.broken").exists()


def test_a_value_that_somebody_wrote_by_hand_and_does_not_fit_gives_the_default(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[machine]\ndevice = "toaster"\n', "utf-8")
    assert Settings(tmp_path).text("device") == "auto"


def test_the_folder_can_be_moved_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYPVIEWER_HOME", str(tmp_path / "elsewhere"))
    assert home_folder() == tmp_path / "elsewhere"
    Settings().set("theme", "light")
    assert (tmp_path / "elsewhere" / "settings.toml").exists()


def test_settings_that_cannot_be_written_are_an_error_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SettingsError) as refused:
        Settings(tmp_path / "file").set("device", "cpu")
    assert refused.value.code == "settings.write"
