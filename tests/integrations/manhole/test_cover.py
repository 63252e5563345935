"""The rules of the lid and its companions, one by one."""

from datetime import timedelta
from typing import Any

import pytest

from integrations.manhole.cover import Cover

from .scenes import HEARTBEAT, START, Scene, settings

FLAT, OVER, FAR = 0, 15, 60


# --- closed -> tilted ---------------------------------------------------------------------------------------


def test_tilted_when_two_reports_in_a_row_are_beyond_the_threshold() -> None:
    scene = Scene()
    assert scene.report(angle=OVER) == []
    scene.wait(seconds=2)
    changes = scene.report(angle=OVER)
    assert [(change.kind, change.alarm, change.reason) for change in changes] == [("tilted", True, "angle")]
    assert changes[0].angle == pytest.approx(OVER)
    assert scene.cover.summary == "tilted"


def test_tilted_when_it_stays_beyond_for_five_seconds() -> None:
    scene = Scene()
    scene.report(angle=OVER)
    assert scene.cover.deadline() == scene.now + timedelta(seconds=5)
    assert scene.wait(seconds=4.9) == []
    assert [change.kind for change in scene.wait(seconds=0.1)] == ["tilted"]


def test_tilted_at_once_by_the_devices_own_alarm() -> None:
    scene = Scene()
    changes = scene.report(angle=3, tilt_alarm=True)
    assert [(change.kind, change.reason) for change in changes] == [("tilted", "device")]


def test_a_lid_that_wavers_is_decided_within_thirty_seconds() -> None:
    scene = Scene()
    for _ in range(7):
        scene.report(angle=OVER)
        scene.wait(seconds=2)
        scene.report(angle=8)
        scene.wait(seconds=2)
    scene.report(angle=OVER)
    assert scene.kinds == []
    assert [change.kind for change in scene.wait(seconds=2)] == ["tilted"]
    assert scene.now == START + timedelta(seconds=30)


def test_a_lid_that_wavered_and_rests_below_the_threshold_is_left_alone() -> None:
    scene = Scene()
    scene.report(angle=OVER)
    scene.wait(seconds=2)
    scene.report(angle=8)
    assert scene.wait(seconds=60) == []
    assert scene.cover.lid.state == "closed"


@pytest.mark.parametrize(("seconds", "vibrations"), [(1, 1), (3, 0)])
def test_a_vehicle_is_no_event(seconds: float, vibrations: int) -> None:
    scene = Scene()
    scene.report(angle=OVER)
    scene.wait(seconds=seconds)
    scene.report(angle=FLAT)
    scene.wait(minutes=5)
    assert scene.said == []
    assert scene.cover.lid.vibrations == vibrations


@pytest.mark.parametrize("angle", [9.9, 5.1, 0])
def test_below_the_threshold_nothing_happens(angle: float) -> None:
    scene = Scene()
    for _ in range(3):
        scene.report(angle=angle)
        scene.wait(minutes=1)
    assert scene.said == []
    assert scene.cover.cover == "closed"


def test_the_threshold_can_be_set() -> None:
    scene = Scene(tilt_angle=20.0)
    scene.report(angle=15)
    scene.wait(seconds=30)
    scene.report(angle=21)
    scene.report(angle=21)
    assert scene.alarms == ["tilted"]


# --- -> open ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "means", [{"angle": 45}, {"angle": 90}, {"angle": 120}, {"open": True}, {"angle": 0, "open": True}]
)
def test_open_at_once(means: dict[str, Any]) -> None:
    scene = Scene()
    changes = scene.report(**means)
    assert [(change.kind, change.alarm) for change in changes] == [("opened", True)]
    assert scene.cover.summary == "open"


def test_a_tilted_lid_that_opens_alarms_again_in_the_same_episode() -> None:
    scene = Scene()
    scene.report(angle=OVER, tilt_alarm=True)
    scene.report(angle=FAR)
    assert scene.alarms == ["tilted", "opened"]
    assert len({change.episode for change in scene.said}) == 1


def test_an_open_lid_let_down_half_way_is_still_open() -> None:
    scene = Scene()
    scene.report(angle=FAR)
    scene.report(angle=20)
    scene.report(angle=20)
    assert scene.cover.lid.state == "open"
    assert scene.alarms == ["opened"]


