"""Names what was found, if the admin gives a detector's weights: any ONNX model of a common form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.showing import Box
from integrations.shopfront.window import Picture

USUAL_SIDE = 640  # pixels, where the model does not say
LEAST_OVERLAP = 0.2  # of the found box and the detector's, intersection over union
AROUND = 1.5  # times the box's own size that the detector is shown around it, on each side
GREY = 114  # of the border that makes the picture square


class Namer:
    """A detector: one input of 1 x 3 x height x width, RGB from 0 to 1; its output is read by its shape.

    1 x N x 6: left, top, right, bottom in pixels of the input, score, class. 1 x (4 + classes) x N: centre, size and
    a score for each class.
    """

    def __init__(self, weights: Path, labels: Sequence[str], least_score: float = 0.4) -> None:
        if not weights.is_file():
            raise ValueError(f"there is no file '{weights}' with a detector's weights")
        try:
            import onnxruntime
        except ImportError as error:
            raise ValueError(
                "a detector needs ONNX Runtime; install it with: pip install 'linli-hub[detector]'"
            ) from error
        self._labels, self._least = tuple(labels), least_score
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(weights), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # Its own exceptions have no common class; whatever it is, the file is not usable.
            raise ValueError(f"'{weights}' is no ONNX model that can be run: {error}") from error
        (entry, *more) = self._session.get_inputs()
        if more or len(entry.shape) != 4 or entry.shape[1] not in (3, "3"):
            raise ValueError(f"'{weights}' takes no picture of 1 x 3 x height x width")
        self._input = entry.name
        self._size = tuple(
            side if isinstance(side, int) and side > 0 else USUAL_SIDE for side in entry.shape[2:]
        )

    def name(self, picture: Picture, box: Box) -> str:
        """What stands in the box (pixels of the picture, BGR); "" when it knows nothing there."""
        left, top, right, bottom = box
        wide, high = AROUND * max(right - left, 32), AROUND * max(bottom - top, 32)
        x, y = max(0, int(left - wide)), max(0, int(top - high))
        part = picture[y : int(bottom + high), x : int(right + wide)]
        entry, scale = self._fitted(part)
        output = np.asarray(self._session.run(None, {self._input: entry})[0], dtype=np.float32)
        target = tuple((value - origin) * scale for value, origin in zip(box, (x, y, x, y), strict=True))
        best, name = self._least, ""
        for corners, score, kind in rows_of(output):
            if score >= best and 0 <= kind < len(self._labels) and overlap(corners, target) >= LEAST_OVERLAP:
                best, name = score, self._labels[kind]
        return name

    def _fitted(self, part: Picture) -> tuple[NDArray[np.float32], float]:
        high, wide = self._size
        scale = min(wide / part.shape[1], high / part.shape[0])
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        sheet = np.full((high, wide, 3), GREY, dtype=np.uint8)
        sheet[: size[1], : size[0]] = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(sheet[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255), scale


def rows_of(output: NDArray[np.float32]) -> list[tuple[tuple[float, ...], float, int]]:
    """Corners, score and class of each of a detector's boxes; ValueError for a form that is not known."""
    if output.ndim != 3 or output.shape[0] != 1:
        raise ValueError(
            f"the detector's output has the shape {output.shape}; 1 x N x 6 or 1 x (4 + C) x N is known"
        )
    table = output[0]
    if table.shape[1] == 6:
        return [(tuple(map(float, row[:4])), float(row[4]), int(row[5])) for row in table]
    table = table.T
    x, y, half_w, half_h = table[:, 0], table[:, 1], table[:, 2] / 2, table[:, 3] / 2
    corners = np.stack([x - half_w, y - half_h, x + half_w, y + half_h], axis=1)
    kinds = table[:, 4:].argmax(axis=1)
    scores = table[np.arange(len(table)), 4 + kinds]
    best = np.argsort(-scores)[:100]
    return [(tuple(map(float, corners[n])), float(scores[n]), int(kinds[n])) for n in best]


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (areas - both)


def open_namer(settings: Mapping[str, Any]) -> Namer:
    """The detector of cleaned settings; ValueError says what is wrong with it."""
    return Namer(Path(settings["weights"]).expanduser(), settings["labels"], settings["least_score"])
