"""Logs: lines for people and for programs, with ids; no secret in any of them."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.runtime.logs import JsonLines, Lines, Masking, set_up

SECRET = "hunter2-hunter2"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _same_logging_afterwards() -> Iterator[None]:
    """`set_up` rules the whole process; the other tests want pytest's own handlers back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def record(message: str, *args: object, level: int = logging.INFO, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("hub.guest.camera", level, "camera.py", 7, message, args, None)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def failure(text: str) -> Any:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        return (RuntimeError, error, error.__traceback__)


def masking(*secrets: str) -> Masking:
    made = Masking()
    made.hide(secrets)
    return made


def parsed(made: logging.LogRecord, mask: Masking | None = None) -> dict[str, Any]:
    text = JsonLines(mask or Masking()).format(made)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def test_a_json_line_says_when_who_what_and_the_ids() -> None:
    line = parsed(
        record("%s 看见 %d", "门", 3, integration="camera", event="e1", run="r1", call="c1", other="x")
    )
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "hub.guest.camera",
        "message": "门 看见 3",
        "integration": "camera",
        "event": "e1",
        "run": "r1",
        "call": "c1",
    }


def test_a_json_line_keeps_a_traceback_on_its_line() -> None:
    line = parsed(record("failed", exc_info=failure("broken\nin two lines")))
    assert "RuntimeError: broken\nin two lines" in line["traceback"]


def test_a_line_for_people_says_who_what_and_the_ids() -> None:
    text = Lines(Masking(), colour=False).format(record("starts", integration="camera", event="e1"))
    assert text[8:] == " INFO    camera: starts [event=e1]"
    plain = Lines(Masking(), colour=False).format(record("starts"))
    assert plain.endswith("guest.camera: starts")


@pytest.mark.parametrize(
    ("level", "coloured"), [(logging.INFO, False), (logging.WARNING, True), (logging.ERROR, True)]
)
def test_only_trouble_is_coloured(level: int, coloured: bool) -> None:
    text = Lines(Masking(), colour=True).format(record("x", level=level))
    assert ("\x1b[" in text) is coloured


@pytest.mark.parametrize("form", [JsonLines, lambda mask: Lines(mask, colour=False)])
def test_secrets_are_masked_in_messages_arguments_ids_and_tracebacks(form: Any) -> None:
    formatter = form(masking(SECRET))
    made = record("login %s", SECRET, event=f"x/{SECRET}", exc_info=failure(f"mqtt://hub:{SECRET}@broker"))
    text = formatter.format(made)
    assert SECRET not in text
    assert text.count("***") >= 3


@pytest.mark.parametrize(
    "secret", ['with "quotes" in it', "back\\slash\\n", "密码密码密码", "two\nlines of it", "it's a secret"]
)
@pytest.mark.parametrize("written", [str, repr, quote, json.dumps])
def test_a_secret_is_masked_in_whatever_dress_it_comes(secret: str, written: Any) -> None:
    made = record("sent %s", written(secret), exc_info=failure(written(secret)))
    mask = masking(secret)
    line = parsed(made, mask)
    for text in (line["message"], line["traceback"], Lines(mask, colour=False).format(made)):
        assert "***" in text
        assert secret not in text
        assert written(secret) not in text


def test_the_longest_secret_is_masked_first() -> None:
    assert masking("abcdef", "abcdefghi").clean("abcdefghi abcdef") == "*** ***"


def test_words_too_short_to_be_secrets_are_left() -> None:
    assert masking("on", "admin").clean("admin is on") == "admin is on"


def test_new_secrets_replace_the_old_ones() -> None:
    mask = masking("first-secret")
    mask.hide(["second-secret"])
    assert mask.clean("first-secret second-secret") == "first-secret ***"


@given(st.text(min_size=6, max_size=40).filter(lambda text: not set("*<>") & set(text)))
def test_no_json_line_ever_shows_a_secret(secret: str) -> None:
    assert parsed(record("<%s><%r>", secret, secret), masking(secret))["message"] in (
        "<***><***>",
        "<***><'***'>",
        '<***><"***">',
    )