# --- -> closed ----------------------------------------------------------------------------------------------


def test_closed_after_two_reports_at_the_baseline() -> None:
    scene = Scene()
    scene.report(angle=FAR)
    scene.report(angle=4)
    assert scene.cover.lid.state == "open"
    changes = scene.report(angle=4)
    assert [(change.kind, change.alarm) for change in changes] == [("closed", False)]
    assert changes[0].episode == scene.said[0].episode
    assert scene.cover.summary == "closed"


def test_closed_after_a_minute_at_the_baseline() -> None:
    scene = Scene()
    scene.report(angle=FAR)
    scene.report(angle=4)
    assert scene.wait(seconds=59) == []
    assert [change.kind for change in scene.wait(seconds=1)] == ["closed"]


@pytest.mark.parametrize(
    "between", [{"angle": 6}, {"angle": 0, "tilt_alarm": True}, {"angle": 0, "open": True}]
)
def test_not_closed_while_something_speaks_against_it(between: dict[str, Any]) -> None:
    scene = Scene()
    scene.report(angle=OVER, tilt_alarm=True)
    scene.report(angle=FLAT)
    scene.report(**between)
    scene.wait(minutes=2)
    assert scene.cover.lid.away


def test_a_contact_alone_opens_and_closes() -> None:
    scene = Scene(calibrated=False)
    scene.report(open=False)
    assert scene.cover.cover == "closed"
    scene.report(open=True)
    scene.report(open=False)
    scene.report(open=False)
    assert [(change.kind, change.alarm) for change in scene.said] == [("opened", True), ("closed", False)]


# --- missing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [OVER, FAR])
def test_missing_after_two_silent_heartbeats_since_it_moved(angle: float) -> None:
    scene = Scene()
    scene.report(angle=angle, tilt_alarm=True)
    assert scene.cover.deadline() == scene.now + 2 * HEARTBEAT
    assert scene.wait(hours=11.9) == []
    changes = scene.wait(hours=0.1)
    assert [(change.kind, change.alarm, change.reason) for change in changes] == [("missing", True, "silent")]
    assert scene.wait(hours=24)[0].kind == "offline"
    assert scene.alarms[-1] == "missing"  # no second alarm for the same silence
    assert scene.cover.summary == "missing"


def test_silence_without_a_movement_is_only_offline() -> None:
    scene = Scene()
    assert scene.wait(hours=14.9) == []
    changes = scene.wait(hours=0.1)
    assert [(change.kind, change.alarm) for change in changes] == [("offline", True)]
    assert scene.cover.cover == "closed_stale"
    assert scene.cover.summary == "offline"


def test_missing_when_other_gateways_hear_it() -> None:
    scene = Scene()
    scene.report(angle=FLAT, gateways=("roof", "gate"))
    scene.report(angle=FAR, gateways=("roof",))
    scene.report(angle=FAR, gateways=("market",))
    assert scene.alarms == ["opened"]
    changes = scene.report(angle=FAR, gateways=("market", "bridge"))
    assert [(change.kind, change.reason) for change in changes] == [("missing", "moved")]


def test_missing_when_its_position_moves() -> None:
    scene = Scene()
    scene.report(angle=FLAT, latitude=40.0389, longitude=116.5074)
    scene.report(angle=FAR, latitude=40.0389, longitude=116.5075)
    assert scene.alarms == ["opened"]
    scene.report(angle=FAR, latitude=40.0399, longitude=116.5075)
    assert scene.alarms == ["opened", "missing"]


def test_a_missing_cover_that_speaks_again_is_not_announced_anew() -> None:
    scene = Scene()
    scene.report(angle=FAR)
    scene.wait(hours=12)
    scene.report(angle=FAR)
    assert scene.cover.lid.state == "open"
    scene.wait(hours=12)
    assert scene.cover.lid.state == "missing"
    assert scene.alarms == ["opened", "missing"]
    scene.report(angle=FLAT)
    scene.report(angle=FLAT)
    assert scene.cover.summary == "closed"


# --- link ---------------------------------------------------------------------------------------------------


