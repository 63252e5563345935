"""Passwords: which may be one; hashed by Argon2id, few at once, whatever comes."""

import asyncio
import threading

import pytest

from hub.accounts import passwords
from hub.accounts.passwords import (
    AT_ONCE,
    LONGEST,
    MOST_WAITING,
    MOST_WAITING_AT_ADDRESS,
    Busy,
    Hasher,
    PasswordFault,
    check_password,
)


@pytest.mark.parametrize(
    "password", ["correct horse", "密码要长一点才好记啊真的", "x7!kkQpz2@", "          abcd"]
)
def test_a_long_password_of_any_make_is_good(password: str) -> None:
    assert check_password(password, "wang")


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short", "password_length"),
        ("a1B!c2D?e", "password_length"),
        ("x" * (LONGEST + 1), "password_length"),
        (None, "password_length"),
        ("1234567890", "password_common"),
        ("PASSWORD123", "password_common"),
        ("woaini1314", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("ababababababab", "password_common"),
        ("abcdefghijklm", "password_common"),
        ("zyxwvutsrqpo", "password_common"),
        ("my-WANG-password", "password_name"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: object, word: str) -> None:
    with pytest.raises(PasswordFault) as refused:
        check_password(password, "wang")
    assert refused.value.word == word
    assert refused.value.said("zh-CN") != refused.value.said("en")


async def test_a_hash_is_argon2id_with_salt_and_tells_the_password_again() -> None:
    hasher = Hasher()
    written = await hasher.hash("correct horse")
    assert written.startswith("$argon2id$")
    assert written != await hasher.hash("correct horse")
    assert await hasher.verify(written, "correct horse")
    assert await hasher.verify(written, "ｃｏｒｒｅｃｔ horse")
    assert not await hasher.verify(written, "correct horsf")
    hasher.close()


@pytest.mark.parametrize("written", ["", "plain", "$argon2id$broken"])
async def test_without_a_hash_no_password_is_right(written: str) -> None:
    hasher = Hasher()
    assert not await hasher.verify(written, "nobody's password")
    hasher.close()


async def test_a_missing_account_costs_as_much_as_one_with_a_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    class Counting:
        def hash(self, password: bytes | str) -> str:
            return "$nobody"

        def verify(self, written: str, password: bytes) -> bool:
            made.append(written)
            return True

    monkeypatch.setattr(passwords, "_argon2", Counting)
    hasher = Hasher()
    assert await hasher.verify("$wang", "x")
    assert not await hasher.verify("", "x")
    assert made == ["$wang", "$nobody"]
    hasher.close()


async def test_a_flood_is_hashed_few_at_once_and_refused_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    lock, running, most = threading.Lock(), 0, 0

    class Slow:
        def hash(self, password: str) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            release.wait(20)
            with lock:
                running -= 1
            return "$"

    monkeypatch.setattr(passwords, "_argon2", Slow)
    hasher = Hasher()
    flood = [asyncio.ensure_future(hasher.hash("x", "one")) for _ in range(MOST_WAITING_AT_ADDRESS + 5)]
    others = [
        asyncio.ensure_future(hasher.hash("x", f"a{n // MOST_WAITING_AT_ADDRESS}"))
        for n in range(MOST_WAITING)
    ]
    await asyncio.sleep(0)
    assert sum(task.done() for task in flood) == 5  # that address has its share
    with pytest.raises(Busy):
        await hasher.hash("x", "late")  # all places are taken
    release.set()
    done = await asyncio.gather(*flood, *others, return_exceptions=True)
    assert sum(isinstance(result, Busy) for result in done) == 5 + MOST_WAITING_AT_ADDRESS
    assert most <= AT_ONCE
    assert await hasher.hash("x", "late") == "$"
    hasher.close()
