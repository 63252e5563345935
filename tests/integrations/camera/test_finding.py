from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from hub.api import Alarm, Event, Evidence, Severity
from integrations.camera.finding import make_event

CAMERA = {"id": "gate", "area": "b1"}


class ThingSeen(Alarm, frozen=True, kw_only=True):
    camera: str
    size: Literal["small", "large"]
    weight: float
    floor: int | str
    path: tuple[tuple[float, float], ...] = ()
    started: datetime


class Passed(Event, frozen=True, kw_only=True):
    count: int


def found(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "thing_seen",
        "started": "2026-03-01T04:00:01.250000+00:00",
        "key": "2026-03-01T04:00:01.250000+00:00",
        "ended": "2026-03-01T04:00:02+00:00",
        "evidence": [
            {"kind": "picture", "path": "camera/gate/a.jpg", "media_type": "image/jpeg", "sha256": "ab"},
            {"kind": "clip", "path": "camera/gate/a.mp4", "media_type": "video/mp4"},
        ],
        "fields": {"size": "small", "weight": 2, "floor": 12, "path": [[1.0, 2], [3, 4.5]], **fields},
    }


def test_a_find_becomes_a_typed_alarm_of_the_camera() -> None:
    event = make_event(ThingSeen, CAMERA, found(severity="critical"))
    assert isinstance(event, ThingSeen)
    assert (event.camera, event.source, event.area) == ("gate", "camera.gate", "b1")
    assert event.at == event.started == datetime(2026, 3, 1, 4, 0, 1, 250000, UTC)
    assert event.severity is Severity.critical
    assert event.weight == 2.0
    assert isinstance(event.weight, float)
    assert event.path == ((1.0, 2.0), (3.0, 4.5))
    assert event.evidence[0] == Evidence(
        kind="picture", path="camera/gate/a.jpg", media_type="image/jpeg", sha256="ab"
    )
    assert event.evidence[1].sha256 == ""


def test_the_same_find_is_the_same_event() -> None:
    first, second = (make_event(ThingSeen, CAMERA, found(weight=weight)) for weight in (1.0, 2.0))
    assert first.id == second.id
    assert first.id != make_event(ThingSeen, {**CAMERA, "id": "yard"}, found()).id
    later = {**found(), "started": "2026-03-01T04:00:01.300000+00:00"}
    assert (
        make_event(ThingSeen, CAMERA, later).id == first.id
    )  # told again by another clock, under its own key
    assert make_event(ThingSeen, CAMERA, {**found(), "key": "another"}).id != first.id


def test_an_event_that_is_no_alarm_has_no_evidence() -> None:
    event = make_event(Passed, CAMERA, {**found(), "fields": {"count": 3}})
    assert isinstance(event, Passed)
    assert event.count == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": "huge"}, "size"),
        ({"weight": "heavy"}, "weight"),
        ({"floor": 1.5}, "floor"),
        ({"wieght": 1.0}, "no field 'wieght'"),
        ({"evidence": []}, "no field 'evidence'"),
        ({"id": "mine"}, "no field 'id'"),
        ({"severity": "awful"}, "awful"),
    ],
)
def test_what_an_analyzer_gets_wrong_is_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_event(ThingSeen, CAMERA, found(**fields))


def test_a_missing_field_is_named() -> None:
    told = found()
    del told["fields"]["weight"]
    with pytest.raises(ValueError, match="weight"):
        make_event(ThingSeen, CAMERA, told)
