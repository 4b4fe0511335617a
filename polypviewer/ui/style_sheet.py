"""The rules of the style sheet; `%role%` stands for a colour of the theme's tokens."""

from __future__ import annotations

from typing import Final

SHEET: Final = """
QWidget { color: %text%; }
QMainWindow, QDialog, #page { background: %window%; }
#topBar, #statusBar, #strip, #timeline { background: %panel%; }
#topBar { border-bottom: 1px solid %line%; }
#statusBar, #strip, #timeline { border-top: 1px solid %line%; }
#panel { background: %panel%; border-left: 1px solid %line%; }
#panelPage, #panelPage > QWidget, QScrollArea, QScrollArea > QWidget > QWidget { background: transparent;
    border: none; }
#rail, #optionsBar, #viewBar, #viewPanel, #legend { background: %panel%; border: 1px solid %line%; border-radius: 8px; }
#card { background: %panel%; border: 1px solid %line%; border-radius: 8px; }
#messageBar { background: %raised%; border: 1px solid %line%; border-radius: 8px; }
#messageBar[level="error"] { border: 1px solid %danger%; }
#messageBar[level="warning"] { border: 1px solid %warning%; }
#palette, #sheet { background: %panel%; border: 1px solid %line%; border-radius: 8px; }
#separator { background: %line%; border: none; }

QLabel { background: transparent; border: none; }
QLabel[tone="quiet"] { color: %quiet%; }
QLabel[tone="bright"] { color: %bright%; }
QLabel[tone="warning"] { color: %warning%; }
QLabel[tone="danger"] { color: %danger%; }

QPushButton, QToolButton { background: %raised%; border: 1px solid transparent; border-radius: 6px; padding: 0 10px;
    min-height: 30px; }
QPushButton:hover, QToolButton:hover { background: %hover%; }
QPushButton:pressed, QToolButton:pressed { background: %line%; }
QPushButton:disabled, QToolButton:disabled { color: %quiet%; background: %chip%; }
QPushButton:focus, QToolButton:focus { border: 1px solid %focus%; }
QPushButton[role="primary"] { background: %accent%; color: %on_accent%; }
QPushButton[role="primary"]:hover { background: %accent_hover%; }
QPushButton[role="primary"]:pressed { background: %accent_pressed%; }
QPushButton[role="primary"]:disabled { background: %chip%; color: %quiet%; }
QPushButton[role="primary"]:focus { border: 1px solid %text%; }
QPushButton[role="link"] { background: transparent; color: %bright%; padding: 0 6px; font-weight: 600; }
QPushButton[role="chip"] { background: %chip%; border-radius: 14px; padding: 0 10px; min-height: 26px; }
QPushButton[role="chip"]:hover, QPushButton[role="row"]:hover { background: %hover%; }
QPushButton[role="row"] { background: transparent; padding: 0 6px; text-align: left; min-height: 28px; }
QPushButton[role="row"]:checked { background: %raised%; }
QPushButton[stature="large"] { min-height: 34px; }
QPushButton[role="segment"] { background: transparent; color: %quiet%; border-radius: 5px; padding: 0 14px;
    min-height: 26px; }
QPushButton[role="segment"]:hover { color: %text%; }
QPushButton[role="segment"]:checked { background: %raised%; color: %text%; }
QPushButton[role="tab"] { background: transparent; color: %quiet%; border: none; border-bottom: 2px solid transparent;
    border-radius: 0; padding: 0; min-height: 38px; }
QPushButton[role="tab"]:hover { color: %text%; }
QPushButton[role="tab"]:checked { color: %text%; border-bottom: 2px solid %bright%; }
QPushButton[role="segment"]:focus, QPushButton[role="link"]:focus, QPushButton[role="chip"]:focus,
QPushButton[role="row"]:focus { border: 1px solid %focus%; }
QPushButton[role="tab"]:focus { color: %focus%; border-bottom: 2px solid %focus%; }
QPushButton[role="badge"] { background: %warning%; color: %on_warning%; font-weight: 600; border-radius: 5px;
    padding: 0 8px; min-height: 26px; }
QPushButton[role="badge"]:focus { border: 1px solid %text%; }
#segments { background: %window%; border: 1px solid %line%; border-radius: 7px; }

QToolButton[role="tool"] { background: transparent; padding: 0; min-height: 38px; max-height: 38px; min-width: 38px;
    max-width: 38px; border-radius: 8px; }
QToolButton[role="tool"]:hover { background: %raised%; }
QToolButton[role="tool"]:checked { background: %accent%; }
QToolButton[role="view"] { background: transparent; padding: 0; min-width: 28px; min-height: 28px; border-radius: 6px; }
QToolButton[role="view"]:hover { background: %raised%; }
QToolButton[role="view"]:checked { background: %accent%; }
QToolButton[role="flat"] { background: transparent; padding: 0; min-width: 28px; min-height: 28px; }
QToolButton[role="flat"]:hover, QToolButton[role="half"]:hover { background: %raised%; }
QToolButton[role="half"] { background: transparent; padding: 0; border-radius: 5px; min-width: 18px; max-width: 18px;
    min-height: 28px; max-height: 28px; }
QToolButton::menu-indicator { image: none; }
QToolButton:focus { border: 1px solid %focus%; }

QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox { background: %window%; border: 1px solid %line%;
    border-radius: 6px; padding: 0 8px; min-height: 28px; selection-background-color: %accent%;
    selection-color: %on_accent%; }
QPlainTextEdit { padding: 4px 6px; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus { border: 1px solid %focus%; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("%icons%/down.svg"); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: %panel%; border: 1px solid %line%; selection-background-color: %raised%;
    selection-color: %text%; outline: none; }
QMenu { background: %panel%; border: 1px solid %line%; border-radius: 8px; padding: 6px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 6px; min-height: 18px; }
QMenu::item:selected { background: %raised%; }
QMenu::item:disabled { color: %quiet%; }
QMenu::indicator { width: 10px; height: 10px; border: 1px solid %quiet%; border-radius: 3px; margin-left: 8px; }
QMenu::indicator:checked { background: %bright%; border: 1px solid %bright%; }
QMenu::separator { height: 1px; background: %line%; margin: 5px 8px; }
QListView, QTreeView, QTableView { background: transparent; border: none; outline: none; }
QListView::item { min-height: 30px; padding: 0 8px; border-radius: 6px; }
QListView::item:selected { background: %raised%; color: %text%; }
QListView::item:hover { background: %chip%; }
QHeaderView::section { background: transparent; color: %quiet%; border: none; border-bottom: 1px solid %line%;
    padding: 4px 6px; }
QRadioButton, QCheckBox { spacing: 8px; min-height: 28px; background: transparent; }
QRadioButton::indicator { width: 14px; height: 14px; border-radius: 8px; border: 1px solid %quiet%;
    background: %window%; }
QRadioButton::indicator:checked { border: 5px solid %bright%; width: 6px; height: 6px; background: %window%; }
QCheckBox::indicator { width: 14px; height: 14px; border-radius: 4px; border: 1px solid %quiet%;
    background: %window%; }
QCheckBox::indicator:checked { background: %bright%; border: 1px solid %bright%; image: url("%icons%/tick.svg"); }
QCheckBox:disabled { color: %quiet%; }
QRadioButton:focus, QCheckBox:focus { color: %focus%; }

QProgressBar { background: %hover%; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: %bright%; border-radius: 2px; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle { background: %hover%; border-radius: 3px; min-width: 32px; min-height: 32px; margin: 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QToolTip { background: %raised%; color: %text%; border: 1px solid %line%; padding: 4px 6px; }
"""
