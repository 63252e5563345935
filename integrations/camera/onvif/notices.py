"""What an ONVIF notification means: motion, or that somebody tampers with the camera. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOTION = (
    "VideoSource/MotionAlarm",
    "RuleEngine/CellMotionDetector/Motion",
    "RuleEngine/MotionRegionDetector/Motion",
)
TAMPER = ("RuleEngine/TamperDetector/Tamper", "VideoSource/GlobalSceneChange")
TRUE, FALSE = frozenset(["true", "1"]), frozenset(["false", "0"])
MOST_SOURCES = 64  # rules and sensors of one camera; whoever names more is not believed


@dataclass(slots=True)
class Senses:
    """What a camera senses now: motion is on while any of its rules says so, likewise tampering."""

    _on: dict[str, dict[str, bool]] = field(default_factory=lambda: {"motion": {}, "tamper": {}})

    def hear(
        self, topic: Any, source: Iterable[tuple[Any, Any]], data: Iterable[tuple[Any, Any]]
    ) -> str | None:
        """Take a notification: its topic, and name-value pairs. Returns the sense that changed, if one did."""
        sense, path = sense_of(topic)
        value = next((truth for _name, item in data if (truth := truth_of(item)) is not None), None)
        if sense is None or value is None:
            return None
        key = f"{path} {sorted(str(item) for _name, item in source)}"[:500]
        rules, before = self._on[sense], self.is_on(sense)
        if key not in rules and len(rules) >= MOST_SOURCES:
            return None
        rules[key] = value
        return sense if self.is_on(sense) != before else None

    def is_on(self, sense: str) -> bool:
        """Whether any rule of that sense is on."""
        return any(self._on[sense].values())


def sense_of(topic: Any) -> tuple[str | None, str]:
    """ "motion", "tamper" or None, and the topic without its namespaces' prefixes."""
    if not isinstance(topic, str) or len(topic) > 500:
        return None, ""
    path = "/".join(step.rpartition(":")[2] for step in topic.strip().split("/"))
    if path in MOTION:
        return "motion", path
    if any(path == known or path.startswith(f"{known}/") for known in TAMPER):
        return "tamper", path
    return None, path


def truth_of(value: Any) -> bool | None:
    """XML's booleans; None for anything else."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in TRUE else False if word in FALSE else None
