"""Mail over a real SMTP server of many moods."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol
from aiosmtpd.smtp import SMTP, AuthResult

from hub.api import AuthFailed, DeliveryFailed, DeliveryRefused, Severity, derive_id
from integrations.notify.mail import EMAIL
from tests.integrations.notify.fakes import delivery

DATA = Path(__file__).parent / "data"
PICTURE = b"\xff\xd8\xff" + b"x" * 1000


class Inbox:
    """Takes mail, or says what it is told to say."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipient_answer = ""
        self.data_answers: list[str] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data_answers and (answer := self.data_answers.pop(0)):
            return answer
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 2.0.0 kept as 4711"


@asynccontextmanager
async def serving(
    handler: Any, encrypted: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    def protocol() -> SMTP:
        return SMTP(handler, hostname="mail.example.org", **options)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=encrypted)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def send(link):
    async def send(port, *, severity=Severity.critical, language="zh-CN", to="wang@example.org", **settings):
        given = {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "from": "邻里 <hub@example.org>",
            **settings,
        }
        patience = given.pop("patience", 5)
        notice = delivery(key="k/1", severity=severity, language=language, address=to)
        return await EMAIL.open({**EMAIL.schema(given), "timeout": patience}, link).send(notice)

    return send


async def test_a_person_gets_a_mail_with_text_time_link_and_picture(link, inbox, send):
    (link.media_dir / "falling").mkdir()
    (link.media_dir / "falling/1.jpg").write_bytes(PICTURE)
    async with serving(inbox) as port:
        assert await send(port) == "2.0.0 kept as 4711"
    (mail,) = inbox.mails
    assert mail["From"] == "邻里 <hub@example.org>"
    assert mail["To"] == "wang@example.org"
    assert mail["Subject"] == "【紧急】高空抛物"
    assert mail["Message-ID"] == f"<{derive_id('k/1')}@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"
    body = mail.get_body()
    assert body is not None
    text = body.get_content()
    for part in (
        "1 号楼 12 层疑似抛物",
        "2026-03-01 12:00:00",
        "https://hub.example.org/alarm/1",
        "falling/1.mp4",
    ):
        assert part in text
    (picture,) = mail.iter_attachments()
    assert (picture.get_content_type(), picture.get_filename()) == ("image/jpeg", "1.jpg")
    assert picture.get_content() == PICTURE


async def test_a_missing_picture_is_said_and_the_mail_goes(inbox, send):
    async with serving(inbox) as port:
        await send(port, severity=Severity.info, language="en")
    (mail,) = inbox.mails
    assert "Picture falling/1.jpg could not be attached." in mail.get_content()
    assert mail["Importance"] is None


async def test_pictures_too_big_for_the_settings_stay_away(link, inbox, send):
    (link.media_dir / "falling").mkdir()
    (link.media_dir / "falling/1.jpg").write_bytes(PICTURE * 10)
    async with serving(inbox) as port:
        await send(port, attach_kib=5)
    assert "无法附上" in inbox.mails[0].get_content()


async def test_evidence_outside_the_media_folder_is_not_sent(link, inbox, send):
    secret = link.media_dir.parent / "secret.jpg"
    secret.write_bytes(PICTURE)
    (link.media_dir / "falling").mkdir()
    (link.media_dir / "falling/1.jpg").symlink_to(secret)
    async with serving(inbox) as port:
        await send(port)
    assert not list(inbox.mails[0].iter_attachments())


async def test_a_server_that_finds_pictures_too_big_gets_the_mail_without(link, inbox, send):
    (link.media_dir / "falling").mkdir()
    (link.media_dir / "falling/1.jpg").write_bytes(PICTURE)
    inbox.data_answers = ["552 too big", ""]
    async with serving(inbox) as port:
        await send(port)
    (mail,) = inbox.mails
    assert not list(mail.iter_attachments())


async def test_a_mailbox_that_is_not_there_is_given_up(inbox, send):
    inbox.recipient_answer = "550 5.1.1 no such user"
    async with serving(inbox) as port:
        with pytest.raises(DeliveryRefused, match="550"):
            await send(port)


