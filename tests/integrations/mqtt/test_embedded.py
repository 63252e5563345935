"""The embedded broker: started, restarted, never left behind, and faithful to what it took."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from hub.api import ConfigError, Message, NotReady, Outcome
from integrations.mqtt import embedded
from integrations.mqtt.embedded import EmbeddedBroker, command_line, find_program, free_port

from .stand_ins import LOG, Hearing, running, session, until

ROOT = Path(__file__).parents[3]


async def test_secrets_are_the_owner_s_alone(server: EmbeddedBroker, tmp_path: Path) -> None:
    for name in ("password", "nats.conf"):
        assert (tmp_path / "broker" / name).stat().st_mode & 0o777 == 0o600
    assert len(server.password) >= 24
    assert server.password not in command_line(server.pid)


async def test_configuration_syncs_each_message_and_listens_here_only(
    server: EmbeddedBroker, tmp_path: Path
) -> None:
    written = json.loads((tmp_path / "broker" / "nats.conf").read_text())
    assert written["jetstream"]["sync_interval"] == "always"
    assert written["mqtt"]["listen"] == f"127.0.0.1:{server.port}"
    assert written["listen"].startswith("127.0.0.1:")


async def test_second_start_keeps_port_and_password(tmp_path: Path) -> None:
    first, second = EmbeddedBroker(tmp_path, log=LOG), EmbeddedBroker(tmp_path, log=LOG)
    await first.start()
    await first.stop()
    await second.start()
    await second.stop()
    assert (first.port, first.password) == (second.port, second.password)


async def test_port_taken_meanwhile_is_no_obstacle(tmp_path: Path) -> None:
    server = EmbeddedBroker(tmp_path, log=LOG)
    await server.start()
    await server.stop()
    other = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", server.port)
    next_life = EmbeddedBroker(tmp_path, log=LOG)
    await next_life.start()
    assert next_life.port != server.port
    await next_life.stop()
    other.close()
    await other.wait_closed()


async def test_taken_port_that_the_admin_named_is_a_clear_error(tmp_path: Path) -> None:
    other = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    with pytest.raises(NotReady, match=f"port {port}"):
        await EmbeddedBroker(tmp_path, log=LOG, port=port).start()
    other.close()
    await other.wait_closed()


async def test_dead_broker_is_started_again(server: EmbeddedBroker) -> None:
    keeping = asyncio.ensure_future(server.keep())
    first = server.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: server.starts == 2 and server.pid != first)
    async with running(session(server)) as broker:
        await until(lambda: broker.connected)
        await broker.publish("a", "works")
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_broker_left_by_a_killed_hub_is_replaced(tmp_path: Path) -> None:
    left = EmbeddedBroker(tmp_path, log=LOG)
    await left.start()
    fresh = EmbeddedBroker(tmp_path, log=LOG)
    await fresh.start()
    assert left._process is not None
    assert await left._process.wait() == -signal.SIGKILL
    await fresh.stop()
    await left.stop()


async def test_foreign_process_in_the_pid_file_is_left_alone(tmp_path: Path) -> None:
    bystander = await asyncio.create_subprocess_exec("sleep", "60")
    (tmp_path / "pid").write_text(str(bystander.pid))
    server = EmbeddedBroker(tmp_path, log=LOG)
    await server.start()
    await server.stop()
    assert bystander.returncode is None
    bystander.kill()
    await bystander.wait()


async def test_killed_hub_takes_its_broker_along_and_gets_the_message_again(tmp_path: Path) -> None:
    doomed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integrations.mqtt.doomed_hub", str(tmp_path),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert doomed.stdout is not None
    async with asyncio.timeout(30):
        words = (await doomed.stdout.readline()).split()
    assert words[:2] == [b"took", b"cover-open"]
    doomed.kill()
    await doomed.wait()
    await until(lambda: "nats" not in command_line(int(words[2])), 5)

    heard = Hearing()
    server = EmbeddedBroker(tmp_path, log=LOG)
    await server.start()
    again = session(server)
    again.expect({"alarm": 1})
    async with running(again):
        again.subscribe("alarm", heard)
        await until(lambda: heard.payloads == [b"cover-open"])
    await server.stop()


async def test_message_that_waits_holds_up_its_own_filter_and_no_other(server: EmbeddedBroker) -> None:
    waiting: list[asyncio.Future[Outcome]] = []
    taken: list[str] = []
    heard = Hearing()

    def take(message: Message) -> asyncio.Future[Outcome]:
        taken.append(message.text)
        waiting.append(asyncio.get_running_loop().create_future())
        return waiting[-1]

    async with running(session(server)) as broker:
        broker.subscribe("slow", take)
        await broker.subscribed()
        broker.subscribe("quick", heard)
        await broker.subscribed()
        for number in range(3):
            await broker.publish("slow", str(number))
        await until(lambda: taken == ["0"])
        for number in range(50):
            await broker.publish("quick", str(number))
        await until(lambda: len(heard.messages) == 50)
        assert taken == ["0"]
        for _ in range(3):
            await until(lambda: bool(waiting))
            waiting.pop().set_result(Outcome())
    assert taken == ["0", "1", "2"]


async def test_broker_that_was_started_again_still_keeps_filters_apart(server: EmbeddedBroker) -> None:
    keeping = asyncio.ensure_future(server.keep())
    waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    taken, heard = Hearing(), Hearing()

    def take(message: Message) -> asyncio.Future[Outcome]:
        taken(message)
        return waiting

    async with running(session(server)) as broker:
        broker.subscribe("slow", take)
        broker.subscribe("quick", heard)
        await broker.subscribed()
        os.kill(server.pid, signal.SIGKILL)
        await until(lambda: server.starts == 2 and broker.connected)
        await broker.subscribed()
        await broker.publish("slow", "waits")
        await until(lambda: taken.payloads == [b"waits"])
        await broker.publish("quick", "goes")
        await until(lambda: heard.payloads == [b"goes"])
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_program_that_is_missing_or_wrong_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="is no program"):
        await find_program(str(tmp_path / "nothing"))
    old = tmp_path / "nats-server"
    old.write_text("#!/bin/sh\necho 'nats-server: v2.9.10'\n")
    old.chmod(0o755)
    with pytest.raises(ConfigError, match=r"2\.9; .* 2\.12"):
        await find_program(str(old))
    with pytest.raises(ConfigError, match="is no nats-server"):
        await find_program("/bin/true")
    monkeypatch.setattr(embedded, "packaged_program", lambda: "")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ConfigError, match=r"linli-hub\[broker\]"):
        await find_program()


async def test_program_of_the_path_serves_when_the_package_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "packaged_program", lambda: "")
    new = tmp_path / "nats-server"
    new.write_text("#!/bin/sh\necho 'nats-server: v2.12.1'\n")
    new.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await find_program() == str(new)


async def test_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    (folder / "messages").write_text("a file where a folder should be")
    with pytest.raises(NotReady, match="did not start: "):
        await EmbeddedBroker(folder, log=LOG).start()


def test_free_port_is_free() -> None:
    assert embedded.is_free("127.0.0.1", free_port())
