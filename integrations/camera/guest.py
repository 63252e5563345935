"""The running guest: starts workers for its cameras and turns what they tell into entities, events and problems."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hub.api import (
    ActionRefused,
    Analyzer,
    Area,
    Call,
    CameraPictures,
    ConfigError,
    Device,
    Evidence,
    Link,
    NotReady,
    Point,
    Worker,
    WorkerSpec,
    new_id,
)
from integrations.camera.calibration import included_calibration, masks_of
from integrations.camera.entities import SENSES, entities_of
from integrations.camera.events import CameraTampered, EvidenceLost, EvidenceStored
from integrations.camera.finding import Told, event_id, make_event
from integrations.camera.live import LiveView
from integrations.camera.settings import INSTALL_ONVIF, NO_ONVIF, clip_config, crews, onvif_of

TARGET = "integrations.camera.worker:watch_all"
LISTENER, LISTENER_MIB = "integrations.camera.onvif.listening:listen_all", 400
TAMPER_REST = timedelta(minutes=10)  # between two alarms of one camera
MEMORY_MIB, MEMORY_PER_CAMERA_MIB = 250, 250
SNAPSHOT_PATIENCE = 10.0  # seconds
NO_CAMERA = "there is no such camera"
DEEPEST = 4  # areas in areas that a place is named by


def prepared(
    camera: Mapping[str, Any], analyzers: Mapping[str, Analyzer], config_dir: Path, data_dir: Path, zone: str
) -> dict[str, Any]:
    """The camera as its worker gets it; ConfigError when an analyzer or the calibration's file isn't there."""
    included = included_calibration(camera, config_dir)
    return {
        **camera,
        "masks": masks_of(camera, included),
        "calibration": clip_config(camera, included),
        "zone": zone,
        "state_dir": str(data_dir / camera["id"]),  # for what analyzers must know after a restart
        "analyzers": [
            {
                "name": name, "target": analyzer.target, "settings": analyzer.schema(item["settings"]),
                "pictures_per_second": analyzer.pictures_per_second, "colour": analyzer.colour,
            }
            for item in camera["analyzers"]
            for name, analyzer in ((item["name"], known(item["name"], analyzers)),)
        ],
    }  # fmt: skip


def place_name(areas: Mapping[str, Area], area: str) -> str:
    """An area in people's words, from the largest place down: 幸福里 1号楼; "" for none."""
    names: list[str] = []
    while area in areas and len(names) < DEEPEST:
        names.insert(0, areas[area].name)
        area = areas[area].parent
    return " ".join(names)


def known(name: str, analyzers: Mapping[str, Analyzer]) -> Analyzer:
    """The declared analyzer of that name."""
    if name not in analyzers:
        raise ConfigError(f"there is no analyzer '{name}'; add the line '{name}:' to configuration.yaml")
    return analyzers[name]


