"""Fake providers: for tests, and for `hub notify test CHANNEL --dry-run`."""

from collections.abc import Mapping

from integrations.notify.fakes.answering import Fake, Mood
from integrations.notify.fakes.browsers import PushService
from integrations.notify.fakes.chat import DingTalk, Feishu, WeComApp, WeComBot
from integrations.notify.fakes.mailing import FakeMailServer, MailServer
from integrations.notify.fakes.numbers import AliyunSms, TencentSms, WeChatMini
from integrations.notify.fakes.phones import Bark, Gotify, Ntfy, ServerChan, WebhookReceiver
from integrations.notify.fakes.server import FakeServer

__all__ = ["FAKES", "Fake", "FakeServer", "Mood", "serve"]

_KINDS: tuple[type[Fake], ...] = (
    WebhookReceiver, Ntfy, WeComBot, WeComApp, DingTalk, Feishu, ServerChan, Bark, Gotify, AliyunSms, TencentSms,
    WeChatMini, PushService, MailServer,
)  # fmt: skip
FAKES: Mapping[str, type[Fake]] = {fake.kind: fake for fake in _KINDS}


def serve(fake: Fake, mood: Mood = Mood.good) -> FakeServer | FakeMailServer:
    """The server that speaks the fake's protocol."""
    return FakeMailServer(fake, mood) if isinstance(fake, MailServer) else FakeServer(fake, mood)
