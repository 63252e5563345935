"""Cameras over the network: broken servers of every kind, and a real RTSP server."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .clips import make_clip
from .stage import Stage, frames_of

LOOKER = f"{__package__}.lookers:Looker"
SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"


@contextmanager
def answering(answer: bytes, *, hang: bool = False) -> Iterator[int]:
    """A server that answers whatever is asked with the same bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    client, _address = server.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(5)
                    try:
                        client.recv(4096)
                        client.sendall(answer)
                        if hang:
                            ended.wait(20)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        ended.set()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


HTML = (
    b"<!DOCTYPE html><html><head><title>Login</title></head><body>"
    + b"<p>hello</p>" * 500
    + b"</body></html>"
)
PAGE = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(HTML) + HTML


def test_a_web_page_is_not_taken_for_a_stream(stage: Stage) -> None:
    with answering(PAGE) as port:
        stage.watch(url=f"http://127.0.0.1:{port}/", username="u", password="geheim")
        told = stage.until_told(lambda message: message.get("state") == "idle")
    assert told["fault"] == "unreadable"
    assert "web page" in told["text"]
    assert "rtsp://" in told["remedy"]
    assert "geheim" not in str(told)


@pytest.mark.parametrize(
    "answer", [b"\x00\xff\x13garbage\r\n" * 400, PAGE, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", b""]
)
def test_garbage_instead_of_rtsp_is_told_and_tried_again(stage: Stage, answer: bytes) -> None:
    with answering(answer) as port:
        stage.watch(url=f"rtsp://127.0.0.1:{port}/s")
        told = stage.until("text", 2)
    assert all(told)


def test_a_server_that_never_answers_is_given_up(stage: Stage) -> None:
    with answering(b"", hang=True) as port:
        stage.watch(url=f"rtsp://127.0.0.1:{port}/s", timeout=1)
        told = stage.until_told(lambda message: message.get("state") == "idle")
    assert told["fault"] == "unreachable"
    assert "does not answer" in told["text"]


def test_nobody_at_the_address(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    stage.watch(url=f"rtsp://127.0.0.1:{port}/s")
    told = stage.until_told(lambda message: message.get("state") == "idle")
    assert "refused" in told["text"].lower()


def test_a_playlist_can_not_reach_the_disk(stage: Stage, tmp_path: Path) -> None:
    secret = make_clip(tmp_path / "secret.mp4", 1.0)
    body = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()
    head = (
        b"HTTP/1.0 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    with answering(head + body) as port:
        stage.watch(url=f"http://127.0.0.1:{port}/list.m3u8")
        stage.until_told(lambda message: message.get("state") == "idle")
    assert not [message for message in stage.told if message.get("state") == "streaming"]


@contextmanager
def serving(file: Path, port: int = 0, *credentials: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """GStreamer's RTSP server with one file at /stream."""
    command = [SYSTEM_PYTHON, str(SERVER), str(file), str(port), *credentials]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            yield server, int(server.stdout.readline())
        finally:
            server.kill()


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("rtsp") / "long.mp4", 30.0)


@pytest.mark.prepared
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_real_stream_is_watched_and_its_clip_kept(stage: Stage, long_clip: Path, transport: str) -> None:
    with serving(long_clip, 0, "joe", "p@ss word") as (_server, port):
        stage.watch(
            url=f"rtsp://127.0.0.1:{port}/stream", username="joe", password="p@ss word", transport=transport,
            analyzers=[(LOOKER, {"find": [1.2]})], pre_roll=0.5, post_roll=0.5,
        )  # fmt: skip
        found = stage.until("found")[0]
        assert found["fields"]["shape"] == [112, 192]
        stored = stage.until("stored", 2)[1]
    frames = frames_of(stage.media / stored["evidence"]["path"])
    assert frames[0].key_frame
    assert 20 <= len(frames) <= 80
    assert stage.until("state")[0] == "streaming"


@pytest.mark.prepared
def test_h265_is_watched(stage: Stage, tmp_path: Path) -> None:
    file = make_clip(tmp_path / "h265.mp4", 6.0, codec="libx265")
    with serving(file) as (_server, port):
        stage.watch(
            url=f"rtsp://127.0.0.1:{port}/stream", analyzers=[(LOOKER, {"find": [1.2]})], post_roll=0.2
        )
        stored = stage.until("stored", 2)[1]["evidence"]
    assert stored["path"].endswith(".mp4")
    assert len(frames_of(stage.media / stored["path"])) > 10


@pytest.mark.prepared
def test_a_stream_that_is_cut_comes_back(stage: Stage, long_clip: Path) -> None:
    with serving(long_clip) as (_server, port):
        stage.watch(url=f"rtsp://127.0.0.1:{port}/stream", analyzers=[(LOOKER, {"at_end": True})])
        stage.until("state")
    stage.until_told(lambda message: message.get("state") == "idle")
    stage.until("found")
    with serving(long_clip, port):
        assert stage.until("codec", 2) == ["h264", "h264"]


@pytest.mark.prepared
def test_a_stream_that_stalls_is_noticed_and_comes_back(stage: Stage, long_clip: Path) -> None:
    with serving(long_clip) as (server, port):
        stage.watch(url=f"rtsp://127.0.0.1:{port}/stream", timeout=1)
        stage.until("state")
        server.send_signal(signal.SIGSTOP)
        told = stage.until_told(lambda message: message.get("state") == "idle")
        assert told["fault"] in ("unreachable", "stalled")
        server.send_signal(signal.SIGCONT)
        stage.until("codec", 2)


@pytest.mark.prepared
def test_refused_credentials_are_not_tried_again_and_again(stage: Stage, long_clip: Path) -> None:
    with serving(long_clip, 0, "joe", "right") as (_server, port):
        watch = stage.watch(url=f"rtsp://127.0.0.1:{port}/stream", username="joe", password="wrong")
        told = stage.until_told(lambda message: message.get("state") == "idle")
        assert told["fault"] == "auth"
        assert "password" in told["text"]
        watch.thread.join(1.5)
        assert watch.thread.is_alive()
    assert len(stage.until("state")) == 1


@pytest.mark.prepared
def test_a_path_that_the_camera_does_not_have(stage: Stage, long_clip: Path) -> None:
    with serving(long_clip) as (_server, port):
        stage.watch(url=f"rtsp://127.0.0.1:{port}/other")
        told = stage.until_told(lambda message: message.get("state") == "idle")
    assert told["fault"] == "missing"