def test_offline_takes_an_hour_at_least() -> None:
    scene = Scene(heartbeat=timedelta(minutes=1))
    assert scene.wait(minutes=59) == []
    assert [change.kind for change in scene.wait(minutes=1)] == ["offline"]


def test_a_sensor_that_is_heard_again_is_online_and_may_fail_anew() -> None:
    scene = Scene()
    scene.wait(hours=20)
    scene.report(angle=FLAT)
    scene.wait(hours=20)
    assert scene.kinds == ["offline", "online", "offline"]
    assert scene.alarms == ["offline", "offline"]
    assert len({change.episode for change in scene.said}) == 2


def test_a_sensor_that_never_spoke_is_offline_too() -> None:
    scene = Scene(calibrated=False)
    assert scene.cover.link == "unknown"
    assert [change.kind for change in scene.wait(hours=15)] == ["offline"]


def test_a_report_that_was_kept_back_proves_that_the_sensor_lived() -> None:
    scene = Scene()
    sent = scene.now + HEARTBEAT
    scene.now += timedelta(hours=16)  # the hub was off: no ticks
    scene.report(angle=FLAT, at=sent)
    scene.wait(seconds=1)
    assert scene.said == []
    scene.wait(hours=5)
    assert scene.alarms == ["offline"]


def test_an_outage_of_the_gateway_excuses_silence() -> None:
    scene = Scene()
    scene.report(angle=FAR)
    scene.wait(hours=7)
    scene.keep(scene.cover.excuse(True, scene.now))
    scene.wait(hours=30)
    assert scene.alarms == ["opened"]
    assert scene.cover.link == "offline"
    scene.keep(scene.cover.excuse(False, scene.now))
    assert scene.alarms == ["opened"]
    scene.wait(hours=11)
    assert scene.alarms == ["opened"]
    scene.wait(hours=1)
    assert scene.alarms == ["opened", "missing"]


def test_a_sensor_that_stays_silent_when_its_gateway_is_back_is_announced() -> None:
    scene = Scene()
    scene.cover.excuse(True, scene.now)
    scene.wait(hours=30)
    scene.cover.excuse(False, scene.now)
    scene.wait(hours=14)
    assert scene.alarms == []
    scene.wait(hours=1)
    assert scene.alarms == ["offline"]


# --- water --------------------------------------------------------------------------------------------------


def test_flooded_by_flag_at_once_and_clear_after_ten_minutes() -> None:
    scene = Scene()
    assert [change.kind for change in scene.report(water=True)] == ["flooded"]
    scene.report(water=False)
    assert scene.wait(minutes=9) == []
    assert [change.kind for change in scene.wait(minutes=1)] == ["drained"]
    assert scene.alarms == ["flooded"]


def test_flooded_by_level_in_two_reports_with_ten_centimetres_of_hysteresis() -> None:
    scene = Scene()
    scene.report(level_mm=300)
    assert scene.kinds == []
    scene.report(level_mm=290)
    assert scene.alarms == ["flooded"]
    scene.report(level_mm=390)
    scene.wait(minutes=11)
    assert scene.cover.water.flooded
    scene.report(level_mm=400)
    scene.wait(minutes=5)
    scene.report(level_mm=350)
    scene.wait(minutes=6)
    assert scene.cover.water.flooded
    scene.report(level_mm=1700)
    scene.wait(minutes=10)
    assert scene.kinds == ["flooded", "drained"]


def test_one_low_reading_is_no_flood() -> None:
    scene = Scene()
    for level in (200, 1700, 200, 1700):
        scene.report(level_mm=level)
    assert scene.said == []


# --- power --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "clear"),
    [
        ({"battery_percent": 20}, {"battery_percent": 30}),
        ({"battery_low": True}, {"battery_low": False}),
        ({"battery_volt": 3.2}, {"battery_volt": 3.4}),
    ],
)
def test_battery_low_and_clear_by_the_same_evidence(low: dict[str, Any], clear: dict[str, Any]) -> None:
    scene = Scene()
    scene.report(battery_volt=3.6)
    scene.report(**low)
    scene.report(**low)
    scene.report(angle=FLAT)
    assert scene.alarms == ["battery_low"]
    assert scene.cover.summary == "low_battery"
    scene.report(**clear)
    assert scene.kinds == ["battery_low", "battery_ok"]


