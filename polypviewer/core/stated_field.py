"""A field of view that a reader drew, as the text of a statement.

`{"schema": 1, "polygon": [[x, y], ...]}` in image coordinates of the medium's grid, or `{"schema": 1, "whole": true}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from polypviewer.core.errors import EditError
from polypviewer.core.field_of_view import Box, FieldOfView
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import Mask
from polypviewer.core.region import frame_mask

SCHEMA: Final = 1
WHOLE: Final = json.dumps({"schema": SCHEMA, "whole": True})


def polygon_text(points: Sequence[Point]) -> str:
    """The statement of a drawn field; corners are kept to a tenth of a pixel."""
    return json.dumps({"schema": SCHEMA, "polygon": [[round(point.x, 1), round(point.y, 1)] for point in points]})


def stated_mask(text: str, *, height: int, width: int) -> Mask:
    """Where the stated field lies in a frame, `(height, width)` bool.

    Raises `EditError` ("field.unreadable") for a text that this version does not know.
    """
    from polypviewer.core.regions.polygon import polygon_region

    try:
        stated = json.loads(text)
        if stated["schema"] != SCHEMA:
            raise ValueError(f"schema {stated['schema']}")
        if stated.get("whole"):
            return np.ones((height, width), np.bool_)
        points = [Point(float(x), float(y)) for x, y in stated["polygon"]]
    except (ValueError, KeyError, TypeError) as error:
        raise EditError("field.unreadable", reason=str(error)) from error
    return frame_mask(polygon_region(points, height=height, width=width), height=height, width=width)


def stated_view(text: str, *, height: int, width: int) -> FieldOfView:
    """The stated field as models take it: what a reader drew holds whole, so no insets are looked for inside it.

    Raises `EditError` ("field.unreadable") for a text that this version does not know, or that holds no pixel here.
    """
    mask = stated_mask(text, height=height, width=width)
    left, top, box_width, box_height = cv2.boundingRect(mask.view(np.uint8))
    if not box_width:
        raise EditError("field.unreadable", reason="no pixel inside")
    return FieldOfView(Box(left, top, left + box_width, top + box_height), mask, ())
