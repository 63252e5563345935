"""Fakes of what reaches phones over apps: ServerChan, Bark, Gotify, ntfy; and a receiver of signed webhooks."""

from typing import Any
from urllib.parse import parse_qs

from integrations.notify.fakes.answering import Fake, Refused, Reply, Seen, expect
from integrations.notify.webhook import sign


class ServerChan(Fake):
    """Turbo; a title of 32 characters, a text of 32 KiB."""

    kind = "serverchan"
    address = "SCT12345TabcdefghijklmnopqrstuvwX"
    secrets = ("SCT12345TabcdefghijklmnopqrstuvwX",)
    error = Reply(200, {"code": 50001, "message": "推送失败", "data": {}})
    throttled = Reply(429, {"code": 42900, "message": "too many requests"}, {"Retry-After": "30"})

    def settings(self, url: str) -> dict[str, Any]:
        """Both kinds of keys lead here."""
        return {"url": url, "url_3": url}

    def take(self, seen: Seen) -> Reply:
        """Key and lengths."""
        key = seen.path.rpartition("/")[2].removesuffix(".send")
        wrong = {"message": f"[AUTH]错误的Key {key}", "code": 40001, "info": "错误的Key", "scode": 461}
        expect(key == self.secrets[0], 400, wrong)
        expect(seen.headers.get("content-type") == "application/x-www-form-urlencoded", 400, {"code": 40000})
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        title, text = form.get("title", ""), form.get("desp", "")
        expect(
            0 < len(title) <= 32 and len(text.encode()) <= 32 * 1024, 400, {"code": 40000, "message": "长度"}
        )
        self.shown.append(f"{title}\n{text}")
        return Reply(
            200, {"code": 0, "message": "", "data": {"pushid": "42", "error": "SUCCESS", "errno": 0}}
        )


class Bark(Fake):
    """A Bark server; what Apple would take."""

    kind = "bark"
    address = "ynJ5Ft4atkMkWeo2PAvFhF"
    secrets = ("ynJ5Ft4atkMkWeo2PAvFhF",)
    error = Reply(200, {"code": 500, "message": "push failed: InternalServerError", "timestamp": 1})
    throttled = Reply(429, {"code": 429, "message": "too many requests"}, {"Retry-After": "30"})

    def settings(self, url: str) -> dict[str, Any]:
        """A server without a password."""
        return {"url": url}

    def take(self, seen: Seen) -> Reply:
        """Key, level and length."""
        expect(seen.path == "/push" and seen.method == "POST", 404, {"code": 404, "message": "not found"})
        message = seen.json
        key = message.get("device_key")
        unknown = f"failed to get device token: failed to get [{key}] device token from database"
        expect(key == self.secrets[0], 400, {"code": 400, "message": unknown, "timestamp": 1})
        sound = message.get("level") in ("active", "timeSensitive", "critical", "passive")
        expect(
            sound and len(seen.body) <= 4096, 500, {"code": 500, "message": "push failed: PayloadTooLarge"}
        )
        self.shown.append(f"{message['title']}\n{message['body']}\n{message.get('url', '')}")
        return Reply(200, {"code": 200, "message": "success", "timestamp": 1})


class Gotify(Fake):
    """A Gotify server."""

    kind = "gotify"
    address = "AGotifyT0ken.x1"
    secrets = ("AGotifyT0ken.x1",)
    error = Reply(
        200, {"error": "Internal Server Error", "errorCode": 500, "errorDescription": "database is locked"}
    )
    throttled = Reply(429, {"error": "Too Many Requests", "errorCode": 429}, {"Retry-After": "30"})

    def settings(self, url: str) -> dict[str, Any]:
        """The server."""
        return {"url": url}

    def take(self, seen: Seen) -> Reply:
        """Token and shape."""
        token = seen.headers.get("x-gotify-key")
        wrong = {"error": "Unauthorized", "errorCode": 401, "errorDescription": f"no user for token {token}"}
        expect(seen.path == "/message" and token == self.secrets[0], 401, wrong)
        message = seen.json
        sound = message.get("message") and type(message.get("priority")) is int
        expect(
            sound,
            400,
            {"error": "Bad Request", "errorCode": 400, "errorDescription": "Field 'message' is required"},
        )
        self.shown.append(f"{message['title']}\n{message['message']}")
        return Reply(200, {"id": 25, "appid": 5, "message": message["message"], "title": message["title"]})


class Ntfy(Fake):
    """An ntfy server with a token."""

    kind = "ntfy"
    address = "wang-7f3a9c"
    secrets = ("tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2",)
    error = Reply(200, {"code": 50001, "http": 500, "error": "internal server error"})
    throttled = Reply(429, {"code": 42901, "http": 429, "error": "limit reached"}, {"Retry-After": "30"})

    def settings(self, url: str) -> dict[str, Any]:
        """The server and a token."""
        return {"url": url, "token": self.secrets[0]}

    def take(self, seen: Seen) -> Reply:
        """Token, topic and length."""
        known = seen.headers.get("authorization") == f"Bearer {self.secrets[0]}"
        expect(
            known,
            401,
            {"code": 40101, "http": 401, "error": f"unauthorized {seen.headers.get('authorization')}"},
        )
        message = seen.json
        sound = message.get("topic") == "wang-7f3a9c" and len(message.get("message", "").encode()) <= 4096
        expect(sound, 400, {"code": 40009, "http": 400, "error": f"topic invalid {message.get('topic')}"})
        self.shown.append(f"{message['title']}\n{message['message']}")
        return Reply(200, {"id": "hwQ2YpKdmg", "time": 1, "event": "message", "topic": "wang-7f3a9c"})


class WebhookReceiver(Fake):
    """A receiver of Standard Webhooks."""

    kind = "webhook"
    address = "control-room"
    secrets = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)
    error = Reply(200, {"success": False, "message": "queue is full"})
    throttled = Reply(429, "", {"Retry-After": "30"})

    def settings(self, url: str) -> dict[str, Any]:
        """Its address and secret."""
        return {"url": f"{url}/in", "secret": self.secrets[0], "ok_field": "id", "ok_values": ["received-1"]}

    def take(self, seen: Seen) -> Reply:
        """Signature and clock."""
        stamp = seen.headers.get("webhook-timestamp", "0")
        wanted = sign(seen.headers.get("webhook-id", ""), int(stamp), seen.body, [self.secrets[0]])
        if seen.headers.get("webhook-signature") != wanted or abs(int(stamp) - self.now().timestamp()) > 300:
            raise Refused(401, {"error": "the signature does not fit"})
        told = seen.json["data"]
        self.shown.append(f"{told['title']}\n{told['message']}")
        return Reply(200, {"id": "received-1"})
