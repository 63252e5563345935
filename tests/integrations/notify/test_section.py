"""The section `notify:` and the life of the guest."""

import asyncio
import logging
from pathlib import Path

import pytest
import voluptuous as vol
import yaml

import integrations.notify
from hub.api import Call, Channel, ConfigError, Directory
from integrations.notify import hub_integrations, run, section
from integrations.notify.terminal import LOG, show
from tests.integrations.notify.fakes import SECRET, delivery, person

LOG_ONLY = {"channels": {"log": {"type": "log", "settings": {}}}}


@pytest.mark.parametrize("written", [None, {}, {"channels": None}, {"channels": {"log": None}}])
def test_nothing_but_the_name_gives_the_log(written):
    assert section(written)["channels"] == LOG_ONLY["channels"]


def test_a_channel_is_of_the_kind_it_is_named_after_or_says():
    cleaned = section(
        {"channels": {"ntfy": None, "room": {"type": "webhook", "url": "http://h/", "secret": SECRET}}}
    )
    assert {name: channel["type"] for name, channel in cleaned["channels"].items()} == {
        "log": "log",
        "ntfy": "ntfy",
        "room": "webhook",
    }
    assert cleaned["channels"]["ntfy"]["settings"]["url"] == "https://ntfy.sh"


@pytest.mark.parametrize(
    ("written", "path", "says"),
    [
        ({"channels": {"x": {"type": "webhok"}}}, ["channels", "x", "type"], "did you mean 'webhook'"),
        ({"channels": {"x": {"type": 7}}}, ["channels", "x", "type"], "no kind of channel"),
        ({"channels": {"ntfy": {"urll": "x"}}}, ["channels", "ntfy", "urll"], "did you mean 'url'"),
        ({"channels": {"log": {"colour": "x"}}}, ["channels", "log", "colour"], "it has none"),
        ({"channels": {"ntfy": {"url": "x"}}}, ["channels", "ntfy", "url"], "http"),
        ({"channels": {"a b": {"type": "log"}}}, ["channels", "a b"], "a channel's name"),
        ({"channels": {"ntfy": "x"}}, ["channels", "ntfy"], "a mapping"),
        ({"channels": ["ntfy"]}, ["channels"], "a mapping"),
        ({"channel": {}}, ["channel"], "extra keys"),
    ],
)
def test_faults_are_told_at_their_place(written, path, says):
    with pytest.raises(vol.MultipleInvalid, match=says) as caught:
        section(written)
    assert [str(step) for step in caught.value.errors[0].path] == path


def test_all_faults_are_told_at_once():
    with pytest.raises(vol.MultipleInvalid) as caught:
        section({"channels": {"ntfy": {"url": "x", "timeout": 99}, "email": {}}})
    assert len(caught.value.errors) == 4


def test_the_example_is_right():
    folder = Path(integrations.notify.__file__).parent
    written = yaml.safe_load((folder / "example.yaml").read_text(encoding="utf-8"))
    assert set(section(written["notify"])["channels"]) == {"log", "ntfy", "control_room", "mail"}


def test_the_readme_names_every_option_action_event_and_channel():
    text = (Path(integrations.notify.__file__).parent / "README.md").read_text(encoding="utf-8")
    (declared,) = hub_integrations()
    words = [action.name for action in declared.actions]
    words += [event.__name__ for event in declared.events]
    for channel in declared.channels:
        words += [channel.name, *(str(key) for key in channel.schema.schema)]
    assert [word for word in words if f"`{word}`" not in text] == []


async def running(link, config):
    task = asyncio.create_task(run(link, config))
    await asyncio.sleep(0)
    return task


async def test_a_notice_shows_in_the_log(link, caplog):
    link.site.directory = Directory([person("wang_fang", "log", role="grid_worker")])
    task = await running(link, section(None))
    (declared,) = hub_integrations()
    schema = declared.actions[0].schema
    data = schema({"role": "grid_worker", "title": "井盖倾斜", "message": "请查看", "severity": "warning"})
    with caplog.at_level(logging.INFO):
        for made in link.actions["notify.send"](Call(name="notify.send", data=data, key="k")).calls:
            await link.actions["notify.deliver"](made)
    assert "【警告】井盖倾斜  → wang_fang\n    请查看\n    2026-03-01 12:00:00" in caplog.text
    task.cancel()


async def test_another_integration_may_bring_a_kind_of_channel(link):
    opened = []

    class Drum:
        async def send(self, delivery):
            opened.append(delivery.notice.message)
            return ""

    link.channels["drum"] = Channel(
        name="drum",
        summary="",
        schema=vol.Schema({vol.Required("size"): int}),
        address=vol.Schema({}),
        open=lambda settings, _link: opened.append(settings) or Drum(),
    )
    task = await running(link, section({"channels": {"big": {"type": "drum", "size": 3}}}))
    assert opened == [{"size": 3}]
    task.cancel()
    with pytest.raises(ConfigError, match="channel 'big'"):
        await run(link, section({"channels": {"big": {"type": "drum"}}}))


async def test_a_kind_that_nobody_brings_says_which_there_are(link):
    with pytest.raises(
        ConfigError, match=r"no integration brings 'smoke_signal'; there are .*email, .*ntfy, .*webhook"
    ):
        await run(link, section({"channels": {"x": {"type": "smoke_signal"}}}))


def test_the_log_speaks_the_persons_language():
    assert show(delivery(language="en"), "12:00").splitlines() == [
        "Critical: 高空抛物  → wang_fang",
        "    1 号楼 12 层疑似抛物，请立即查看。",
        "    Evidence: falling/1.mp4, falling/1.jpg",
        "    More: https://hub.example.org/alarm/1",
        "    12:00",
    ]


def test_the_log_takes_no_address():
    assert LOG.address({}) == {}
    with pytest.raises(vol.Invalid):
        LOG.address({"to": "x"})
