"""Channel `email`: mail over SMTP with TLS, small pictures attached."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import aiosmtplib
import voluptuous as vol

from hub.api import (
    AuthFailed,
    Channel,
    Delivery,
    DeliveryFailed,
    DeliveryRefused,
    HubError,
    Link,
    Sender,
    Severity,
    derive_id,
)
from integrations.notify import schema as valid
from integrations.notify.wording import clean, headline, local_time, one_line, phrase

MOST_PICTURES = 4
_MAILBOX = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z"
)
_TYPES = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_TOO_BIG = 552  # RFC 5321: exceeded storage allocation; what a server says to a mail that is too large


def mailbox(value: Any) -> str:
    """A plain mail address."""
    if not isinstance(value, str) or not _MAILBOX.match(value):
        raise vol.Invalid("a mail address such as wang@example.org is needed")
    return value


def write_mail(delivery: Delivery, sender: str, when: str, pictures: Mapping[str, bytes]) -> EmailMessage:
    """The mail; its Message-ID is the same for each attempt, so that mail servers can tell a repetition."""
    notice, language = delivery.notice, delivery.person.language
    mail = EmailMessage()
    mail["From"] = f"{_quoted(sender)} <{_address_of(sender)}>" if "<" in sender else sender
    mail["To"] = delivery.address.options["address"]
    mail["Subject"] = one_line(headline(notice, language))
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = f"<{derive_id(delivery.key)}@{_address_of(sender).rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if notice.severity is Severity.critical:
        mail["Importance"] = "high"
    mail.set_content(_body(delivery, when, pictures))
    for path, content in pictures.items():
        name = Path(path)
        mail.add_attachment(
            content, maintype="image", subtype=_TYPES[name.suffix.lower()], filename=name.name
        )
    return mail


def _body(delivery: Delivery, when: str, pictures: Mapping[str, bytes]) -> str:
    notice, language = delivery.notice, delivery.person.language
    lines = [notice.message or notice.title, "", when]
    if notice.url:
        lines.append(f"{phrase('more', language)}: {notice.url}")
    for item in notice.evidence:
        if item.kind == "picture" and item.path not in pictures:
            lines.append(phrase("missing", language, path=item.path))
        elif item.kind != "picture":
            lines.append(f"{phrase('evidence', language)}: {item.path or item.text}")
    return "\n".join(lines) + "\n"


def _address_of(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ")


def _quoted(sender: str) -> str:
    name = sender.partition("<")[0].strip().replace("\\", "").replace('"', "")
    return f'"{name}"'


def read_pictures(delivery: Delivery, media: Path, most: int) -> dict[str, bytes]:
    """The notice's pictures by path, as long as they fit into `most` bytes together; blocking."""
    found: dict[str, bytes] = {}
    left = most
    root = media.resolve()
    for item in delivery.notice.evidence:
        path = (root / item.path).resolve()
        if item.kind != "picture" or path.suffix.lower() not in _TYPES or not path.is_relative_to(root):
            continue
        try:
            with path.open("rb") as file:
                content = file.read(left + 1)
        except OSError:
            continue  # the mail says that the picture is missing
        if content and len(content) <= left and len(found) < MOST_PICTURES:
            found[item.path] = content
            left -= len(content)
    return found


@dataclass(frozen=True, slots=True)
class MailSender:
    """Sends through one SMTP server, a connection for each mail."""

    link: Link
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Send; the receipt is the server's own word. A server that finds the pictures too big gets none."""
        most = self.settings["attach_kib"] * 1024
        pictures = await asyncio.to_thread(read_pictures, delivery, self.link.media_dir, most)
        try:
            return await self._exchange(delivery, pictures)
        except aiosmtplib.SMTPResponseException as error:
            if error.code != _TOO_BIG or not pictures:
                raise _refusal(error.code, error.message, error) from error
        try:
            return await self._exchange(delivery, {})
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error.message, error) from error

    async def _exchange(self, delivery: Delivery, pictures: Mapping[str, bytes]) -> str:
        settings = self.settings
        when = local_time(delivery.notice.at, self.link.site.zone)
        mail = write_mail(delivery, settings["from"], when, pictures)
        try:
            async with asyncio.timeout(settings["timeout"]):
                async with self._client() as client:
                    if settings.get("username"):
                        await client.login(settings["username"], settings.get("password", ""))
                    _errors, said = await client.send_message(mail)
        except TimeoutError as error:  # aiosmtplib's own timeouts are TimeoutErrors too
            raise DeliveryFailed(
                f"the mail server gave no answer within {settings['timeout']:g} s"
            ) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            raise _refusal(first.code, first.message, first) from error
        except aiosmtplib.SMTPResponseException:
            raise
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _break_off(error) from error
        return clean(one_line(said), 100)

    def _client(self) -> aiosmtplib.SMTP:
        settings = self.settings
        security = settings["security"]
        return aiosmtplib.SMTP(
            hostname=settings["host"],
            port=settings.get("port", _PORTS[security]),
            use_tls=security == "tls",
            start_tls=security == "starttls",
            timeout=settings["timeout"],
            tls_context=None
            if security == "none"
            else ssl.create_default_context(cafile=settings.get("ca_file")),
            local_hostname="linli-hub",
        )


def _refusal(code: int, message: str, error: Exception) -> HubError:
    """What an SMTP answer means: 5xx never, 4xx later (RFC 5321, 4.2.1)."""
    said = f"the mail server answered {code}: {clean(one_line(message), 160)}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) and code >= 500:
        return AuthFailed(said)
    return DeliveryRefused(said) if code >= 500 else DeliveryFailed(said)


def _break_off(error: Exception) -> HubError:
    """What it means that there was no answer. The library's own complaints, of its plainest class, are of things
    that the server lacks: encryption, a way to sign in."""
    if type(error) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
        return AuthFailed(f"the mail server can't do what is set: {clean(one_line(str(error)), 160)}")
    return DeliveryFailed(f"the exchange with the mail server broke off ({type(error).__name__})")


def open_email(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender through one mail server."""
    return MailSender(link, settings)


def _sender(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise vol.Invalid("the sender is one line such as 'Linli Hub <hub@example.org>'")
    mailbox(_address_of(value))
    return value


_HOST = vol.All(
    str, vol.Match(r"^[A-Za-z0-9:.-]{1,253}$", msg="a host name such as smtp.example.org is needed")
)
EMAIL = Channel(
    name="email",
    summary="Mail through your SMTP server, with small pictures attached",
    schema=vol.Schema(
        {
            vol.Required("host"): _HOST,
            vol.Optional("port"): vol.All(int, vol.Range(min=1, max=65535)),
            vol.Optional("security", default="starttls"): vol.In(tuple(_PORTS)),
            vol.Required("from"): _sender,
            vol.Optional("username"): vol.All(str, vol.Length(min=1, max=200)),
            vol.Optional("password"): vol.All(str, vol.Length(max=500)),
            vol.Optional("ca_file"): vol.All(str, vol.IsFile()),
            vol.Optional("timeout", default=20): valid.TIMEOUT,
            vol.Optional("attach_kib", default=2048): vol.All(int, vol.Range(min=0, max=20480)),
        }
    ),
    address=valid.address("address", mailbox),
    open=open_email,
)
