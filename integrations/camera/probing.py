"""`hub camera probe`: a few seconds of a stream, judged for what falling objects need. Loads OpenCV and PyAV."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from integrations.camera.looks import Judge, Looks
from integrations.camera.picture import Masks, Picture, colour_of, jpeg, luma_of
from integrations.camera.source import Reader, StreamFault, locate, opened
from integrations.camera.timing import Timing, judged

MOST_PICTURES = 3000
UNTIL_WHOLE = 50  # pictures to wait for one that begins with a key frame: those before may be grey


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that should be mended: a short name for programs, words, and the remedy."""

    code: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a stream is and how well it does."""

    name: str
    codec: str
    profile: str
    width: int
    height: int
    pixel_format: str
    said_fps: float | None
    bit_rate: float  # bits a second of stream
    key_frame_every: float | None  # seconds
    pictures: int
    damaged: int
    timing: Timing
    looks: Looks
    advice: tuple[Advice, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


class _Notes:
    """What is written down while the stream is read."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.arrivals: list[float] = []
        self.key_times: list[float] = []
        self.bytes = 0
        self.size = (0, 0)
        self.judge = Judge()
        self.broke: StreamFault | None = None

    def take(self, frame: VideoFrame) -> None:
        """One more picture."""
        self.times.append(frame.time)
        self.arrivals.append(time.monotonic())
        if frame.key_frame:
            self.key_times.append(frame.time)
        self.size = (frame.width, frame.height)
        self.judge.feed(luma_of(frame))


def probe(camera: Mapping[str, Any], folders: list[Path], seconds: float) -> Report:
    """Look at the stream for so long (of its own time, or ours); StreamFault when there are no pictures at all."""
    notes, name = _Notes(), locate(camera, folders)[1]
    with opened(camera, folders) as (container, stream):
        reader = Reader(container, stream, name)
        try:
            _look(reader, notes, seconds, live="url" in camera)
        except StreamFault as fault:
            if not notes.times:
                raise
            notes.broke = fault
        if not notes.times:
            raise StreamFault("unreadable", f"{name} holds no pictures", "give a file or stream that does")
        return _report(name, stream, notes, reader.damaged, live="url" in camera)


def _look(reader: Reader, notes: _Notes, seconds: float, *, live: bool) -> None:
    until = time.monotonic() + seconds
    for pieces, frames in reader.read():
        notes.bytes += sum(len(piece.data) for piece in pieces)
        for frame in frames:
            notes.take(frame)
        enough = notes.times and notes.times[-1] - notes.times[0] >= seconds
        if enough or len(notes.times) >= MOST_PICTURES or (live and time.monotonic() > until):
            return


def _report(name: str, stream: VideoStream, notes: _Notes, damaged: int, *, live: bool) -> Report:
    timing = judged(notes.times, notes.arrivals if live else ())
    said, context = stream.average_rate, stream.codec_context
    keys = len(notes.key_times)
    report = Report(
        name=name, codec=context.name, profile=str(context.profile or ""), width=notes.size[0], height=notes.size[1],
        pixel_format=str(context.pix_fmt or ""), said_fps=round(float(said), 3) if said else None,
        bit_rate=8 * notes.bytes / timing.seconds if timing.seconds else 0.0,
        key_frame_every=(notes.key_times[-1] - notes.key_times[0]) / (keys - 1) if keys > 1 else None,
        pictures=len(notes.times), damaged=damaged, timing=timing, looks=notes.judge.looks(),
    )  # fmt: skip
    broke = [Advice(notes.broke.kind, notes.broke.text, notes.broke.remedy)] if notes.broke else []
    values = {field: getattr(report, field) for field in report.__slots__}
    return Report(**values | {"advice": (*broke, *advise(report))})


def advise(report: Report) -> list[Advice]:
    """What should be mended, most harmful first; thresholds are those of docs/calibration.md."""
    timing, looks = report.timing, report.looks
    said = report.said_fps or timing.fps
    drift = timing.drift or 0.0
    wrong = (
        (report.damaged > 0, "damaged", f"{report.damaged} packets are damaged",
         "use `transport: tcp`, check the cable, lower the bit rate"),
        (timing.backwards > 0, "clock_back", f"the clock goes back or stands still, {timing.backwards} times",
         "update the camera's firmware; switch 'smart' codecs (H.264+, H.265+) off"),
        (timing.gaps > 0, "gaps", f"{timing.gaps} gaps, the longest {timing.longest_step:.1f} s",
         "check the network, lower the bit rate or the number of viewers"),
        (abs(drift) > 0.03, "drift", f"its clock runs {abs(drift):.0%} {'fast' if drift > 0 else 'slow'}",
         "set the same frame rate in the camera for capture and stream"),
        (abs(timing.fps / said - 1) > 0.1, "rate",
         f"it says {said:.1f} pictures a second and sends {timing.fps:.1f}",
         "longer shutters at night lower the rate: set a shutter of 1/250 s or shorter, and a fixed rate"),
        (0 < timing.fps < 12, "slow", f"only {timing.fps:.1f} pictures a second", "set 25, at least 15"),
        (looks.repeated > 0.15, "repeated", f"{looks.repeated:.0%} of the pictures are repeated",
         "the sensor gives fewer pictures than the stream: shorten the shutter, lower the frame rate"),
        (looks.bright_end < 70, "dark", "too dark to see small things",
         "add light or infrared; a longer shutter blurs what falls"),
        (looks.white > 0.25, "bright", f"{looks.white:.0%} of the picture is burnt out",
         "switch WDR on, lower the exposure, turn the camera away from the sky"),
        (looks.blur > 0.55, "blurred", "the picture is blurred", "clean the lens, focus again, raise the bit rate"),
        (looks.noise > 5, "noise", "much noise", "add light; lower the gain limit"),
    )  # fmt: skip
    return [Advice(code, text, remedy) for is_so, code, text, remedy in wrong if is_so]


def take_picture(camera: Mapping[str, Any], folders: list[Path], at: float = 0.0) -> Picture:
    """A whole picture (BGR), of a file the first from `at` seconds on; StreamFault when there is none."""
    last: VideoFrame | None = None
    with opened(camera, folders) as (container, stream):
        name = locate(camera, folders)[1]
        if at:
            container.seek(int(at * 1_000_000))
        try:
            for count, frame in enumerate(_frames(Reader(container, stream, name))):
                last = frame
                if (frame.key_frame or count > UNTIL_WHOLE or at) and frame.time >= at:
                    break
        except StreamFault:
            if last is None:
                raise
        if last is None:
            raise StreamFault("unreadable", f"{name} holds no pictures", "give a file or stream that does")
        return colour_of(last)


def _frames(reader: Reader) -> Iterator[VideoFrame]:
    for _pieces, frames in reader.read():
        yield from frames


def snapshot(camera: Mapping[str, Any], folders: list[Path], at: float = 0.0) -> bytes:
    """A picture as JPEG, black where the camera's masks say so."""
    picture = take_picture(camera, folders, at)
    return jpeg(Masks(camera["masks"], picture.shape[1], picture.shape[0]).storable(picture))