async def test_a_full_mailbox_is_tried_again(inbox, send):
    inbox.recipient_answer = "452 4.2.2 mailbox full"
    async with serving(inbox) as port:
        with pytest.raises(DeliveryFailed, match="452"):
            await send(port)


async def test_a_busy_server_is_tried_again(inbox, send):
    inbox.data_answers = ["451 4.3.0 later"]
    async with serving(inbox) as port:
        with pytest.raises(DeliveryFailed, match="451"):
            await send(port)


async def test_mail_that_is_taken_for_spam_is_given_up(inbox, send):
    inbox.data_answers = ["554 5.7.1 rejected"]
    async with serving(inbox) as port:
        with pytest.raises(DeliveryRefused, match="554"):
            await send(port)


async def test_a_silent_server_is_tried_again(send):
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        with pytest.raises(DeliveryFailed, match="no answer"):
            await send(server.sockets[0].getsockname()[1], patience=0.2)


async def test_a_server_that_is_away_is_tried_again(send, unused_tcp_port):
    with pytest.raises(DeliveryFailed, match="broke off"):
        await send(unused_tcp_port)


async def test_a_server_that_hangs_up_is_tried_again(send):
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        with pytest.raises(DeliveryFailed, match="broke off"):
            await send(server.sockets[0].getsockname()[1])


async def test_a_server_that_talks_nonsense_is_tried_again(send):
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        with pytest.raises(DeliveryFailed):
            await send(server.sockets[0].getsockname()[1])


# --- encryption and names -------------------------------------------------------------------------------------


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "localhost.crt", DATA / "localhost.key")
    return context


def only_wang(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"hub", b"right"), handled=False)


NAMED = {"username": "hub", "ca_file": str(DATA / "localhost.crt")}


async def test_mail_goes_encrypted_and_with_a_name(inbox, send):
    async with serving(inbox, tls_context=tls(), authenticator=only_wang, auth_required=True) as port:
        await send(port, security="starttls", password="right", **NAMED)
    assert len(inbox.mails) == 1


async def test_mail_goes_encrypted_from_the_first_byte(inbox, send):
    async with serving(inbox, encrypted=tls()) as port:
        await send(port, security="tls", ca_file=str(DATA / "localhost.crt"))
    assert len(inbox.mails) == 1


async def test_a_wrong_password_is_for_an_admin_and_the_notice_waits(inbox, send):
    async with serving(inbox, tls_context=tls(), authenticator=only_wang, auth_required=True) as port:
        with pytest.raises(AuthFailed, match="535"):
            await send(port, security="starttls", password="wrong", **NAMED)
    assert inbox.mails == []


async def test_no_mail_goes_in_the_clear_when_encryption_is_set(inbox, send):
    async with serving(inbox) as port:
        with pytest.raises(AuthFailed, match="can't do what is set"):
            await send(port, security="starttls")
    assert inbox.mails == []


async def test_a_server_nobody_vouches_for_gets_no_mail(inbox, send):
    async with serving(inbox, tls_context=tls()) as port:
        with pytest.raises(DeliveryFailed):
            await send(port, security="starttls")
    assert inbox.mails == []


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "a b"},
        {"host": "x\r\nRCPT"},
        {"from": "nobody"},
        {"from": "a@b\r\nBcc: c@d"},
        {"security": "ssl"},
        {"port": 0},
        {"ca_file": "/nowhere.crt"},
        {"attach_kib": -1},
    ],
)
def test_settings_that_cannot_work_are_refused(settings):
    with pytest.raises(vol.Invalid):
        EMAIL.schema({"host": "smtp.example.org", "from": "hub@example.org", **settings})


@pytest.mark.parametrize(
    "address", ["", "wang", "a@b\r\nRCPT TO:<c@d>", "a@b c", "<a@b>", "a@", "x" * 65 + "@b.c", 7]
)
def test_an_address_is_one_plain_mailbox(address):
    with pytest.raises(vol.Invalid):
        EMAIL.address({"to": address})
