"""`hub notify`: channels listed, tried against their providers and against fakes."""

import asyncio
import json
import threading
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from hub.api import Directory
from integrations.notify.commands import fate, notify
from integrations.notify.fakes import FAKES, FakeServer, Mood, serve
from integrations.notify.fakes.alone import alone
from integrations.notify.kinds import KINDS
from tests.integrations.notify.fakes import NOON, delivery

KEY = FAKES["wecom_bot"].secrets[0]
CONFIG = """
notify:
  channels:
    group: {{type: wecom_bot, url: "{url}/cgi-bin/webhook/send?key={key}", timeout: 10}}
    phone: {{type: bark, url: "{url}", timeout: 10}}
    inbox: {{}}
people:
  persons:
    - {{id: wang, name: 王芳, roles: admin, channels: [group, {{phone: ynJ5Ft4atkMkWeo2PAvFhF}}]}}
    - {{id: li, name: 李强, roles: admin, channels: [group]}}
"""


@pytest.fixture
def run(tmp_path):
    def run(*words, url="http://127.0.0.1:9", key=KEY):
        text = CONFIG.format(url=url, key=key)
        (tmp_path / "configuration.yaml").write_text(text, encoding="utf-8")
        return CliRunner().invoke(notify, [*words, "-c", str(tmp_path)])

    return run


@pytest.fixture
def served():
    """A fake provider in a thread of its own: the command has a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = FakeServer(FAKES["wecom_bot"](lambda: NOON))
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    yield server
    asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_the_channels_of_a_site(run):
    result = run("list")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "log    log           no limit         0 people",
        "group  wecom_bot     20 a minute      2 people",
        "phone  bark          300 a minute     1 people",
        "inbox  inbox         no limit         0 people",
    ]
    rows = json.loads(run("list", "--json").output)
    assert rows[1] == {"channel": "group", "type": "wecom_bot", "per_minute": 20, "people": 2}


def test_a_test_notice_says_what_the_provider_said(run, served):
    result = run("test", "group", "--person", "li", url=served.url)
    assert result.exit_code == 0, result.output
    assert "group -> li: DELIVERED" in result.output
    assert 'the provider said: 200 {"errcode": 0, "errmsg": "ok"}' in result.output
    (shown,) = served.fake.shown
    assert shown.startswith("测试通知\n")


def test_a_wrong_key_is_told_without_it(run, served):
    wrong = "00000000-7xxx-4bc4-97a0-0ec2sifa5aaa"
    result = run("test", "group", url=served.url, key=wrong)
    assert result.exit_code == 1
    assert "NOT DELIVERED, an admin must mend the settings" in result.output
    assert "93000" in result.output
    assert wrong not in result.output


def test_nobody_there_is_tried_again(run):
    result = run("test", "group")
    assert result.exit_code == 1
    assert "the hub would try again" in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("test", "grup"), "did you mean 'group'"),
        (("test", "phone", "--person", "li"), "'li' is not reached over 'phone'; it reaches wang"),
        (("test", "inbox"), "needs the running hub"),
        (("test", "log", "--dry-run"), "there is no fake of 'log'"),
    ],
)
def test_what_cant_be_tried_says_why(run, words, says):
    result = run(*words)
    assert result.exit_code == 2
    assert says in result.output


def test_a_folder_without_a_section_says_so(tmp_path):
    (tmp_path / "configuration.yaml").write_text("{}\n", encoding="utf-8")
    result = CliRunner().invoke(notify, ["list", "-c", str(tmp_path)])
    assert (result.exit_code, "no section 'notify:'" in result.output) == (2, True)


def test_a_rehearsal_goes_through_every_mood(run):
    result = run("test", "group", "--dry-run")
    assert result.exit_code == 0, result.output
    said = {line.split()[0]: line for line in result.output.splitlines() if not line.startswith(" ")}
    assert set(said) == {str(mood) for mood in Mood}
    assert "DELIVERED" in said["good"]
    assert "NOT" not in said["good"]
    assert all("NOT DELIVERED" in line for mood, line in said.items() if mood != "good")
    assert "| 测试通知" in result.output


@pytest.mark.parametrize("kind", sorted(FAKES))
async def test_a_rehearsal_needs_no_hub(kind):
    async with alone(ZoneInfo("Asia/Shanghai"), "zh-CN", Directory()) as link:
        fake = FAKES[kind](link.now)
        async with serve(fake) as server:
            fake.introduce(link.memory, server.url, "wang_fang")
            options = KINDS[kind].address({"to": fake.address} if fake.address else {})
            made = delivery()
            made = replace(made, address=replace(made.address, options=options))
            sender = KINDS[kind].open(KINDS[kind].schema(fake.settings(server.url)), link.as_link)
            assert (await fate(sender, made))[1] == 0
    assert len(fake.shown) == 1


def test_every_channel_of_a_provider_has_a_fake():
    assert set(KINDS) - set(FAKES) == {"log", "inbox", "apprise"}
