"""A stream opened and its troubles named: addresses and files in, decoded pictures and packets out (PyAV)."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from integrations.camera.ring import Piece
from integrations.camera.settings import full_url, public_url

CLEAR_ADDRESS = "give the address of the camera's video stream, often rtsp://HOST/...; its manual names it"
USUAL_RATE = 25.0  # pictures a second where a file does not even say that
MOST_UNTIMED = 50  # packets that wait for the stream's first time
LONGEST_SKIP = 10.0  # seconds; a stream without key frames must be decoded from where it stands
MOST_BAD_PACKETS = 250  # in a row: ten seconds that nobody can look at


log = logging.getLogger("camera.source")


class StreamFault(Exception):
    """The stream can't be had, for a reason that has a name and a remedy; `lasting` when trying again is no use."""

    def __init__(self, kind: str, text: str, remedy: str = "", *, lasting: bool = False) -> None:
        super().__init__(text)
        self.kind, self.text, self.remedy, self.lasting = kind, text, remedy, lasting


@contextmanager
def opened(camera: Mapping[str, Any], folders: list[Path]) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The camera's stream, ready to be demuxed; StreamFault says why it can't be had."""
    place, name = locate(camera, folders)
    begun = time.monotonic()
    try:
        container = av.open(place, options=options(camera), timeout=(camera["timeout"], camera["timeout"]))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        # A demuxer that is interrupted in the middle of its handshake calls what it has "invalid data".
        too_late = "url" in camera and time.monotonic() - begun >= camera["timeout"]
        raise fault_of(TimeoutError() if too_late else error, name) from error
    with container:
        if not container.streams.video:
            raise StreamFault("unreadable", f"{name} serves no video", CLEAR_ADDRESS)
        stream = container.streams.video[0]
        # One thread a camera: with more cameras than cores, frame threads only add delay.
        stream.codec_context.thread_count = 1
        stream.codec_context.thread_type = "NONE"
        yield container, stream


def locate(camera: Mapping[str, Any], folders: list[Path]) -> tuple[str, str]:
    """What to open, and how to call it before people: without credentials."""
    if "url" in camera:
        url = full_url(camera)
        return url, public_url(url)
    for folder in folders:
        path = (folder / camera["file"]).resolve()
        if path.is_file() and path.is_relative_to(folder.resolve()):
            return str(path), camera["file"]
    places = " or ".join(str(folder) for folder in folders)
    raise StreamFault(
        "missing", f"there is no file '{camera['file']}' in {places}", "correct 'file', or put it there"
    )


def options(camera: Mapping[str, Any]) -> dict[str, str]:
    """What the demuxer is told: no protocol but the camera's own, whatever a playlist may ask for."""
    if "file" in camera:
        return {"protocol_whitelist": "file"}
    if camera["url"].startswith("rtsp"):
        return {
            "rtsp_transport": camera["transport"],
            "timeout": str(int((camera["timeout"] + 2) * 1_000_000)),  # microseconds; ours comes first
            "max_delay": "500000",
            "protocol_whitelist": "rtsp,rtsps,rtp,rtcp,srtp,tcp,udp,tls,crypto",
        }
    return {"protocol_whitelist": "http,https,httpproxy,tcp,tls,crypto"}


