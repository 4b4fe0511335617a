"""Colours, sizes and type: one table for each theme, one style sheet out of it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Final, Literal

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from polypviewer.core.review import ReviewStatus
from polypviewer.ui.style_sheet import SHEET
from resources import path as resource_path

ThemeName = Literal["dark", "light", "contrast"]

GRID: Final = 8
TEXT_PX: Final = 13
HEADING_PX: Final = 11
TOP_BAR: Final = 44
RAIL: Final = 52
OPTIONS_BAR: Final = 36
PANEL: Final = 312
STRIP: Final = 104
TIMELINE: Final = 156
STATUS_BAR: Final = 28
TARGET: Final = 28
"""Every control can be hit on at least this many pixels."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of a theme by the role they play."""

    name: ThemeName
    canvas: str
    window: str
    panel: str
    raised: str
    hover: str
    line: str
    text: str
    quiet: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    bright: str
    warning: str
    danger: str
    good: str
    focus: str
    chip: str
    knob: str
    on_warning: str = "#101214"
    accepted: str = "#009E73"
    corrected: str = "#F0E442"
    proposed: str = "#56B4E9"
    needs_work: str = "#E69F00"
    no_polyp: str = "#8A9099"
    unreviewed: str = "#3A3E45"


DARK: Final = Tokens(
    name="dark", canvas="#0E0F10", window="#141517", panel="#202226", raised="#2F333A", hover="#3A3F47",
    line="#2D3036", text="#E7E8EA", quiet="#9AA0A8", accent="#0F8F74", accent_hover="#13A083",
    accent_pressed="#0C7A63", on_accent="#FFFFFF", bright="#4CC9A4", warning="#E69F00", danger="#FF8A7A",
    good="#4CC9A4", focus="#4CC9A4", chip="#2A2D33", knob="#E7E8EA",
)  # fmt: skip
LIGHT: Final = Tokens(
    name="light", canvas="#D4D6D9", window="#F1F2F4", panel="#FFFFFF", raised="#E8EAED", hover="#DDE0E4",
    line="#D8DBDF", text="#191B1E", quiet="#5B626C", accent="#0B7D65", accent_hover="#0A6F5A",
    accent_pressed="#085F4D", on_accent="#FFFFFF", bright="#0A7A62", warning="#8F5B00", danger="#B3261E",
    good="#0A7A62", focus="#0B7D65", chip="#EDEFF1", knob="#0B7D65",
    on_warning="#FFFFFF", corrected="#D9C700", proposed="#3E9BD3", unreviewed="#BFC4CB",
)  # fmt: skip
CONTRAST: Final = Tokens(
    name="contrast", canvas="#000000", window="#000000", panel="#000000", raised="#1C1C1C", hover="#3A3A3A",
    line="#8C8C8C", text="#FFFFFF", quiet="#D8D8D8", accent="#00624E", accent_hover="#007D63",
    accent_pressed="#004A3B", on_accent="#FFFFFF", bright="#5FFFD0", warning="#FFC24A", danger="#FF9C8F",
    good="#5FFFD0", focus="#FFE45C", chip="#1C1C1C", knob="#FFFFFF",
    accepted="#2BD9A6", no_polyp="#C4C8CE", unreviewed="#7A7A7A",
)  # fmt: skip
"""Every text at least 7:1 on what it stands on, every edge at least 3:1."""
THEMES: Final[dict[ThemeName, Tokens]] = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST}

SMALLEST_TEXT, LARGEST_TEXT = 80, 200
TEXT_STEP: Final = 10
"""Percent that one key press makes text larger."""

STATUS_LETTERS: Final[dict[ReviewStatus, str]] = {
    ReviewStatus.UNREVIEWED: "",
    ReviewStatus.PROPOSED: "P",
    ReviewStatus.EDITED: "E",
    ReviewStatus.ACCEPTED: "A",
    ReviewStatus.CORRECTED: "C",
    ReviewStatus.NO_POLYP: "0",
    ReviewStatus.NEEDS_WORK: "N",
}
"""The letter that stands beside each status colour, so that nothing is said by colour alone."""

