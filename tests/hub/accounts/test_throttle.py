"""Wrong passwords: ten in a row cost a minute and more; nobody else pays, and the owner's known device goes on."""

import pytest

from hub.accounts import throttle
from hub.accounts.passwords import Hasher
from hub.accounts.secret import new_secret
from hub.accounts.signin import SignInRefused, Throttled
from hub.accounts.throttle import WRONG_AT_ADDRESS, WRONG_IN_A_ROW, network_of
from tests.hub.accounts.bench import ELSEWHERE, HOME, PASSWORD, Bench


@pytest.fixture(autouse=True)
def plain_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of tries: what is counted does not depend on how long each takes."""

    async def verify(_hasher: Hasher, written: str, password: str, network: str = "") -> bool:
        return written == f"plain {password}"

    async def make(_hasher: Hasher, password: str, network: str = "") -> str:
        return f"plain {password}"

    monkeypatch.setattr(Hasher, "verify", verify)
    monkeypatch.setattr(Hasher, "hash", make)


async def be_wrong(bench: Bench, name: str, times: int = WRONG_IN_A_ROW, **more: str) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            await bench.sign_in(name, "a wrong one", **more)


async def test_ten_wrong_ones_cost_a_minute_even_with_the_right_one(bench: Bench) -> None:
    await bench.add("wang")
    await be_wrong(bench, "wang")
    with pytest.raises(Throttled) as refused:
        await bench.sign_in("wang")
    assert refused.value.seconds >= 60
    bench.clock.jump(59)
    with pytest.raises(Throttled):
        await bench.sign_in("WANG", address=ELSEWHERE)
    bench.clock.jump(1)
    assert (await bench.sign_in("wang")).name == "wang"


async def test_each_further_one_costs_more_up_to_a_quarter_of_an_hour(bench: Bench) -> None:
    await bench.add("wang")
    await be_wrong(bench, "wang")
    waits = []
    for _ in range(8):
        with pytest.raises(Throttled) as refused:
            await bench.sign_in("wang")
        waits.append(refused.value.seconds)
        bench.clock.jump(refused.value.seconds)
        await be_wrong(bench, "wang", 1)
    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]


async def test_others_are_unaffected_also_behind_the_same_address(bench: Bench) -> None:
    await bench.add("wang")
    await bench.add("li")
    await be_wrong(bench, "wang")
    assert (await bench.sign_in("li")).name == "li"


async def test_who_is_right_in_time_begins_anew(bench: Bench) -> None:
    await bench.add("wang")
    for _ in range(3):
        await be_wrong(bench, "wang", WRONG_IN_A_ROW - 1)
        await bench.sign_in("wang")


async def test_nobody_can_keep_the_owner_of_a_known_device_out(bench: Bench) -> None:
    wang = await bench.add("wang")
    device = await bench.accounts.sign_in.know_device(wang.id, "")
    await be_wrong(bench, "wang", address=ELSEWHERE)
    with pytest.raises(Throttled):
        await bench.sign_in("wang", address=ELSEWHERE)
    assert (await bench.sign_in("wang", device=device)).name == "wang"
    assert await bench.accounts.sign_in.know_device(wang.id, device) == device
    with pytest.raises(Throttled):
        await bench.sign_in("wang", address=ELSEWHERE)  # which is no pardon for the others


async def test_a_device_that_is_made_up_helps_nobody(bench: Bench) -> None:
    await bench.add("wang")
    await be_wrong(bench, "wang")
    for device in (new_secret("device"), "lld_", "x"):
        with pytest.raises(Throttled):
            await bench.sign_in("wang", device=device)


async def test_an_account_of_ones_own_pardons_no_tries_at_others(bench: Bench) -> None:
    await bench.add("thief")
    for n in range(WRONG_AT_ADDRESS):
        await be_wrong(bench, f"name{n}", 1)
        if n < WRONG_AT_ADDRESS - 1:
            await bench.sign_in("thief")
    with pytest.raises(Throttled):
        await bench.sign_in("thief")


async def test_a_stolen_device_is_held_up_like_any_and_serves_its_account_alone(bench: Bench) -> None:
    wang, _ = await bench.add("wang"), await bench.add("li")
    device = await bench.accounts.sign_in.know_device(wang.id, "")
    await be_wrong(bench, "wang", device=device)
    with pytest.raises(Throttled):
        await bench.sign_in("wang", device=device)
    assert (await bench.sign_in("wang")).name == "wang"  # elsewhere nobody was wrong
    await be_wrong(bench, "li", device=device)
    with pytest.raises(Throttled):
        await bench.sign_in("li", device=device)


async def test_names_nobody_has_are_refused_alike(bench: Bench) -> None:
    await bench.add("wang")
    told: dict[str, list[str]] = {"wang": [], "nobody": []}
    for name, texts in told.items():
        for _ in range(WRONG_IN_A_ROW + 2):
            with pytest.raises((SignInRefused, Throttled)) as refused:
                await bench.sign_in(name, "a wrong one")
            texts.append(str(refused.value))
    assert told["wang"] == told["nobody"]


async def test_many_tries_at_once_are_no_more_tries(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    asked: list[str] = []

    async def slow(_hasher: Hasher, written: str, password: str, network: str = "") -> bool:
        asked.append(password)
        await asyncio.sleep(0)
        return False

    monkeypatch.setattr(Hasher, "verify", slow)
    await bench.add("wang")
    tries = [bench.sign_in("wang", f"guess {n}") for n in range(100)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert len(asked) == WRONG_IN_A_ROW
    assert sum(isinstance(result, Throttled) for result in done) == 100 - WRONG_IN_A_ROW


async def test_one_address_that_tries_many_names_is_banned_and_others_are_not(bench: Bench) -> None:
    wang = await bench.add("wang")
    device = await bench.accounts.sign_in.know_device(wang.id, "")
    for n in range(WRONG_AT_ADDRESS):
        await be_wrong(bench, f"name{n}", 1, address=ELSEWHERE)
    with pytest.raises(Throttled):
        await bench.sign_in("wang", address=ELSEWHERE)
    assert await bench.sign_in("wang", address=HOME)
    assert await bench.sign_in("wang", address=ELSEWHERE, device=device)
    bench.clock.jump(15 * 60)
    assert await bench.sign_in("wang", address=ELSEWHERE)


async def test_people_behind_one_address_who_err_now_and_then_are_not_banned(bench: Bench) -> None:
    for n in range(WRONG_AT_ADDRESS * 3):
        await be_wrong(bench, f"name{n}", 1)
        bench.clock.jump(60)


async def test_bans_survive_a_restart(bench: Bench) -> None:
    await bench.add("wang")
    await be_wrong(bench, "wang")
    await be_wrong(bench, "nobody", address=ELSEWHERE)
    await bench.reopen()
    for name in ("wang", "nobody"):
        with pytest.raises(Throttled):
            await bench.sign_in(name)


async def test_after_a_day_of_quiet_it_is_forgotten(bench: Bench) -> None:
    await bench.add("wang")
    await be_wrong(bench, "wang", WRONG_IN_A_ROW - 1)
    bench.clock.jump(24 * 3600)
    await be_wrong(bench, "wang", WRONG_IN_A_ROW - 1)
    await bench.sign_in("wang")
    bench.clock.jump(24 * 3600)
    await bench.reopen()
    assert bench.accounts.book.failures == {}


async def test_a_flood_of_names_and_addresses_takes_bounded_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MOST_NAMES", 50)
    monkeypatch.setattr(throttle, "MOST_ADDRESSES", 100)
    for n in range(600):
        with pytest.raises((SignInRefused, Throttled)):
            await bench.sign_in(f"name{n}", "x", address=f"2001:db8:{n:x}::1")
    assert len(bench.accounts.book.failures) <= 150


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_household_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_the_password_asked_again_is_counted_apart(bench: Bench) -> None:
    wang = await bench.add("wang")
    again = bench.accounts.sign_in.check_again
    for _ in range(WRONG_IN_A_ROW):
        with pytest.raises(SignInRefused):
            await again(wang, "wrong", HOME)
    with pytest.raises(Throttled):
        await again(wang, PASSWORD, HOME)
    assert await bench.sign_in("wang")
