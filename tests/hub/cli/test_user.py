"""`hub user`: the same on a hub that runs and on a folder where none does."""

import json
import stat
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hub.cli.main import cli
from hub.store.lock import FolderLock
from tests.hub.cli.conftest import Running

PASSWORD = "correct horse battery\n"
PEOPLE = """
hub: {name: 邻里花园}
areas: [{id: b3, name: 3}]
people: {persons: [{id: li, name: 李, roles: [grid_worker], areas: [b3]}]}
"""
User = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "configuration.yaml").write_text(PEOPLE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def user(folder: Path) -> User:
    """`hub user ...` on a folder where no hub runs."""
    return user_of(folder)


def user_of(folder: Path) -> User:
    def run(*arguments: str, input: str = "") -> Result:  # noqa: A002 - click's word
        command = ["user", *arguments, "--config", str(folder)]
        return CliRunner().invoke(cli, command, input=input, prog_name="hub")

    return run


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def asked(url: str, path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, data, headers)) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_an_account_made_before_the_first_start_is_there_after_it(folder: Path, user: User) -> None:
    assert "added wang as owner" in done(
        user("add", "wang", "--role", "owner", "--password-stdin", input=PASSWORD)
    )
    token = done(user("token", "wang", "--label", "script")).strip()
    assert stat.S_IMODE((folder / ".hub").stat().st_mode) == 0o700
    running = Running(folder)
    try:
        assert asked(running.url, "/auth/me", token)[1]["name"] == "wang"
        body = {"name": "wang", "password": PASSWORD.strip()}
        assert asked(running.url, "/auth/sign-in", body=body)[0] == 200
        assert "welcome" not in running.errors.read_text()
    finally:
        assert running.end() == 0


def test_the_first_start_prints_the_owners_link_and_a_running_hub_takes_commands(folder: Path) -> None:
    running, user = Running(folder), user_of(folder)
    try:
        assert running.process.stdout is not None
        line = running.process.stdout.readline().decode()
        code = line.partition("/welcome#")[2].split()[0]
        body = {"code": code, "name": "wang", "password": PASSWORD.strip()}
        assert asked(running.url, "/auth/invitation/accept", body=body)[1]["is_owner"] is True
        assert code not in running.errors.read_text()
        token = done(user("token", "wang", "--label", "x", "--scope", "see")).strip()
        assert asked(running.url, "/auth/me", token)[0] == 200
        assert "wang" in done(user("list"))
        done(user("add", "li", "--no-password", "--person", "li"))
        done(user("role", "li", "+guard", "+admin"))
        assert done(user("role", "li", "-guard")) == "li: admin\n"
        (listed,) = json.loads(done(user("tokens", "wang", "--json")))
        done(user("revoke", listed["id"]))
        assert asked(running.url, "/auth/me", token)[0] == 401
        refused = user("disable", "wang")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "'wang' is the last owner; make another one first" in refused.stderr
        link = done(user("invite", "--role", "resident")).strip()
        assert link.startswith(f"{running.url}/welcome#lli_")
    finally:
        assert running.end() == 0
    assert token not in running.errors.read_text()


def test_only_the_token_goes_to_standard_output(user: User) -> None:
    done(user("add", "wang", "--no-password"))
    made = user("token", "wang", "--label", "x", "--days", "30")
    assert made.stdout.startswith("llh_")
    assert made.stdout.count("\n") == 1
    assert "hub user revoke" in made.stderr
    as_json = json.loads(done(user("token", "wang", "--label", "y", "--scope", "operate:entity", "--json")))
    assert as_json["scopes"] == ["operate:entity"]
    assert "operate:entity" in done(user("tokens"))


def test_without_a_terminal_one_gets_a_link(folder: Path, user: User) -> None:
    link = done(user("add", "wang", "--role", "guard", "--person", "li"))
    assert link.startswith("http://127.0.0.1:8130/welcome#lli_")
    assert "wang" not in done(user("list"))
    (open_,) = json.loads(done(user("invitations", "--json")))
    assert (open_["name"], open_["roles"], open_["person"]) == ("wang", ["guard"], "li")
    assert open_["id"] in done(user("invitations"))
    done(user("revoke", open_["id"]))
    assert json.loads(done(user("invitations", "--json"))) == []


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_an_invitation_comes_as_a_qr_code(folder: Path, user: User, ending: str, start: bytes) -> None:
    picture = folder / f"code.{ending}"
    done(user("invite", "--qr", str(picture)))
    assert picture.read_bytes().startswith(start)


def test_a_picture_of_another_kind_is_refused_with_the_remedy(folder: Path, user: User) -> None:
    refused = user("invite", "--qr", str(folder / "code.xyz"))
    assert refused.exit_code == 1
    assert "name a file that ends in .png or .svg" in refused.stderr


def test_the_life_of_an_account(user: User) -> None:
    done(user("add", "wang", "--role", "owner", "--password-stdin", input=PASSWORD))
    done(user("add", "li", "--no-password"))
    assert done(user("disable", "li")) == "disabled li\n"
    assert "disabled" in done(user("list"))
    assert done(user("enable", "li")) == "enabled li\n"
    assert done(user("link", "li", "li")) == "li is linked to 'li'\n"
    assert (
        done(user("password", "li", "--password-stdin", input="another horse battery\n"))
        == "li has another password\n"
    )
    assert "/welcome#lli_" in done(user("password", "li", "--link"))
    assert done(user("code-off", "li")) == "li needs no code any more\n"
    assert done(user("remove", "li", "--yes")) == "removed li\n"
    assert [item["name"] for item in json.loads(done(user("list", "--json")))] == ["wang"]
    assert done(user("sessions")) != ""
    assert done(user("unban")) == "nobody was banned\n"
    assert "until" in done(user("bans"))


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (
            ["add", "wang", "--no-password", "--role", "admim"],
            1,
            "there is no role 'admim'; did you mean 'admin'",
        ),
        (["add", "wang", "--no-password", "--person", "lo"], 1, "there is no person 'lo'"),
        (["add", "w\x1bng", "--no-password"], 1, "a name is letters and digits"),
        (["add", "оwner", "--no-password"], 1, "mixes the alphabets"),
        (["token", "wang", "--label", "x"], 1, "there is no account 'wang'"),
        (["role", "wang", "guard"], 2, "write +ROLE to give a role, -ROLE to take one"),
        (["revoke"], 2, "name ids, or an account with --all-of"),
        (["revoke", "nothing"], 1, "there is no session, token or invitation 'nothing'"),
        (["unban", "nobody"], 1, "is no account and no address"),
    ],
)
def test_what_can_not_be_done_says_why(user: User, arguments: list[str], status: int, text: str) -> None:
    refused = user(*arguments)
    assert refused.exit_code == status
    assert text in refused.stderr
    assert "Traceback" not in refused.output


def test_a_weak_password_is_refused(user: User) -> None:
    refused = user("add", "wang", "--password-stdin", input="short\n")
    assert refused.exit_code == 1
    assert "a password has 10 to 256 characters" in refused.stderr


def test_a_folder_that_another_process_holds_is_left_alone(folder: Path, user: User) -> None:
    done(user("list"))
    lock = FolderLock(folder / ".hub")
    try:
        refused = user("add", "wang", "--no-password")
    finally:
        lock.release()
    assert refused.exit_code == 2
    assert "is in use by another hub" in refused.stderr


def test_it_works_where_there_is_no_configuration_yet(tmp_path: Path) -> None:
    user = user_of(tmp_path / "new")
    assert "added wang as owner" in done(user("add", "wang", "--role", "owner", "--no-password"))