@pytest.mark.parametrize(
    ("style", "stream", "is_json"),
    [
        ("auto", io.StringIO, True),
        ("auto", Terminal, False),
        ("json", Terminal, True),
        ("text", io.StringIO, False),
    ],
)
def test_the_style_follows_the_terminal_unless_told(
    style: str, stream: type[io.StringIO], is_json: bool
) -> None:
    out = stream()
    set_up(style=style, stream=out)
    logging.getLogger("hub.test").info("hello")
    assert out.getvalue().startswith("{") is is_json
    assert out.getvalue().count("\n") == 1


def test_the_level_is_obeyed_and_chatty_libraries_are_quiet() -> None:
    out = io.StringIO()
    set_up(level="INFO", stream=out)
    logging.getLogger("hub.test").debug("hidden")
    logging.getLogger("aiohttp.access").info("hidden")
    logging.getLogger("hub.test").info("shown")
    assert out.getvalue().count("\n") == 1


def test_a_record_that_can_not_be_formatted_does_not_end_the_hub(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    set_up(stream=out)
    logging.getLogger("hub.test").info("%d", "no number")
    logging.getLogger("hub.test").info("on we go")
    assert "on we go" in out.getvalue()
    assert "no number" in capsys.readouterr().err


def test_people_read_the_sites_time_and_programs_utc() -> None:
    mask = masking()
    mask.zone = ZoneInfo("Asia/Shanghai")
    made = record("starts")
    made.created = datetime(2026, 3, 1, 4, 30, 5, tzinfo=UTC).timestamp()
    assert Lines(mask, colour=False).format(made).startswith("12:30:05 ")
    assert parsed(made, mask)["time"].startswith("2026-03-01T04:30:05")


def test_a_device_s_text_can_neither_steer_the_terminal_nor_pass_for_a_line() -> None:
    made = record("found %s", "x\x1b[2J\x9b1m\n12:00:00 ERROR hub: all is lost", event="e\n1")
    text = Lines(Masking(), colour=False).format(made)
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert text.splitlines()[1].startswith("    12:00:00 ERROR")
    assert len(text.splitlines()) == 2
    assert "\x9b" not in JsonLines(Masking()).format(made)
    assert parsed(made)["message"].startswith("found x\x1b[2J\x9b1m")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Authorization: Bearer abcdefgh.ijkl-mnop", "Authorization: Bearer ***"),
        ("got {'Authorization': 'Basic aHViOmh1YjE='}", "got {'Authorization': '*** ***'}"),
        ("made llh_0123456789abcdefghijklmnop for it", "made *** for it"),
        ("GET /api/stream?access_token=abc.def&kind=x", "GET /api/stream?access_token=***&kind=x"),
        ("GET /media/signed/a.jpg?exp=17&by=&sig=AbC_-9", "GET /media/signed/a.jpg?exp=17&by=&sig=***"),
        ("rtsp://admin:pa55:word@10.0.0.7/live", "rtsp://admin:***@10.0.0.7/live"),
        ("postgres://:pa55@db/x", "postgres://:***@db/x"),
        ('{"password": "pa55", "a": 1}', '{"password": "***", "a": 1}'),
        ("{'client_secret': 'pa55'}", "{'client_secret': '***'}"),
        ("Cookie=linli=abcdef; x", "Cookie=***; x"),
        ("the password is wrong; see token: docs", "the password is wrong; see token: docs"),
        (
            "see http://10.0.0.7:8130/x for mail@example.org",
            "see http://10.0.0.7:8130/x for mail@example.org",
        ),
    ],
)
def test_secrets_that_no_file_told_of_are_masked_by_what_stands_before_them(text: str, told: str) -> None:
    assert parsed(record("%s", text))["message"] == told
    assert Lines(Masking(), colour=False).format(record("%s", text)).endswith(told)


@given(text=st.text(alphabet="abc:/@=?&'\" {}tokenpassword", max_size=300))
def test_masking_bears_any_text(text: str) -> None:
    assert isinstance(Masking().clean(text), str)
