"""One camera, watched by one thread: connects, decodes, lets analyzers look, and keeps evidence."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from hub.api import Found, slug
from integrations.camera.analysis import Analysis, drawn
from integrations.camera.clip import Coding, encoded, must_encode, remuxed
from integrations.camera.drawing import DrawingRoom
from integrations.camera.lettering import Lettering
from integrations.camera.load import EVERYTHING, REMEDY, TEXTS, Burden, Share
from integrations.camera.lookout import Lookout
from integrations.camera.picture import Masks, Picture, chroma_of, colour_of, jpeg, live_jpeg, luma_of
from integrations.camera.recent import Recent
from integrations.camera.ring import Ring
from integrations.camera.shelf import Shelf, Unmade, digest
from integrations.camera.source import Reader, StreamFault, locate, opened

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts to connect
STEADY = 30.0  # seconds of streaming after which pauses are short again
REPORT_EVERY = 5.0
RING_BYTES = 32 * 1024 * 1024
LONGEST_FIND = 30.0  # seconds of stream kept beyond pre- and post-roll, for what takes long to be sure of
CLOCK_WINDOW = 10.0  # seconds over which the delay of live frames is judged
GAP = 10.0  # a jump of the stream's clock by more is a new beginning
ANALYSIS_PATIENCE = 20.0  # seconds that one round may take besides waiting for the network
PICTURE_TYPE, VIDEO_TYPE = "image/jpeg", "video/mp4"
log = logging.getLogger("camera.watch")

Tell = Callable[[dict[str, Any]], object]


class WallClock:
    """From container seconds to UTC: by arrival, the least delayed frame of each window being the truest."""

    def __init__(self, t: float, now: float, *, live: bool) -> None:
        self._base, self._live = now - t, live
        self._least, self._until = self._base, t + CLOCK_WINDOW

    def note(self, t: float, now: float) -> None:
        """A frame of container time `t` was decoded at `now` (seconds since 1970)."""
        if not self._live:
            return
        self._least = min(self._least, now - t)
        self._base = min(self._base, self._least)
        if t >= self._until:
            self._base, self._least, self._until = self._least, now - t, t + CLOCK_WINDOW

    def at(self, t: float) -> datetime:
        """When the frame of container time `t` was taken, to the millisecond."""
        return datetime.fromtimestamp(round(self._base + t, 3), UTC)

    def ahead(self, t: float, now: float) -> float:
        """Seconds until the frame is due, for files that are played in real time."""
        return self._base + t - now


@dataclass(slots=True)
class _Clip:
    """A clip that waits for its post-roll."""

    path: str
    begins: float
    ends: float
    told: dict[str, Any]


@dataclass(slots=True)
class _Connection:
    """All that belongs to one opened stream."""

    stream: VideoStream
    reader: Reader
    ring: Ring
    masks: Masks
    analysis: Analysis
    wall: WallClock
    last: VideoFrame
    recent: Recent[VideoFrame]
    clips: list[_Clip] = field(default_factory=list)
    reported: float = 0.0
    frames: int = 0


class Watch:
    """Watches one camera until told to stop. `due` is the moment by which it will have said that it lives."""

    def __init__(
        self,
        camera: Mapping[str, Any],
        *,
        folders: list[Path],
        shelf: Shelf,
        tell: Tell,
        stopping: threading.Event,
    ) -> None:
        self._camera, self._folders, self._shelf, self._stopping = camera, folders, shelf, stopping
        self._tell: Tell = lambda message: tell({"camera": camera["id"], **message})
        self._live = "url" in camera
        self._snapshots: deque[str] = deque(maxlen=8)
        self._showing = False  # whether somebody waits for the live picture
        self._pen = Lettering()
        self._lookout = Lookout(camera, self._tell)
        self._burden, self._share = Burden(), Share()
        self._paced = self._live or camera["pace"] == "realtime"
        self._step = EVERYTHING  # as told
        self._connection: _Connection | None = None
        self.due = time.monotonic() + ANALYSIS_PATIENCE
        self.thread = threading.Thread(target=self.run, name=camera["id"], daemon=True)

    def snapshot(self, key: str) -> None:
        """Keep the next picture and tell of it with this key."""
        self._snapshots.append(key)

    def show(self) -> None:
        """Tell the next picture to those who look at the live view."""
        self._showing = True

    def run(self) -> None:
        """Connect again and again, with growing pauses, until stopped."""
        failures = 0
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                self._stream()
                again = self._live or self._camera["loop"]
                fault = StreamFault("ended", "the stream ended", lasting=not again)
            except StreamFault as error:
                fault = error
            if fault.kind == "ended" and not self._live and not fault.lasting:
                if self._camera["loop"] is not True:
                    self._pause(self._camera["loop"])
                continue  # a looped file begins again
            self._tell({"state": "idle", "fault": fault.kind, "text": fault.text, "remedy": fault.remedy})
            failures = 1 if time.monotonic() - begun > STEADY else failures + 1
            self._pause(float("inf") if fault.lasting else _pause_after(failures))

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < until:
            self._alive(1.0)
            self._stopping.wait(min(1.0, max(0.0, until - time.monotonic())))

    def _alive(self, waits: float) -> None:
        self.due = time.monotonic() + waits + ANALYSIS_PATIENCE

    def _stream(self) -> None:
        """One connection, from its opening to its end."""
        _place, name = locate(self._camera, self._folders)
        self._alive(2 * self._camera["timeout"])
        with opened(self._camera, self._folders) as (container, stream):
            camera = self._camera
            ring = Ring(camera["pre_roll"] + camera["post_roll"] + LONGEST_FIND, RING_BYTES)
            connection: _Connection | None = None
            last_frame = time.monotonic()
            reader = Reader(container, stream, name, live=self._live)
            try:
                for pieces, frames in reader.read():
                    self._alive(camera["timeout"])
                    self._burden.waited(reader.waited, time.monotonic())
                    for piece in pieces:
                        ring.put(piece)
                    for frame in frames:
                        connection = self._follow(connection, frame, reader, ring)
                        self._take(connection, frame)
                        last_frame = time.monotonic()
                    if time.monotonic() - last_frame > camera["timeout"]:
                        raise StreamFault("stalled", f"{name} sends no pictures any more", "check the camera")
                    if self._stopping.is_set():
                        break
                if connection is None and not self._stopping.is_set():
                    raise StreamFault(
                        "unreadable", f"{name} holds no pictures", "give a file or stream that does"
                    )
            finally:
                if connection is not None:
                    self._end(connection)

    def _follow(
        self, connection: _Connection | None, frame: VideoFrame, reader: Reader, ring: Ring
    ) -> _Connection:
        """The connection that a frame belongs to: a new one at the start, and after a jump of clock or size."""
        if connection is not None:
            before = connection.last
            same_size = (before.width, before.height) == (frame.width, frame.height)
            if same_size and -1.0 < frame.time - before.time < GAP:
                return connection
            self._end(connection)
            ring.clear()
        return self._begin(frame, reader, ring)

    def _begin(self, frame: VideoFrame, reader: Reader, ring: Ring) -> _Connection:
        stream = reader.stream
        camera, size = self._camera, [frame.width, frame.height]
        wanted = camera["calibration"].get("resolution", size)
        fits = list(wanted) == size
        analyzers = camera["analyzers"] if fits else []
        self._tell({"state": "streaming", "codec": stream.codec_context.name, "resolution": size})
        text = "" if fits or not camera["analyzers"] else (
            f"the stream is {size[0]}x{size[1]}, but the calibration was made for {wanted[0]}x{wanted[1]}"
        )  # fmt: skip
        self._tell({"analyzer": "resolution", "text": text})
        self._lookout.restart()
        self._burden.restart()
        return _Connection(
            stream=stream, reader=reader, ring=ring, masks=Masks(camera["masks"], *size), last=frame,
            recent=Recent(frame.width * frame.height * 3 // 2),
            analysis=Analysis(camera, analyzers, lambda name, wrong: self._tell({"analyzer": name, "text": wrong})),
            wall=WallClock(frame.time, time.time(), live=self._live), reported=time.monotonic(),
        )  # fmt: skip

    def _take(self, connection: _Connection, frame: VideoFrame) -> None:
        """One picture: wait until it is due, look at it, keep what is found."""
        t = frame.time
        connection.wall.note(t, time.time())
        if not self._live and self._camera["pace"] == "realtime":
            ahead = max(0.0, min(connection.wall.ahead(t, time.time()), GAP))
            self._stopping.wait(ahead)
            self._burden.waited(ahead, time.monotonic())
        connection.last = frame
        connection.frames += 1
        self._look(connection, frame, t)
        connection.recent.put(t, frame)
        for clip in [clip for clip in connection.clips if t >= clip.ends]:
            connection.clips.remove(clip)
            self._store_clip(connection, clip)
        if self._snapshots:
            self._store_snapshot(connection, frame, self._snapshots.popleft())
        if self._showing:
            self._showing = False
            self._tell({"picture": live_jpeg(connection.masks.storable(colour_of(frame)))})
        self._report(connection)

    def _look(self, connection: _Connection, frame: VideoFrame, t: float) -> None:
        """Let analyzers look, unless the processor is so short that this picture must do without."""
        analysis, burden = connection.analysis, self._burden
        in_flight = analysis.in_flight
        if self._paced and burden.must_skip(t, time.monotonic(), in_flight=in_flight):
            connection.reader.skip()
        if not burden.may_look(in_flight=in_flight):
            return
        self._share.looked += analysis.sees
        luma, watched = luma_of(frame), connection.masks.watched
        self._lookout.look(luma, t, connection.masks)
        chroma = connection.masks.watched_chroma(chroma_of(frame))
        for found in analysis.feed(
            watched(luma), t, frame.key_frame, lambda: watched(colour_of(frame)), chroma
        ):
            self._keep(connection, found)

    def _report(self, connection: _Connection) -> None:
        passed = time.monotonic() - connection.reported
        if passed < REPORT_EVERY:
            return
        last = connection.wall.at(connection.last.time).isoformat()
        self._share.came, connection.reader.came = connection.reader.came, 0
        share = self._share.per_cent() if self._camera["analyzers"] else None
        analysed = {} if share is None else {"analysed": share}
        self._tell({"fps": round(connection.frames / passed, 1), "last": last, **analysed})
        connection.reported, connection.frames = time.monotonic(), 0
        if self._step != self._burden.step:
            self._step = self._burden.step
            self._tell({"load": {"text": TEXTS[self._step], "remedy": REMEDY}})

    def _keep(self, connection: _Connection, found: Found) -> None:
        """Tell what was found at once, with its picture; its clip follows when the post-roll is there."""
        camera = self._camera
        began = connection.wall.at(found.started)
        stem = self._path(began, found.kind)
        pictures = [
            ({
                "kind": "picture", "path": f"{stem}{'-' if name else ''}{name}.jpg", "media_type": PICTURE_TYPE,
                "sha256": digest(data), "text": name,
            }, data)
            for name, data in self._pictures(connection, found).items()
        ]  # fmt: skip
        clip = {"kind": "clip", "path": f"{stem}.mp4", "media_type": VIDEO_TYPE}
        started = began.isoformat()
        key = found.key or started
        self._tell(
            {
                "found": {
                    "kind": found.kind, "fields": dict(found.fields), "started": started,
                    "ended": connection.wall.at(found.ended).isoformat(), "key": key,
                    "evidence": [*(picture for picture, _data in pictures), *([clip] if found.clip else [])],
                }
            }
        )  # fmt: skip
        about = {"about": found.kind, "key": key}
        for picture, data in pictures:
            told = {**about, "evidence": picture}
            self._shelf.put(picture["path"], data, partial(self._stored, told))
        if not found.clip:
            return
        begins, ends = found.started - camera["pre_roll"], found.ended + camera["post_roll"]
        connection.clips.append(_Clip(clip["path"], begins, ends, {**about, "evidence": clip}))

    def _pictures(self, connection: _Connection, found: Found) -> dict[str, bytes]:
        """What was found, drawn on pictures without what is private, as JPEGs by name."""

        def shown(frame: VideoFrame) -> Picture:
            return connection.masks.storable(colour_of(frame))

        # One by one: a dozen colour pictures at once would be most of the worker's memory.
        frames = ((t, shown(frame)) for t, frame in connection.recent.around(found.started))
        room = DrawingRoom(self._camera, frames, connection.wall.at, self._pen)
        named = drawn(found, room, shown(connection.last))
        return {slug(name): jpeg(picture) for name, picture in named.items()}

    def _store_clip(self, connection: _Connection, clip: _Clip) -> None:
        pieces = connection.ring.since(clip.begins)
        if not pieces:
            self._stored(clip.told, "its packets are gone: too many bytes between key frames")
            return
        began = connection.wall.at(pieces[0].t)
        evidence = dict(clip.told["evidence"])  # its SHA-256 is known once the clip is made
        stored = partial(self._stored, {**clip.told, "evidence": evidence})
        if must_encode(connection.stream, connection.masks):
            coding = Coding.of(connection.stream)
            make = partial(_made, partial(encoded, pieces, coding, connection.masks, began), evidence)
            self._shelf.put_made(clip.path, make, stored)
            return
        try:
            # The packets as they came: no work, but the stream must be open.
            data = _made(partial(remuxed, pieces, connection.stream, began), evidence)
        except Unmade as error:
            stored(str(error))
        else:
            self._shelf.put(clip.path, data, stored)

    def _store_snapshot(self, connection: _Connection, frame: VideoFrame, key: str) -> None:
        taken = connection.wall.at(frame.time)
        data = jpeg(connection.masks.storable(colour_of(frame)))
        path = f"{self._path(taken, 'snapshot')}.jpg"
        evidence = {"kind": "picture", "path": path, "media_type": PICTURE_TYPE, "sha256": digest(data)}
        told = {"snapshot": key, "started": taken.isoformat(), "evidence": evidence}
        self._shelf.put(path, data, lambda fault: self._stored(told, fault))

    def _stored(self, told: Mapping[str, Any], fault: str) -> None:
        self._tell({"stored": {**told, "fault": fault}})

    def _path(self, moment: datetime, what: str) -> str:
        return f"camera/{self._camera['id']}/{moment:%Y-%m-%d}/{moment:%H%M%S}-{moment.microsecond // 1000:03d}-{what}"

    def _end(self, connection: _Connection) -> None:
        """The stream is over: what analyzers still have to say, and clips with the post-roll there is."""
        for found in connection.analysis.finish():
            self._keep(connection, found)
        for clip in connection.clips:
            self._store_clip(connection, clip)
        connection.clips.clear()


def _made(make: Callable[[], bytes], evidence: dict[str, Any]) -> bytes:
    """The clip, its SHA-256 noted in `evidence`."""
    try:
        data = make()
    except (FFmpegError, ValueError) as error:
        raise Unmade(f"its packets make no clip: {error}") from error
    evidence["sha256"] = digest(data)
    return data


def _pause_after(failures: int) -> float:
    """Seconds until the next attempt: 1, 2, 4 ... 60, less up to half by chance so that cameras don't come at once."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)) * (1 - 0.5 * random.random()))  # noqa: S311
