"""The detector as a frame analyzer of a camera: calibration in, finds with their picture out. For camera workers."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hub.api import Found
from integrations.falling_object.calibration import Calibration
from integrations.falling_object.clip_config import parse_clip_config
from integrations.falling_object.detection import Detection
from integrations.falling_object.detector import Detector
from integrations.falling_object.dripping import Dripping
from integrations.falling_object.events import DrippingSeen, FallingObject
from integrations.falling_object.overlay import compose_snapshot
from integrations.falling_object.sensitivity import USUAL
from integrations.falling_object.suspects import SuspectShelf

log = logging.getLogger("falling_object")


class FallingObjectAnalyzer:
    """One camera's detector."""

    def __init__(
        self,
        calibration: Calibration,
        least_confidence: float,
        false_alarms_per_day: float = USUAL,
        suspects: SuspectShelf | None = None,
    ) -> None:
        self._calibration, self._least_confidence = calibration, least_confidence
        self._suspects = suspects
        self._detector = Detector(calibration, false_alarms_per_day)
        self._chroma: Any = None

    @property
    def in_flight(self) -> bool:
        """Whether something is being followed: a camera short of time leaves out other pictures first."""
        return self._detector.in_flight

    def take_chroma(self, chroma: Any) -> None:
        """The colour planes of the picture that is fed next: it can show what brightness does not."""
        self._chroma = chroma

    def feed(self, luma: Any, t: float, key_frame: bool) -> Iterable[Found]:
        """As the port says."""
        chroma, self._chroma = self._chroma, None
        found = self._told(self._detector.feed(luma, t, key_frame, chroma))
        while self._detector.rejections:
            rejection = self._detector.rejections.popleft()
            if rejection.suspicious and self._suspects is not None:
                self._suspects.put(rejection, luma)
        return found

    def finish(self) -> Iterable[Found]:
        """As the port says."""
        return self._told(self._detector.finish())

    def _told(self, detections: Iterable[Detection]) -> list[Found]:
        told = [
            found_of(detection, self._calibration)
            for detection in detections
            if detection.confidence >= self._least_confidence
        ]
        while self._detector.drippings:
            told.append(dripping_of(self._detector.drippings.popleft()))
        return told


def open_analyzer(camera: Mapping[str, Any], settings: Mapping[str, Any]) -> FallingObjectAnalyzer:
    """The analyzer of a camera; DetectError says what is wrong with its calibration."""
    clip = parse_clip_config(dict(camera["calibration"]))
    for warning in clip.warnings:
        log.warning("camera %s: %s", camera["id"], warning)
    wanted = settings.get("false_alarms_per_day") or camera.get("false_alarms_per_day") or USUAL
    folder = camera.get("state_dir")
    suspects = SuspectShelf(Path(folder) / "suspects", lambda: datetime.now(UTC)) if folder else None
    return FallingObjectAnalyzer(clip.calibration, settings["least_confidence"], wanted, suspects)


def dripping_of(dripping: Dripping) -> Found:
    """A dripping place as an event's fields; the picture of now shows where."""
    cell = dripping.cell
    fields = {
        "building": cell.building, "cell": cell.name, "floor": cell.floor, "unit": cell.unit,
        "count": dripping.count, "period_s": round(dripping.period_s, 1),
    }  # fmt: skip
    return Found(
        kind=DrippingSeen.kind, started=dripping.first, ended=dripping.last, fields=fields, clip=False
    )


def found_of(detection: Detection, calibration: Calibration) -> Found:
    """A detection as an event's fields."""
    _t, x, y = detection.trajectory[-1]
    lowest = float(calibration.locate(np.array([[x, y]]))[0, 1])
    fields = {
        "severity": "critical" if detection.heavy else "warning",
        "building": detection.cell.building,
        "cell": detection.cell.name,
        "floor": detection.cell.floor,
        "unit": detection.cell.unit,
        "origin_confidence": round(detection.cell_confidence, 3),
        "weight_class": "heavy" if detection.heavy else "light",
        "mass_kg": rounded(detection.mass_kg),
        "mass_low_kg": rounded(detection.mass_kg_interval[0]),
        "mass_high_kg": rounded(detection.mass_kg_interval[1]),
        "terminal_velocity": round(detection.terminal_velocity, 1),
        "confidence": round(detection.confidence, 3),
        "at_or_above": detection.at_or_above,
        "alternatives": [[cell.name, round(likely, 3)] for cell, likely in detection.cells[1:]],
        "path": [[round(t - detection.t_start, 3), round(u, 2), round(z, 2)] for t, u, z in detection.path_m],
        "drop_m": round(detection.origin_m[1] - lowest, 1),
    }
    return Found(
        kind=FallingObject.kind,
        started=detection.t_start,
        ended=detection.t_end,
        fields=fields,
        draw=partial(compose_snapshot, calibration, detection),
    )


def rounded(value: float) -> float:
    """Three significant digits: more would claim what nobody can know."""
    return float(f"{value:.3g}")
