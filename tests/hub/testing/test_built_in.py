"""Every built-in integration bears what `check_integration` asks of third parties' ones."""

from collections.abc import Awaitable, Callable

import pytest

from hub.plugins.manager import Manager

Check = Callable[..., Awaitable[None]]


@pytest.mark.parametrize("name", Manager().names())
async def test_a_built_in_integration_bears_everything(check_integration: Check, name: str) -> None:
    await check_integration(name)
