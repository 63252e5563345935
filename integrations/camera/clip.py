"""A clip from the packet ring: the camera's own packets in a new container, or blackened pictures encoded anew."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import av
import av.error
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from integrations.camera.picture import Masks, colour_of
from integrations.camera.ring import Piece

# Codecs that an MP4 file takes as they are.
IN_MP4 = frozenset(["h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mjpeg"])


@dataclass(frozen=True, slots=True)
class Coding:
    """How a stream is coded: what outlives its connection."""

    name: str
    extradata: bytes | None
    width: int
    height: int
    base: Fraction
    rate: Fraction

    @classmethod
    def of(cls, stream: VideoStream) -> "Coding":
        """That of an opened stream."""
        context = stream.codec_context
        return cls(
            context.name, context.extradata, context.width, context.height,
            stream.time_base or Fraction(1, 90_000), stream.average_rate or Fraction(25),
        )  # fmt: skip


def must_encode(stream: VideoStream, masks: Masks) -> bool:
    """Whether a clip can't be the packets as they came: something is private, or MP4 does not take the codec."""
    return masks.private or stream.codec_context.name not in IN_MP4


def remuxed(pieces: Sequence[Piece], stream: VideoStream, began: datetime) -> bytes:
    """The packets as they came, in a container of their own: exact evidence, no loss, no work for the processor."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        container.metadata["creation_time"] = began.isoformat()
        out = container.add_stream_from_template(stream, opaque=True)
        base = stream.time_base or Fraction(1, 90_000)
        for piece, (pts, dts) in zip(pieces, in_order(pieces), strict=True):
            packet = av.Packet(piece.data)
            packet.pts, packet.dts, packet.duration, packet.time_base = pts, dts, piece.duration, base
            packet.is_keyframe = piece.key
            packet.stream = out
            container.mux_one(packet)
    return buffer.getvalue()


def in_order(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Presentation and decoding times from 0 on, growing as containers demand, whatever the stream's clock did."""
    times: list[tuple[int, int]] = []
    for piece in pieces:
        dts = piece.dts - pieces[0].dts
        if times and dts <= times[-1][1]:
            dts = times[-1][1] + 1
        times.append((max(piece.pts - pieces[0].dts, dts), dts))
    return times


def encoded(pieces: Sequence[Piece], coding: Coding, masks: Masks, began: datetime) -> bytes:
    """The same seconds decoded, painted black where private, and encoded: masked pixels never reach the disk.

    Takes seconds: a second of 1080p costs about as much as watching it for a while.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        container.metadata["creation_time"] = began.isoformat()
        out: Any = container.add_stream("libx264", rate=coding.rate)
        out.width, out.height, out.pix_fmt = coding.width, coding.height, "yuv420p"
        out.time_base = out.codec_context.time_base = coding.base
        out.options = {"preset": "veryfast", "crf": "21", "threads": "1"}
        for frame in decoded(pieces, coding):
            painted = VideoFrame.from_ndarray(masks.storable(colour_of(frame)), format="bgr24")
            painted.pts, painted.time_base = (frame.pts or 0) - pieces[0].dts, coding.base
            container.mux(out.encode(painted))
        container.mux(out.encode(None))
    return buffer.getvalue()


def decoded(pieces: Sequence[Piece], coding: Coding) -> Iterator[VideoFrame]:
    """The packets' pictures, by a decoder of their own."""
    context: Any = VideoCodecContext.create(coding.name, "r")
    context.extradata = coding.extradata
    context.width, context.height = coding.width, coding.height
    context.thread_count = 1
    for piece in pieces:
        packet = av.Packet(piece.data)
        packet.pts, packet.dts = piece.pts, piece.dts
        try:
            yield from context.decode(packet)
        except av.error.InvalidDataError:
            continue  # as the camera sent it: damaged
    yield from context.decode(None)
