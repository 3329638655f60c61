"""Pixels → boxes with text, by rapidocr-onnxruntime, which brings its models along. Worker process only."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from channels.pictures.decode import Pixels
from channels.pictures.lines import Box
from channels.pictures.slices import slices

SURE = 0.6  # mean probability of the characters; below it is mostly icons and pattern
UPRIGHT, WIDE = (
    960,
    1_400,
)  # longest side, in pixels, as the detector sees it; writing on wide screens is smaller
MOST_ENLARGED = 2.0  # times; a small picture of a screen becomes no clearer past that


class Ocr:
    """The models, loaded once; one picture at a time."""

    def __init__(self, threads: int) -> None:
        import cv2
        from rapidocr_onnxruntime import RapidOCR

        cv2.setNumThreads(1)
        # A limit of 32 pixels means: the detector takes the picture in the size given to it.
        self._engine: Any = RapidOCR(
            intra_op_num_threads=threads, inter_op_num_threads=1, det_limit_type="min", det_limit_side_len=32
        )
        self._engine.text_rec.rec_batch_num = 1  # in a batch all lines are filled up to the longest one

    def boxes(self, pixels: Pixels, until: float) -> tuple[list[Box], bool]:
        """Return what is written, and whether all was read before ``until`` (``time.monotonic()``)."""
        found: list[Box] = []
        for top, piece in slices(pixels):
            if time.monotonic() > until:
                return found, False
            found += self._read(piece, top)
        return found, True

    def _read(self, piece: Pixels, top: int) -> list[Box]:
        import cv2

        image = np.ascontiguousarray(
            piece[:, :, ::-1]
        )  # the models were trained on OpenCV's order of colours
        height, width = image.shape[:2]
        factor = min(MOST_ENLARGED, (UPRIGHT if height >= width else WIDE) / max(height, width))
        way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        seen = cv2.resize(image, None, fx=factor, fy=factor, interpolation=way)
        corners, _ = self._engine.text_det(seen)
        if corners is None or not len(corners):
            return []
        corners = corners.astype(np.float32) / factor
        # Lines are cut out at full size: the recogniser needs the strokes that the detector can do without.
        read, _ = self._engine.text_rec(self._engine.get_crop_img_list(image, corners))
        boxes = []
        for quad, (text, score) in zip(corners, read, strict=True):
            left, high = (float(value) for value in quad.min(axis=0))
            right, low = (float(value) for value in quad.max(axis=0))
            if score >= SURE and text.strip():
                paper = _paper(piece, left, high, right, low)
                boxes.append(Box(left, high + top, right, low + top, text.strip(), paper))
        return boxes


def _paper(piece: Pixels, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int]:
    """Return the colour behind the text: strokes cover less than half of a box, so the median is the ground."""
    area = piece[
        int(top) : max(int(bottom), int(top) + 1) : 2, int(left) : max(int(right), int(left) + 1) : 2
    ]
    red, green, blue = np.median(area.reshape(-1, 3), axis=0)
    return int(red), int(green), int(blue)
