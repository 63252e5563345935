"""Fakes of WeCom, DingTalk and Feishu."""

from typing import Any

from integrations.notify.dingtalk import sign as dingtalk_sign
from integrations.notify.fakes.answering import Fake, Refused, Reply, Seen, expect
from integrations.notify.feishu import sign as feishu_sign


def _said(code: int, text: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": text}


def _text(message: Any, most: int, too_long: dict[str, Any]) -> str:
    content = message.get("text", {}).get("content") if isinstance(message.get("text"), dict) else None
    if message.get("msgtype") != "text" or not isinstance(content, str) or not content:
        raise Refused(200, _said(40008, "invalid message type"))
    expect(len(content.encode()) <= most, 200, too_long)
    return content


class WeComBot(Fake):
    """A group bot; 20 a minute, 2,048 bytes."""

    kind = "wecom_bot"
    address = ""
    secrets = ("693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",)
    error = Reply(200, _said(-1, "system busy"))
    throttled = Reply(200, _said(45009, "api freq out of limit, hint: [1700000000]"))

    def settings(self, url: str) -> dict[str, Any]:
        """With its key."""
        return {"url": f"{url}/cgi-bin/webhook/send?key={self.secrets[0]}"}

    def take(self, seen: Seen) -> Reply:
        """Key, type and length."""
        known = seen.path == "/cgi-bin/webhook/send" and seen.query.get("key") == self.secrets[0]
        expect(known, 200, _said(93000, f"invalid webhook url, hint: [{seen.query.get('key')}]"))
        too_long = _said(40058, "text.content exceed max length 2048")
        self.shown.append(_text(seen.json, 2048, too_long))
        return Reply(200, _said(0, "ok"))


class WeComApp(Fake):
    """An app of a company: a token for two hours, and members."""

    kind = "wecom_app"
    address = "WangFang"
    secrets = ("c0rpS3cret-of-the-app-000000000000000000000",)
    error = Reply(200, _said(-1, "system busy"))
    throttled = Reply(200, _said(45009, "api freq out of limit"))

    def __init__(self, now: Any) -> None:
        super().__init__(now)
        self.tokens = 0

    @property
    def token(self) -> str:
        """The one in force; add to `tokens` to end it."""
        return f"accesstoken000-{self.tokens}"

    def settings(self, url: str) -> dict[str, Any]:
        """Of the company and the app."""
        return {"corp_id": "ww1234567890abcdef", "agent_id": 1000002, "secret": self.secrets[0], "url": url}

    def before(self, seen: Seen) -> Reply | None:
        """GET /cgi-bin/gettoken."""
        if seen.path != "/cgi-bin/gettoken":
            return None
        if seen.query != {"corpid": "ww1234567890abcdef", "corpsecret": self.secrets[0]}:
            return Reply(200, _said(40001, f"invalid credential {seen.query.get('corpsecret')}"))
        self.tokens += 1
        return Reply(200, {**_said(0, "ok"), "access_token": self.token, "expires_in": 7200})

    def take(self, seen: Seen) -> Reply:
        """Token, app, member, length."""
        given = seen.query.get("access_token")
        expect(seen.path == "/cgi-bin/message/send", 404, "")
        expect(given == self.token, 200, _said(42001, f"access_token expired: {given}"))
        message = seen.json
        expect(message.get("agentid") == 1000002, 200, _said(40056, "invalid agentid"))
        text = _text(message, 2048, _said(45002, "content size out of limit"))
        if message.get("touser") != "WangFang":
            return Reply(200, _said(81013, f"user & party & tag all invalid: {message.get('touser')}"))
        self.shown.append(text)
        return Reply(200, {**_said(0, "ok"), "invaliduser": "", "msgid": "msg-1"})


class DingTalk(Fake):
    """A group's robot with a signature; 20 a minute, 20,000 bytes."""

    kind = "dingtalk"
    address = ""
    secrets = ("d" * 64, "SEC" + "5" * 64)
    error = Reply(200, _said(-1, "系统繁忙"))
    throttled = Reply(200, _said(302033, "send too fast, exceed 20 times per minute"))

    def settings(self, url: str) -> dict[str, Any]:
        """With token and secret."""
        return {"url": f"{url}/robot/send?access_token={self.secrets[0]}", "secret": self.secrets[1]}

    def take(self, seen: Seen) -> Reply:
        """Token, clock, signature, type, length."""
        expect(seen.path == "/robot/send", 404, "")
        known = seen.query.get("access_token") == self.secrets[0]
        expect(known, 200, _said(300005, f"token is not exist: {seen.query.get('access_token')}"))
        stamp = seen.query.get("timestamp", "0")
        late = abs(int(stamp) / 1000 - self.now().timestamp()) > 3600
        expect(not late, 200, _said(310000, "invalid timestamp"))
        wanted = dingtalk_sign(int(stamp), self.secrets[1])
        expect(seen.query.get("sign") == wanted, 200, _said(310000, "sign not match"))
        expect(len(seen.body) <= 20_000, 200, _said(460101, "message too long"))
        self.shown.append(_text(seen.json, 20_000, _said(460101, "message too long")))
        return Reply(200, _said(0, "ok"))


class Feishu(Fake):
    """A group's bot with a signature; 100 a minute, 20 KiB."""

    kind = "feishu"
    address = ""
    secrets = ("f0e1d2c3-1111-2222-3333-444455556666", "feishu-signing-secret")
    error = Reply(200, {"code": 10002, "msg": "internal error", "data": {}})
    throttled = Reply(200, {"code": 11232, "msg": "frequency limited psm", "data": {}})

    def settings(self, url: str) -> dict[str, Any]:
        """With hook and secret."""
        return {"url": f"{url}/open-apis/bot/v2/hook/{self.secrets[0]}", "secret": self.secrets[1]}

    def take(self, seen: Seen) -> Reply:
        """Hook, clock, signature, type, length."""
        known = seen.path == f"/open-apis/bot/v2/hook/{self.secrets[0]}"
        gone = f"param invalid: incoming webhook access token invalid {seen.path.rpartition('/')[2]}"
        expect(known, 200, {"code": 19001, "msg": gone, "data": {}})
        expect(len(seen.body) <= 20 * 1024, 200, {"code": 9499, "msg": "Bad Request", "data": {}})
        message = seen.json
        stamp = message.get("timestamp", "0")
        sound = isinstance(stamp, str) and abs(int(stamp) - self.now().timestamp()) <= 3600
        sound = sound and message.get("sign") == feishu_sign(int(stamp), self.secrets[1])
        unsound = {"code": 19021, "msg": "sign match fail or timestamp is not within one hour", "data": {}}
        expect(sound, 200, unsound)
        content = message.get("content")
        text = content.get("text") if isinstance(content, dict) else None
        expect(
            message.get("msg_type") == "text" and text, 200, {"code": 9499, "msg": "Bad Request", "data": {}}
        )
        self.shown.append(str(text))
        return Reply(
            200, {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
        )