LESION_COLOURS: Final = (
    "#19E3B1", "#912DFF", "#38C4FF", "#D1D700", "#FFFFFF", "#9577FF", "#6B7EAE", "#27850A", "#7D8172",
)  # fmt: skip
"""Cool colours that mucosa never has, one for each of the keys 1 to 9; slots beyond begin again.

Found by search: any two of them are at least 20 Delta E (1976) apart, also for protanopes and deuteranopes (a test
simulates them). The number stands beside the colour wherever there is room.
"""


class _Active:
    """Which theme is on, and how large text is, for what paints itself."""

    tokens: Tokens = DARK
    text_percent: int = 100


def active() -> Tokens:
    """The tokens of the theme that is on."""
    return _Active.tokens


def next_theme(name: ThemeName) -> ThemeName:
    """The theme after this one, going round."""
    names = tuple(THEMES)
    return names[(names.index(name) + 1) % len(names)]


def text_percent() -> int:
    """How large text is, in percent of its usual size."""
    return _Active.text_percent


def scaled(pixels: float) -> int:
    """A length that holds text, in logical pixels at the size that text has now."""
    return max(1, round(pixels * _Active.text_percent / 100))


def status_colour(status: ReviewStatus) -> QColor:
    """The colour of a status light in the theme that is on."""
    name = "proposed" if status == ReviewStatus.EDITED else status.value
    return QColor(getattr(active(), name))


def lesion_colour(slot: int) -> QColor:
    """The colour of a lesion slot (1-254)."""
    return QColor(LESION_COLOURS[(slot - 1) % len(LESION_COLOURS)])


def text_font(*, pixels: int = TEXT_PX, bold: bool = False) -> QFont:
    """The system's font at a size in pixels, with figures of equal width."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(scaled(pixels))
    font.setFeature(QFont.Tag("tnum"), 1)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def heading_font() -> QFont:
    """Small capitals of headings."""
    font = text_font(pixels=HEADING_PX, bold=True)
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
    return font


def apply_theme(application: QApplication, name: ThemeName, *, percent: int = 100) -> Tokens:
    """Give the whole application a theme and a size of text; what paints itself hears of it by `changeEvent`."""
    tokens = THEMES[name]
    _Active.tokens = tokens
    _Active.text_percent = min(max(percent, SMALLEST_TEXT), LARGEST_TEXT)
    application.setFont(text_font())
    application.setPalette(_palette(tokens))
    application.setStyleSheet(style_sheet(tokens))
    return tokens


_HEIGHTS: Final = re.compile(r"(m(?:in|ax)-(?:height|width)): (\d+)px")
"""Lengths of the style sheet that grow with the text in them."""


def style_sheet(tokens: Tokens) -> str:
    """The style sheet of a theme: one table of rules with the names of tokens between percent signs."""
    sheet = SHEET.replace("%icons%", resource_path("icons").as_posix())
    for key, value in asdict(tokens).items():
        sheet = sheet.replace(f"%{key}%", value)
    return _HEIGHTS.sub(_scaled_height, sheet)


def _scaled_height(found: re.Match[str]) -> str:
    return f"{found[1]}: {scaled(float(found[2]))}px"


def _palette(tokens: Tokens) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: tokens.window,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.panel,
        QPalette.ColorRole.AlternateBase: tokens.raised,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.Button: tokens.raised,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.quiet,
        QPalette.ColorRole.Highlight: tokens.accent,
        QPalette.ColorRole.HighlightedText: tokens.on_accent,
        QPalette.ColorRole.ToolTipBase: tokens.raised,
        QPalette.ColorRole.ToolTipText: tokens.text,
    }
    palette = QPalette()
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.quiet))
    return palette
