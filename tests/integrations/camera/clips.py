"""Small real videos for the tests, and cameras that show them."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from integrations.camera.settings import CAMERA

WIDTH, HEIGHT, RATE = 192, 112, 25


def make_clip(
    path: Path, seconds: float = 4.0, *, codec: str = "libx264", size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Path:
    """A bright square that goes down over a grey wall; a key frame each second."""
    width, height = size
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = (
            width,
            height,
            "yuvj420p" if codec == "mjpeg" else "yuv420p",
        )
        stream.time_base = Fraction(1, RATE)
        if codec != "mjpeg":
            stream.codec_context.gop_size = RATE
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "tune": "zerolatency", "threads": "1"}
        for index in range(int(seconds * RATE)):
            picture = np.full((height, width, 3), 90, dtype=np.uint8)
            y = index * 2 % (height - 16)
            picture[y : y + 16, 40:56] = 230
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def prepared_camera(**settings: Any) -> dict[str, Any]:
    """A camera as its worker gets it; analyzers are (target, settings) pairs."""
    analyzers = [
        {"name": f"looker{index}", "target": target, "settings": own, **dict(*wishes)}
        for index, (target, own, *wishes) in enumerate(settings.pop("analyzers", ()))
    ]
    calibration = settings.pop("clip_config", {})
    camera = CAMERA({"id": "gate", "pace": "fast", "timeout": 2, **settings})
    return {**camera, "analyzers": analyzers, "calibration": calibration}