def fault_of(error: Exception, name: str) -> StreamFault:
    """What an error of the decoder means to an admin."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return StreamFault(
            "auth", f"{name} refuses the user name or password",
            "correct 'username' and 'password', then run `hub reload`", lasting=True,
        )  # fmt: skip
    if isinstance(error, av.error.HTTPNotFoundError | av.error.HTTPBadRequestError):
        return StreamFault("missing", f"{name} knows no such stream", CLEAR_ADDRESS)
    if isinstance(error, av.error.ExitError | TimeoutError):
        return StreamFault(
            "unreachable", f"{name} does not answer in time", "check the camera and its network"
        )
    if isinstance(error, av.error.InvalidDataError | ValueError):
        return StreamFault("unreadable", f"what {name} serves is no video (a web page?)", CLEAR_ADDRESS)
    reason = getattr(error, "strerror", None) or type(error).__name__
    return StreamFault(
        "unreachable", f"{name} can't be reached: {reason}", "check the camera and its network"
    )


class Beat:
    """Times for a stream that has none, in its units: even ones at a rate, or those of arrival where that is None."""

    def __init__(self, unit: float, rate: float | None) -> None:
        self._unit, self._rate = unit, rate
        self._count, self._begun = -1, time.monotonic()

    def next(self) -> int:
        """The next packet's or picture's time."""
        self._count += 1
        passed = self._count / self._rate if self._rate else time.monotonic() - self._begun
        return max(round(passed / self._unit), self._count)


class Reader:
    """Packets and pictures of one opened stream, in the order they come; `live`: they come as they happen."""

    def __init__(
        self, container: InputContainer, stream: VideoStream, name: str, *, live: bool = False
    ) -> None:
        self._container, self.stream, self._name = container, stream, name
        self._unit = float(stream.time_base or 0) or 1 / 90_000
        self._bad = 0
        self.damaged = 0  # packets that could not be decoded
        self.came = 0  # packets
        self.waited = 0.0  # seconds that the last packet was waited for
        self._skips_until: float | None = None
        self._untimed: list[Any] = []
        self._live, self._seen_time = live, False
        self._beats: tuple[Beat, Beat] | None = (
            None  # of packets and of pictures, where the stream has no times
        )

    def skip(self) -> None:
        """Decode nothing up to the next key frame, to catch up; what is passed over still comes as packets."""
        if self._skips_until is None:
            self._skips_until = time.monotonic() + LONGEST_SKIP

    def read(self) -> Iterator[tuple[list[Piece], list[VideoFrame]]]:
        """Packets for the ring with the pictures that they completed; StreamFault when the stream breaks.

        A damaged packet is left out; too many in a row are a fault. Ends when a file ends.
        """
        packets = self._container.demux(self.stream)
        while True:
            begun = time.monotonic()
            try:
                packet = next(packets, None)
            except IndexError:
                # PyAV knows no stream that begins in the middle, as a damaged transport stream makes them up
                self._note_damage("its packets belong to no stream")
                packets = self._container.demux(self.stream)
                continue
            except (av.error.FFmpegError, OSError) as error:
                if isinstance(error, av.error.EOFError):
                    return
                raise self._broken(error) from error
            if packet is None:
                return
            self.waited = time.monotonic() - begun
            self.came += packet.size > 0
            yield self._pieces(packet), [] if self._skips(packet) else self._decode(packet)

    def _skips(self, packet: Any) -> bool:
        if self._skips_until is None or not packet.size:
            return False
        if packet.is_keyframe or time.monotonic() > self._skips_until:
            self._skips_until = None
            self.stream.codec_context.flush_buffers()
        return self._skips_until is not None

    def _decode(self, packet: Any) -> list[VideoFrame]:
        try:
            frames: list[VideoFrame] = packet.decode()
        except av.error.FFmpegError as error:
            self._note_damage(error.strerror or "damaged")
            return []
        if frames:
            self._bad = 0
        for frame in frames:
            if frame.pts is None and self._beats is not None:
                frame.pts = self._beats[1].next()
        return [frame for frame in frames if frame.pts is not None]

    def _note_damage(self, reason: str) -> None:
        """Go on without a packet; StreamFault after too many in a row."""
        self._bad += 1
        self.damaged += 1
        if self._bad > MOST_BAD_PACKETS:
            raise StreamFault(
                "unreadable", f"nothing of what {self._name} sends can be decoded ({reason})",
                "set the camera to H.264 or H.265",
            )  # fmt: skip

    def _invent_times(self) -> None:
        """The stream has no times: make some up rather than see nothing."""
        rate = (
            None if self._live else float(self.stream.average_rate or self.stream.guessed_rate or USUAL_RATE)
        )
        self._beats = (Beat(self._unit, rate), Beat(self._unit, rate))
        how = f"taken to be {rate:g} pictures a second" if rate else "taken to be those of arrival"
        log.warning("%s holds no times; %s", self._name, how)

    def _pieces(self, packet: Any) -> list[Piece]:
        """The packet as the ring keeps it, with those before it that had to wait for a time.

        RTSP gives the first packet, a key frame, no time before the server's first report: without it the whole
        first group of pictures would be lost.
        """
        if not packet.size:  # the empty one at a file's end
            return []
        if packet.pts is None and packet.dts is None:
            if self._beats is None and not self._seen_time and len(self._untimed) >= self._patience():
                self._invent_times()
            if self._beats is not None:
                packet.pts = packet.dts = self._beats[0].next()
        if packet.pts is None and packet.dts is None:
            self._untimed = [*self._untimed[-MOST_UNTIMED:], packet]
            return []
        self._seen_time = True
        pts = packet.pts if packet.pts is not None else packet.dts
        dts = packet.dts if packet.dts is not None else pts
        step = packet.duration or 1
        waiting = len(self._untimed)
        pieces = [
            self._piece(early, pts - (waiting - place) * step, dts - (waiting - place) * step)
            for place, early in enumerate(self._untimed)
        ]
        self._untimed = []
        return [*pieces, self._piece(packet, pts, dts)]

    def _patience(self) -> int:
        """How many packets may wait for a time: a camera's first ones do, a file's would wait for ever."""
        return MOST_UNTIMED if self._live else 0

    def _piece(self, packet: Any, pts: int, dts: int) -> Piece:
        return Piece(pts * self._unit, pts, dts, packet.duration or 0, packet.is_keyframe, bytes(packet))

    def _broken(self, error: Exception) -> StreamFault:
        fault = fault_of(error, self._name)
        if fault.kind == "unreadable":
            return StreamFault("unreadable", f"{self._name} broke off in the middle", "")
        return fault
