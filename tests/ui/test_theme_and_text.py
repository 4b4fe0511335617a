import re

import pytest
from PySide6.QtGui import QColor

from polypviewer.core.review import ReviewStatus
from polypviewer.ui.status_marks import status_name
from polypviewer.ui.style_sheet import SHEET
from polypviewer.ui.text import clock_text, count_text, duration_text, figure_text
from polypviewer.ui.theme import CONTRAST, DARK, LIGHT, STATUS_LETTERS, Tokens, status_colour, style_sheet, text_font


def luminance(colour: str) -> float:
    made = QColor(colour)
    parts = (made.redF(), made.greenF(), made.blueF())
    linear = [float(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4) for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda t: t.name)
@pytest.mark.parametrize("ink", ["text", "quiet", "warning", "danger", "good", "bright"])
@pytest.mark.parametrize("ground", ["panel", "window"])
def test_text_can_be_read(theme: Tokens, ink: str, ground: str) -> None:
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= 4.5


@pytest.mark.parametrize("ink", ["text", "quiet", "warning", "danger", "good", "bright", "focus"])
@pytest.mark.parametrize("ground", ["panel", "window", "raised", "chip"])
def test_high_contrast_is_high(ink: str, ground: str) -> None:
    assert contrast(getattr(CONTRAST, ink), getattr(CONTRAST, ground)) >= 7
    assert contrast(CONTRAST.line, getattr(CONTRAST, ground)) >= 3


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda t: t.name)
def test_what_stands_on_a_coloured_ground_can_be_read(theme: Tokens) -> None:
    assert contrast(theme.on_warning, theme.warning) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 3.9


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda t: t.name)
def test_surroundings_of_the_picture_have_no_tint(theme: Tokens) -> None:
    canvas = QColor(theme.canvas)
    parts = (canvas.red(), canvas.green(), canvas.blue())
    assert max(parts) - min(parts) <= 6


def test_every_rule_uses_colours_that_the_themes_have() -> None:
    for theme in (DARK, LIGHT, CONTRAST):
        assert not re.search(r"%\w+%", style_sheet(theme))
    assert "#" not in re.sub(r"#[A-Za-z]+\b", "", SHEET)


def test_every_status_has_a_name_a_colour_and_all_but_one_a_letter() -> None:
    letters = [STATUS_LETTERS[status] for status in ReviewStatus if status != ReviewStatus.UNREVIEWED]
    assert all(letters)
    assert len(set(letters)) == len(letters)
    assert all(status_colour(status).isValid() and status_name(status) for status in ReviewStatus)


def test_type_is_thirteen_pixels() -> None:
    assert text_font().pixelSize() == 13


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59, "59 s"), (125, "2 min 05 s"), (720, "about 12 min"), (3900, "1 h 05 min")],
)
def test_durations_are_said_as_a_person_would(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_figures() -> None:
    assert clock_text(312.48) == "05:12.480"
    assert clock_text(3725.5) == "1:02:05.500"
    assert count_text(27140) == "27\N{NARROW NO-BREAK SPACE}140"
    assert figure_text(None) == "–"
    assert figure_text(0.9449) == "0.94"
