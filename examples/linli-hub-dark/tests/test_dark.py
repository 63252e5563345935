"""The class alone, and in a whole hub with a real worker and a real video."""

import av
import numpy as np

from linli_hub_dark import SETTINGS, CameraDarkened
from linli_hub_dark.analyzer import DarkAnalyzer


def finds(levels, **settings):
    """Starts of what is found in pictures of these grey levels, two a second."""
    analyzer = DarkAnalyzer({"id": "gate"}, SETTINGS(settings))
    told = []
    for number, level in enumerate(levels):
        told += analyzer.feed(np.full((48, 64), level, dtype=np.uint8), number / 2, False)
    return [found.started for found in (*told, *analyzer.finish())]


def test_darkness_is_told_once_and_again_after_light():
    assert finds([90] * 4 + [5] * 30) == [2.0]
    assert finds([5] * 20 + [90] * 2 + [5] * 20) == [0.0, 11.0]


def test_a_moment_is_not_told():
    assert finds([90, 5, 5, 5, 90]) == []
    assert finds([90, 5, 5, 5, 90], seconds=1) == [0.5]


def make_video(path):
    """Two seconds of light, four of darkness."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(60):
            level = 120 if number < 20 else 4
            picture = np.full((48, 64, 3), level, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))


async def test_from_the_worker_to_the_alarm(hub):
    (hub.folder / "config").mkdir()
    make_video(hub.folder / "config" / "gate.mp4")
    await hub.start(
        """
        dark:
        camera:
          - {id: gate, file: gate.mp4, pace: fast, analyzers: [{dark: {seconds: 2}}]}
        """
    )
    await hub.until(lambda: hub.of(CameraDarkened), 30)
    (alarm,) = hub.of(CameraDarkened)
    assert alarm.camera == "gate"
    assert alarm.brightness < 24
    assert [item.kind for item in alarm.evidence] == ["picture", "clip"]
