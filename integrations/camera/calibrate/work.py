"""One calibration at work: the picture, the sheet as the page last sent it, what the calibrator says, and the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.camera.calibrate.saving import line_for, save, text_of
from integrations.camera.calibrate.sheet import Unfit, likely_name, read_sheet, sketch_of

Calibrator = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(slots=True, kw_only=True)
class Work:
    """What one run of the command is about."""

    name: str
    size: tuple[int, int]  # pixels across and down
    jpeg: bytes
    first: Mapping[str, Any]  # the sheet to begin with
    calibrator: Calibrator
    notices: list[str] = field(default_factory=list)
    fixed_masks: list[dict[str, Any]] = field(default_factory=list)  # of the camera's own section
    path: Path | None = None  # of the file; None: it is printed
    config: Path = Path()
    overruled: list[str] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)  # texts that were written or are to be printed

    def begin(self) -> dict[str, Any]:
        """What the page needs to begin."""
        return {
            "name": self.name, "size": list(self.size), "sheet": self.first, "notices": self.notices,
            "fixed_masks": self.fixed_masks, "file": str(self.path) if self.path else None,
        }  # fmt: skip

    def fit(self, data: Any) -> dict[str, Any]:
        """The calibrator's answer to a sheet, told mark by mark."""
        try:
            sheet = read_sheet(data)
            if not sheet["marks"]:
                return fault("nothing", "there are no marks yet")
            sketch = sketch_of(sheet, self.name, self.size)
        except Unfit as error:
            return fault(error.code, str(error))
        return by_marks(sheet, sketch, self.calibrator(sketch))

    def text(self, data: Any) -> dict[str, Any]:
        """The file's text for a sheet, or a fault."""
        answer = self.fit(data)
        sheet = read_sheet(data) if answer["fault"] is None or answer["fault"]["code"] == "nothing" else None
        if sheet is None or (answer["fault"] and not sheet["masks"]):
            return {"fault": answer["fault"]}
        return {
            "fault": None, "text": text_of(self.name, answer.get("calibration"), sheet, judgement_of(answer)),
            "file": str(self.path) if self.path else None,
            "line": line_for(self.path, self.config) if self.path else None, "overruled": self.overruled,
        }  # fmt: skip

    def save(self, data: Any) -> dict[str, Any]:
        """Write the file (or keep its text for printing); says where the one before was kept."""
        answer = self.text(data)
        if answer["fault"] is not None:
            return answer
        if self.path is not None:
            try:
                kept = save(self.path, answer["text"])
            except OSError as error:
                return fault("disk", f"{self.path}: {error.strerror}")
            answer["kept"] = str(kept) if kept else None
        self.saved.append(answer["text"])
        return answer


def fault(code: str, text: str) -> dict[str, Any]:
    """An answer without a calibration."""
    return {
        "fault": {"code": code, "text": text},
        "marks": [],
        "lines": [],
        "labels": [],
        "calibration": None,
    }


def by_marks(
    sheet: Mapping[str, Any], sketch: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer with residuals a mark (its worst click), and what the suspect should have been called."""
    if answer["fault"] is not None:
        return fault(answer["fault"]["code"], answer["fault"]["text"])
    off: list[dict[str, float]] = [{"px": 0.0, "cm": 0.0} for _ in sheet["marks"]]
    for point, residual in zip(sketch["reference_points"], answer["residuals"], strict=True):
        mark = off[point["mark"]]
        off[point["mark"]] = {key: max(mark[key], residual[key]) for key in mark}
    suspect = answer["suspect"]
    if suspect is not None:
        item = sheet["marks"][suspect["mark"]]
        suspect = {**suspect, "likely": likely_name(item, suspect["m"], sketch["grid"])}
    worst = max(range(len(off)), key=lambda index: off[index]["px"])
    return {**answer, "marks": off, "worst": worst, "suspect": suspect, "grid": sketch["grid"]}


def judgement_of(answer: Mapping[str, Any]) -> str:
    """One sentence for the file's head."""
    if answer["fault"] is not None:
        return "Masks only; the facade is not calibrated."
    worst = answer["marks"][answer["worst"]]
    return f"Worst mark: {worst['px']:.1f} px ({worst['cm']:.0f} cm) off."
