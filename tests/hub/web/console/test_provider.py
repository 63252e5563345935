"""The door's button: to the provider and in, and what the door says of who is not let in."""

from collections.abc import AsyncIterator

import pytest

from hub.testing.kit import HubKit
from tests.hub.web.console.conftest import Street
from tests.hub.web.oidc_provider import FakeProvider

YAML = "auth: {{oidc: {{issuer: '{url}', client_id: linli, client_secret: a provider's secret, name: 单位账号}}}}\n"


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    await provider.start()
    yield provider
    await provider.stop()


async def test_a_stranger_is_told_at_the_door_and_comes_in_once_awaited(
    hub: HubKit, street: Street, provider: FakeProvider
) -> None:
    await hub.start(YAML.format(url=provider.url))
    provider.now = hub.clock.now().timestamp()
    visitor = await street.visitor()
    await visitor.open()
    await visitor.page.click("a.provider")
    await visitor.see("您的单位账号还没有和这里的账户关联")
    assert "refused" not in visitor.page.url
    accounts = hub.hub_of.accounts
    await accounts.oidc.await_person(await accounts.registry.add("li", roles=("admin",)), "li@example.org")
    await visitor.page.click("a.provider")
    await visitor.page.wait_for_selector(".shell")
    await visitor.page.reload()
    await visitor.page.wait_for_selector(".shell")
    assert visitor.complaints == []
