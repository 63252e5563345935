"""Apprise, at the library's edge: what it says is all there is."""

import sys
from types import ModuleType

import pytest
import voluptuous as vol

from hub.api import ConfigError, DeliveryFailed
from integrations.notify.by_apprise import APPRISE
from tests.integrations.notify.fakes import delivery


class Library(ModuleType):
    """Stands for the library: understands `json://`, and says what it is told to say."""

    def __init__(self, said):
        super().__init__("apprise")
        self.calls = calls = []

        class Apprise:
            def add(self, url):
                return url.startswith("json://")

            async def async_notify(self, **told):
                calls.append(told)
                return said

        self.Apprise = Apprise


@pytest.fixture
def send(link, monkeypatch):
    async def send(said, url="json://hub.example.org/token"):
        library = Library(said)
        monkeypatch.setitem(sys.modules, "apprise", library)
        await APPRISE.open(APPRISE.schema({"url": url}), link).send(delivery())
        return library.calls

    return send


async def test_a_yes_is_all_that_can_be_had(send):
    (told,) = await send(True)
    assert told["title"] == "【紧急】高空抛物"
    assert told["body"].startswith("1 号楼 12 层疑似抛物")
    assert told["notify_type"] == "failure"


@pytest.mark.parametrize("said", [False, None])
async def test_anything_else_is_no(send, said):
    with pytest.raises(DeliveryFailed):
        await send(said)


async def test_a_service_that_it_does_not_know_is_a_fault_of_the_file(send):
    with pytest.raises(ConfigError, match="does not understand"):
        await send(True, "unheard://x")


def test_without_the_library_the_extra_is_named(link, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r"linli-hub\[apprise\]"):
        APPRISE.open(APPRISE.schema({"url": "json://x"}), link)


@pytest.mark.parametrize("url", ["", "discord", "a b://c", 7])
def test_an_address_looks_like_one(url):
    with pytest.raises(vol.Invalid):
        APPRISE.schema({"url": url})