def test_between_low_and_clear_nothing_changes() -> None:
    scene = Scene()
    scene.report(battery_percent=25)
    scene.report(battery_percent=20)
    scene.report(battery_percent=29)
    assert scene.kinds == ["battery_low"]


def test_two_alkaline_cells_are_not_low_at_three_volts() -> None:
    scene = Scene()
    scene.report(battery_volt=3.1)
    scene.report(battery_volt=2.9)
    assert scene.said == []
    told = Scene(battery_low_volt=2.4)
    told.report(battery_volt=2.3)
    assert told.alarms == ["battery_low"]


# --- integrity ----------------------------------------------------------------------------------------------


def test_a_cover_that_hangs_a_little_for_a_day_is_suspect() -> None:
    scene = Scene(drift_per_day=0.0)
    for _ in range(4):
        scene.report(angle=4)
        assert scene.wait(hours=6) == []
    scene.report(angle=4)
    assert [(change.kind, change.reason) for change in scene.said] == [("damaged", "settled")]
    assert scene.cover.summary == "suspect"
    for _ in range(5):
        scene.report(angle=1)
        scene.wait(hours=6)
    assert scene.kinds == ["damaged", "mended"]


def test_straight_in_between_begins_the_day_anew() -> None:
    scene = Scene(drift_per_day=0.0)
    for angle in (4, 4, 4, 1, 4, 4, 4):
        scene.report(angle=angle)
        scene.wait(hours=6)
    assert scene.said == []


def test_blows_and_then_a_permanent_change() -> None:
    scene = Scene()
    for _ in range(3):
        scene.report(angle=FLAT, impact_g=5.0)
        scene.wait(minutes=1)
    assert scene.said == []
    scene.report(angle=4)
    scene.wait(minutes=1)
    scene.report(angle=4)
    assert [(change.kind, change.reason) for change in scene.said] == [("damaged", "impact")]


@pytest.mark.parametrize("minutes", [1, 20])
def test_blows_alone_or_far_apart_are_nothing(minutes: float) -> None:
    scene = Scene()
    for _ in range(3 if minutes > 10 else 2):
        scene.report(angle=FLAT, impact_g=5.0)
        scene.wait(minutes=minutes)
    scene.report(angle=4)
    scene.report(angle=4)
    assert scene.said == []


@pytest.mark.parametrize("sign", ["crack", "tamper"])
def test_a_torn_wire_or_a_loose_sensor_is_told_at_once(sign: str) -> None:
    scene = Scene()
    means: dict[str, Any] = {"angle": FLAT, sign: True}
    scene.report(**means)
    assert [(change.kind, change.reason) for change in scene.said] == [("damaged", sign)]


# --- not calibrated, calibration, drift ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("means", "alarms", "state"),
    [
        ({"angle": 44}, [], "unknown"),
        ({"angle": 46}, ["opened"], "open"),
        ({"angle": 3, "tilt_alarm": True}, ["tilted"], "tilted"),
        ({"angle": 3, "open": True}, ["opened"], "open"),
    ],
)
def test_without_a_baseline_only_the_plain_signs_alarm(
    means: dict[str, Any], alarms: list[str], state: str
) -> None:
    scene = Scene(calibrated=False)
    scene.report(**means)
    scene.wait(minutes=1)
    assert scene.alarms == alarms
    assert scene.cover.lid.state == state


def test_without_a_baseline_a_cover_settles_to_unknown() -> None:
    scene = Scene(calibrated=False)
    scene.report(angle=60)
    scene.report(angle=3)
    scene.report(angle=3)
    assert scene.kinds == ["opened", "closed"]
    assert scene.cover.summary == "unknown"