class CameraGuest:
    """One camera as the hub shows it."""

    def __init__(self, link: Link, camera: Mapping[str, Any], told: Told) -> None:
        self._told = told
        self._link, self._camera, self.id = link, camera, camera["id"]
        link.device(Device(id=self.id, name=camera.get("name", self.id), area=camera["area"]))
        self._points: dict[str, Point] = {
            role: link.entity(entity) for role, entity in entities_of(camera).items()
        }
        self._wrong: set[str] = set()  # open problems, by key
        self._owed: dict[str, str] = {}  # path of evidence that is not stored yet -> its alarm
        self._waiting: dict[str, asyncio.Future[None]] = {}  # snapshots that were asked for
        self._tampered: datetime | None = None  # when it was last told
        self.silent = (
            f"camera '{self.id}' is not connected yet"  # why there is no picture now; "" when there is
        )
        self._points["camera"].set("idle")
        self._points["connectivity"].set(False)
        self._points["problem"].set(False)

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take what the camera's worker tells."""
        if "found" in message:
            self._found(message["found"])
        elif "stored" in message:
            self._stored(message["stored"])
        elif "fps" in message:
            for role in ("fps", "last", "analysed"):
                if role in message:
                    self._points[role].set(message[role])
        elif "onvif" in message:
            self._sensed(message["onvif"])
        elif "scene" in message:
            scene = message["scene"]
            self._points["quality"].set(scene["state"])
            self._judge("scene", scene["text"], scene["remedy"])
        elif "load" in message:
            self._judge("load", message["load"]["text"], message["load"]["remedy"])
        elif "analyzer" in message:
            self._judge(f"analyzer.{message['analyzer']}", message["text"], "correct the camera's settings")
        elif message["state"] == "streaming":
            self._streams(message)
        else:
            self._stopped(message)

    def _sensed(self, told: Mapping[str, Any]) -> None:
        """What the camera itself noticed, or why it can't be asked."""
        if "fault" in told:
            self._judge("onvif", told["fault"], told.get("remedy", ""))
        for sense in SENSES:
            if told.get("fault"):
                self._points[sense].lose()
            elif sense in told:
                self._points[sense].set(bool(told[sense]))
        now = self._link.now()
        if told.get("tamper") and (self._tampered is None or now - self._tampered > TAMPER_REST):
            self._tampered = now
            self._link.emit(
                CameraTampered(
                    at=now, source=f"camera.{self.id}", area=self._camera["area"], camera=self.id,
                    camera_name=self._camera.get("name", self.id), place=self._camera.get("place", ""),
                )
            )  # fmt: skip

    def deafen(self) -> None:
        """Nothing is heard of what the camera senses."""
        for sense in SENSES:
            self._points[sense].lose()

    def refuse(self, reason: str) -> None:
        """It can't be run as it is configured."""
        self._points["camera"].lose()
        self.silent = f"camera '{self.id}': {reason}"
        self._judge("settings", reason, "mend what the message names, then `hub reload`")

    def lose(self, reason: str) -> None:
        """The worker ended: nothing is seen, and evidence that was under way is gone."""
        self.silent = f"camera '{self.id}': {reason}"
        self._points["connectivity"].set(False)
        for role in ("camera", "fps", "analysed", "quality"):
            self._points[role].lose()
        for path, alarm in list(self._owed.items()):
            self._lost(path, alarm, reason)

    async def snapshot(self, worker: Worker) -> None:
        """Have the next picture kept; NotReady when none comes in time."""
        key = new_id()
        waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            worker.send({"snapshot": self.id, "key": key})
            await asyncio.wait_for(waiting, SNAPSHOT_PATIENCE)
        except TimeoutError:
            raise NotReady(f"camera '{self.id}' gave no picture within {SNAPSHOT_PATIENCE:g} s") from None
        finally:
            del self._waiting[key]

    def _streams(self, message: Mapping[str, Any]) -> None:
        self.silent = ""
        width, height = message["resolution"]
        self._points["camera"].set(
            "streaming", {"codec": message["codec"], "resolution": f"{width}x{height}"}
        )
        self._points["connectivity"].set(True)
        self._judge("stream", "", "")

    def _stopped(self, message: Mapping[str, Any]) -> None:
        self.silent = f"camera '{self.id}': {message['text']}"
        self._points["camera"].set("idle")
        self._points["connectivity"].set(False)
        for role in ("fps", "analysed"):
            self._points[role].lose()
        # A file that was played to its end is no problem, a camera's stream that ends is one.
        if message["fault"] != "ended" or "url" in self._camera:
            self._judge("stream", message["text"], message["remedy"])

    def _judge(self, key: str, text: str, remedy: str) -> None:
        """Raise the camera's problem of that key, or clear it when the text is empty."""
        problem = f"{self.id}.{key}"
        if text:
            self._wrong.add(problem)
            self._link.problem(problem, f"camera {self.id}: {text}", remedy)
        elif problem in self._wrong:
            self._wrong.discard(problem)
            self._link.clear(problem)
        self._points["problem"].set(bool(self._wrong))

    def _found(self, found: Mapping[str, Any]) -> None:
        event_class = self._link.event_classes.get(found["kind"])
        key = f"finding.{found['kind']}"
        try:
            if event_class is None:
                raise ValueError(f"no integration declares the event '{found['kind']}'")
            event = self._told.settle(make_event(event_class, self._camera, found))
        except ValueError as error:
            text = f"something was found but could not be told: {error}"
            self._link.log.error("camera %s: %s", self.id, text)
            self._judge(key, text, "report it to the analyzer's author")
            return
        alarm = event.cause or event.id  # what only follows another camera's alarm brings that one evidence
        self._owed.update((item["path"], alarm) for item in found["evidence"])
        self._link.emit(event)
        self._judge(key, "", "")

    def _stored(self, told: Mapping[str, Any]) -> None:
        item = told["evidence"]
        alarm = self._owed.pop(item["path"], "")
        if not alarm and "about" in told:
            alarm = event_id(self.id, told["about"], told["key"])
        if told["fault"]:
            self._lost(item["path"], alarm, told["fault"])
            self._judge("evidence", f"evidence is lost: {told['fault']}", "check the disk of the data folder")
            return
        self._judge("evidence", "", "")
        source = f"camera.{self.id}"
        evidence = Evidence(**item)
        self._link.emit(EvidenceStored(at=self._link.now(), source=source, cause=alarm, evidence=evidence))
        waiting = self._waiting.get(told.get("snapshot", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _lost(self, path: str, alarm: str, reason: str) -> None:
        self._owed.pop(path, None)
        self._link.log.warning("camera %s: %s is lost: %s", self.id, path, reason)
        source = f"camera.{self.id}"
        self._link.emit(
            EvidenceLost(at=self._link.now(), source=source, cause=alarm, path=path, reason=reason)
        )


async def run(link: Link, cameras: list[dict[str, Any]]) -> None:
    """Watch the cameras for as long as the guest lives."""
    areas = link.site.directory.areas
    cameras = [{**camera, "place": place_name(areas, camera["area"])} for camera in cameras]
    alarms = Told()
    guests = {camera["id"]: CameraGuest(link, camera, alarms) for camera in cameras}
    workers: dict[str, Worker] = {}
    live = LiveView(
        workers, lambda camera: guests[camera].silent if camera in guests else NO_CAMERA, link.clock.monotonic
    )
    ready = [found for camera in cameras if (found := prepared_or_told(link, camera, guests[camera["id"]]))]
    crew_list = crews(ready)
    for name, crew in crew_list.items():
        worker = await start_crew(link, name, crew, guests, live)
        workers |= {camera["id"]: worker for camera in crew}
    await start_listener(link, [told for camera in cameras if (told := onvif_of(camera))], guests)

    async def take_snapshot(call: Call) -> None:
        names = [entity.removeprefix("camera.") for entity in call.data["entity_id"]]
        unknown = [name for name in names if name not in guests]
        if unknown:
            raise ActionRefused(f"there is no camera 'camera.{unknown[0]}'")
        idle = [name for name in names if name not in workers]
        if idle:
            raise NotReady(f"camera '{idle[0]}' does not run; its problem says why")
        await asyncio.gather(*(guests[name].snapshot(workers[name]) for name in names))

    link.action("camera.snapshot", take_snapshot)
    link.offer(CameraPictures, live)
    link.ready()
    await asyncio.get_running_loop().create_future()


def prepared_or_told(link: Link, camera: Mapping[str, Any], guest: CameraGuest) -> dict[str, Any] | None:
    """The camera as its worker gets it, or None when that can't be: its own problem, no matter for others."""
    try:
        return prepared(camera, link.analyzers, link.config_dir, link.data_dir, str(link.site.zone))
    except ConfigError as error:
        guest.refuse(str(error))
        return None


async def start_crew(
    link: Link, name: str, crew: list[dict[str, Any]], guests: Mapping[str, CameraGuest], live: LiveView
) -> Worker:
    """One worker process and what becomes of its messages."""

    def ended(reason: str) -> None:
        for camera in crew:
            guests[camera["id"]].lose(reason)
            live.lose(camera["id"])

    def hear(message: Mapping[str, Any]) -> None:
        if "picture" in message:
            live.hear(message["camera"], message["picture"])
            return
        guests[message["camera"]].hear(message)
        if message.get("state") == "idle":
            live.lose(message["camera"])

    spec = WorkerSpec(
        name=name,
        target=TARGET,
        config={
            "cameras": crew,
            "media_dir": str(link.media_dir),
            "folders": [str(link.config_dir), str(link.data_dir.parent)],
        },
        memory_limit_mib=MEMORY_MIB + MEMORY_PER_CAMERA_MIB * len(crew),
        heartbeat_seconds=10.0,
        on_end=ended,
    )
    return await link.worker(spec, hear)


async def start_listener(
    link: Link, cameras: list[dict[str, Any]], guests: Mapping[str, CameraGuest]
) -> None:
    """One worker process that listens to all cameras with ONVIF; nothing when there are none."""
    if not cameras:
        return
    if find_spec("onvif") is None:
        for camera in cameras:
            guests[camera["id"]].hear({"onvif": {"fault": NO_ONVIF, "remedy": INSTALL_ONVIF}})
        return

    def ended(_reason: str) -> None:
        for camera in cameras:
            guests[camera["id"]].deafen()

    spec = WorkerSpec(
        name="onvif-cameras", target=LISTENER, config={"cameras": cameras}, memory_limit_mib=LISTENER_MIB, on_end=ended,
    )  # fmt: skip
    await link.worker(spec, lambda message: guests[message["camera"]].hear(message))