def test_calibration_from_three_still_samples() -> None:
    scene = Scene(calibrated=False)
    scene.cover.calibrate(scene.now, person="Li")
    for angle in (4, 7, 7.5):
        scene.report(angle=angle)
        scene.wait(minutes=1)
    assert scene.kinds == []
    scene.report(angle=7.2)
    assert scene.kinds == ["calibrated"]
    assert scene.cover.calibration.person == "Li"
    assert scene.cover.calibration.at == scene.now
    assert scene.cover.cover == "closed"
    scene.report(angle=16)
    assert scene.wait(seconds=30) == []
    scene.report(angle=19)
    scene.report(angle=19)
    assert scene.alarms == ["tilted"]


def test_samples_further_apart_than_ten_minutes_do_not_count_together() -> None:
    scene = Scene(calibrated=False)
    scene.cover.calibrate(scene.now)
    for _ in range(4):
        scene.report(angle=1)
        scene.wait(minutes=6)
    assert scene.kinds == []
    scene.wait(hours=1)
    assert scene.kinds == ["calibration_failed"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_steep_baseline_asks_for_confirmation(at_once: bool) -> None:
    scene = Scene(calibrated=False)
    scene.report(angle=20)
    scene.keep(scene.cover.calibrate(scene.now, at_once=at_once))
    for _ in range(3):
        scene.report(angle=20)
    assert "calibrated" not in scene.kinds
    assert scene.said[-1].kind == "calibration_unconfirmed"
    assert scene.said[-1].angle == pytest.approx(20)
    scene.keep(scene.cover.calibrate(scene.now, person="Li", confirmed=True))
    assert scene.kinds[-1] == "calibrated"
    assert scene.cover.calibration.person == "Li"


def test_calibration_at_once_needs_a_report() -> None:
    scene = Scene(calibrated=False)
    assert scene.cover.calibrate(scene.now, at_once=True)[0].kind == "calibration_failed"


def test_automatic_calibration_over_ordinary_heartbeats() -> None:
    scene = Scene(calibrated=False, calibration="automatic")
    for _ in range(3):
        scene.report(angle=3)
        scene.wait(hours=6)
    assert scene.kinds == ["calibrated"]
    assert scene.cover.calibration.person == "automatic"


def test_calibration_ends_an_episode() -> None:
    scene = Scene()
    scene.report(angle=OVER, tilt_alarm=True)
    scene.keep(scene.cover.calibrate(scene.now, at_once=True))
    assert scene.kinds == ["tilted", "calibrated", "closed"]
    assert scene.cover.summary == "closed"


def test_drift_is_followed_slowly() -> None:
    scene = Scene(heartbeat=timedelta(days=1))
    found = []
    for _ in range(4):
        scene.wait(days=1)
        scene.report(angle=1)
        found.append(scene.cover.lid.angle)
    assert found == pytest.approx([1.0, 0.8, 0.6, 0.4], abs=1e-4)


def test_drift_goes_no_further_than_three_degrees_from_the_calibration() -> None:
    scene = Scene(heartbeat=timedelta(days=1), suspect_hold=timedelta(days=900))
    for day in range(100):
        scene.wait(days=1)
        scene.report(angle=min(2.0 + day * 0.15, 9))
    assert scene.cover.lid.angle == pytest.approx(6, abs=0.3)


@pytest.mark.parametrize("state", ["tilted", "maintenance"])
def test_no_drift_while_something_is_up(state: str) -> None:
    scene = Scene()
    if state == "tilted":
        scene.report(angle=OVER, tilt_alarm=True)
    else:
        scene.cover.maintain(scene.now, scene.now, scene.now + timedelta(days=3))
    before = scene.cover.calibration.baseline
    scene.wait(hours=5)
    scene.report(angle=2)
    assert scene.cover.calibration.baseline == before


# --- modes --------------------------------------------------------------------------------------------------


def test_maintenance_records_and_does_not_dispatch() -> None:
    scene = Scene()
    scene.cover.maintain(
        scene.now, scene.now + timedelta(hours=1), scene.now + timedelta(hours=3), order="W-7"
    )
    scene.wait(hours=1)
    assert scene.cover.service.mode == "maintenance"
    scene.report(angle=FAR)
    scene.report(angle=FLAT)
    scene.report(angle=FLAT)
    scene.wait(hours=3)
    assert scene.kinds == ["maintenance_started", "opened", "closed", "maintenance_ended"]
    assert scene.alarms == []


@pytest.mark.parametrize(("angle", "kind"), [(FAR, "opened"), (OVER, "tilted"), (7, "tilted")])
def test_left_open_at_the_end_of_the_window(angle: float, kind: str) -> None:
    scene = Scene()
    scene.cover.maintain(scene.now, scene.now, scene.now + timedelta(hours=2))
    scene.report(angle=angle)
    scene.report(angle=angle)
    assert scene.alarms == []
    changes = scene.wait(hours=2)
    assert [(change.kind, change.reason) for change in changes if change.alarm] == [(kind, "left_open")]


def test_the_window_may_be_ended_by_hand() -> None:
    scene = Scene()
    scene.cover.maintain(scene.now, scene.now, scene.now + timedelta(hours=2))
    scene.report(angle=FAR, water=True)
    changes = scene.cover.end_maintenance(scene.now)
    assert {change.kind for change in changes if change.alarm} == {"opened", "flooded"}
    assert scene.cover.service.mode == "in_service"


def test_an_alarm_from_before_the_window_is_not_repeated_after_it() -> None:
    scene = Scene()
    scene.report(angle=FAR)
    scene.cover.maintain(scene.now, scene.now, scene.now + timedelta(hours=2))
    scene.wait(hours=2)
    assert scene.alarms == ["opened"]


def test_a_window_that_is_only_planned_can_be_cancelled() -> None:
    scene = Scene()
    scene.cover.maintain(scene.now, scene.now + timedelta(hours=1), scene.now + timedelta(hours=2))
    scene.cover.end_maintenance(scene.now)
    scene.wait(hours=1.5)
    assert scene.kinds == []


def test_in_the_store_nothing_is_dispatched_until_it_is_calibrated() -> None:
    scene = Scene(calibrated=False, commissioning=True)
    scene.report(angle=90, tilt_alarm=True)
    scene.wait(hours=30)
    assert scene.alarms == []
    scene.report(angle=0)
    scene.cover.calibrate(scene.now, at_once=True)
    assert scene.cover.service.mode == "in_service"
    scene.report(angle=FAR)
    assert scene.alarms == ["opened"]


# --- summary, order, redelivery -----------------------------------------------------------------------------


def test_the_summary_names_the_gravest() -> None:
    scene = Scene(offline_heartbeats=1.0, offline_minimum=timedelta(0))
    found = [scene.cover.summary]
    for means in (
        {"battery_low": True},
        {"crack": True},
        {"angle": OVER, "tilt_alarm": True},
        {"water": True},
    ):
        scene.report(**means)
        found.append(scene.cover.summary)
    scene.report(angle=FAR)
    found.append(scene.cover.summary)
    scene.wait(hours=13)
    found.append(scene.cover.summary)
    assert found == ["closed", "low_battery", "suspect", "tilted", "flooded", "open", "missing"]


def test_redelivered_and_older_reports_change_nothing() -> None:
    scene = Scene()
    old = scene.sample(angle=FAR, at=scene.now - timedelta(minutes=5))
    sample = scene.sample(angle=OVER)
    scene.keep(scene.cover.feed(sample, scene.now))
    scene.keep(scene.cover.feed(sample, scene.now))
    scene.keep(scene.cover.feed(old, scene.now))
    assert scene.said == []


def test_a_time_of_the_future_is_taken_as_now() -> None:
    scene = Scene()
    scene.report(angle=FLAT, at=scene.now + timedelta(days=400))
    scene.report(angle=FAR)
    assert scene.alarms == ["opened"]


def test_a_restart_neither_forgets_a_deadline_nor_alarms_twice() -> None:
    scene = Scene()
    scene.report(angle=FAR)
    scene.wait(hours=9)
    due = scene.cover.deadline()
    scene.restart()
    assert scene.cover.deadline() == due
    scene.wait(hours=3)
    scene.restart()
    scene.wait(hours=1)
    assert scene.alarms == ["opened", "missing"]


def test_memory_of_an_older_version_gets_defaults() -> None:
    plain = Cover(settings()).to_plain()
    del plain["place"]
    plain["lid"] = {"state": "closed", "gone_field": 3}
    assert Cover(settings(), plain).cover == "closed"
