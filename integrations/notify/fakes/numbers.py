"""Fakes of the SMS services of Alibaba Cloud and Tencent Cloud, and of WeChat's subscription messages."""

import json
from datetime import UTC, datetime
from typing import Any

from integrations.notify import aliyun_sms, tencent_sms
from integrations.notify.fakes.answering import Fake, Refused, Reply, Seen, expect
from integrations.notify.wechat_mini import LONGEST


class AliyunSms(Fake):
    """SendSms, which says most errors in a 200."""

    kind = "aliyun_sms"
    address = "13800138000"
    secrets = ("LTAI5tExampleKeyId000000", "ExampleAccessKeySecret00000000")
    error = Reply(200, {"Code": "isp.SYSTEM_ERROR", "Message": "系统错误 13800138000", "RequestId": "R-1"})
    throttled = Reply(
        503, {"Code": "Throttling.User", "Message": "Request was denied due to user flow control."}
    )

    def settings(self, url: str) -> dict[str, Any]:
        """Account, sign and template."""
        return {
            "access_key_id": self.secrets[0],
            "access_key_secret": self.secrets[1],
            "sign_name": "邻里花园",
            "template": "SMS_123456789",
            "params": {"event": "title", "time": "time"},
            "url": url,
        }

    def take(self, seen: Seen) -> Reply:
        """Signature, clock, sign, template, number and variables."""
        given = seen.headers
        at = datetime.strptime(given.get("x-acs-date", "1970-01-01T00:00:00Z"), "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=UTC
        )
        late = abs((at - self.now()).total_seconds()) > 900
        expect(
            not late, 400, {"Code": "InvalidTimeStamp.Expired", "Message": "Specified time stamp is expired."}
        )
        written, wanted = aliyun_sms.signed(
            seen.query, given.get("x-acs-action", ""), given.get("x-acs-version", ""), seen.host, at,
            given.get("x-acs-signature-nonce", ""), *self.secrets,
        )  # fmt: skip
        unsigned = {
            "Code": "SignatureDoesNotMatch",
            "Message": f"server string to sign is: {given.get('authorization')}",
        }
        sound = given.get("authorization") == wanted["Authorization"] and seen.raw_query == written
        expect(sound and "content-type" not in given and seen.method == "POST", 400, unsigned)
        asked = seen.query
        right = given["x-acs-action"] == "SendSms" and asked.get("SignName") == "邻里花园"
        expect(right, 200, {"Code": "isv.SMS_SIGNATURE_ILLEGAL", "Message": "短信签名不合法"})
        params = json.loads(asked.get("TemplateParam", "{}"))
        expect(
            set(params) == {"event", "time"},
            200,
            {"Code": "isv.TEMPLATE_MISSING_PARAMETERS", "Message": "模板"},
        )
        expect(
            all(len(v) <= 35 for v in params.values()),
            200,
            {"Code": "isv.PARAM_LENGTH_LIMIT", "Message": "参数"},
        )
        number = asked.get("PhoneNumbers")
        wrong = {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": f"手机号码格式错误 {number}"}
        expect(number == "13800138000", 200, wrong)
        self.shown.append(f"【邻里花园】{params['event']} {params['time']}")
        return Reply(
            200, {"Code": "OK", "Message": "OK", "BizId": "9006197469364984^0", "RequestId": "F655A8D5"}
        )


class TencentSms(Fake):
    """SendSms, which says all errors in a 200, some of them for each number."""

    kind = "tencent_sms"
    address = "+8613800138000"
    secrets = ("AKIDEXAMPLE0000000000000000000000000", "TencentSecretKeyExample000000000")
    error = Reply(
        200,
        {"Response": {"SendStatusSet": [{"SerialNo": "", "PhoneNumber": "+8613800138000", "Fee": 0,
         "Code": "InternalError.SendAndRecvFail", "Message": "send failed"}], "RequestId": "R-1"}},
    )  # fmt: skip
    throttled = Reply(
        200, {"Response": {"Error": {"Code": "RequestLimitExceeded", "Message": "slow"}, "RequestId": "R"}}
    )

    def settings(self, url: str) -> dict[str, Any]:
        """Account, app, sign and template."""
        return {
            "secret_id": self.secrets[0],
            "secret_key": self.secrets[1],
            "app_id": "1400006666",
            "sign_name": "邻里花园",
            "template": "1110",
            "params": ["title", "time"],
            "url": url,
        }

    def take(self, seen: Seen) -> Reply:
        """Signature, clock, app, template, number and variables."""
        given = seen.headers
        at = datetime.fromtimestamp(int(given.get("x-tc-timestamp", "0")), UTC)
        late = abs((at - self.now()).total_seconds()) > 300
        expect(not late, 200, _error("AuthFailure.SignatureExpire", "the timestamp is too old"))
        wanted = tencent_sms.signed(
            seen.body,
            given.get("x-tc-action", ""),
            given.get("x-tc-version", ""),
            "sms",
            seen.host,
            at,
            *self.secrets,
        )
        sound = given.get("authorization") == wanted["Authorization"]
        expect(
            sound, 200, _error("AuthFailure.SignatureFailure", f"not matched {given.get('authorization')}")
        )
        asked = seen.json
        expect(
            asked.get("SmsSdkAppId") == "1400006666",
            200,
            _error("InvalidParameterValue.SdkAppIdNotExist", "app"),
        )
        numbers, params = asked.get("PhoneNumberSet"), asked.get("TemplateParamSet")
        fits = isinstance(params, list) and len(params) == 2 and all(isinstance(item, str) for item in params)
        if not fits or numbers != ["+8613800138000"]:
            code = "InvalidParameterValue.IncorrectPhoneNumber"
            raise Refused(200, {"Response": {"SendStatusSet": [{"Code": code, "Message": str(numbers)}]}})
        self.shown.append(f"【邻里花园】{' '.join(params)}")
        status = {
            "SerialNo": "5000:104571",
            "PhoneNumber": numbers[0],
            "Fee": 1,
            "Code": "Ok",
            "Message": "send success",
        }
        return Reply(200, {"Response": {"SendStatusSet": [status], "RequestId": "R-1"}})


def _error(code: str, text: str) -> dict[str, Any]:
    return {"Response": {"Error": {"Code": code, "Message": text}, "RequestId": "R-1"}}


class WeChatMini(Fake):
    """Subscription messages; a stable token for two hours, fields of few characters."""

    kind = "wechat_mini"
    address = "oABCD1234567890abcdefghijklm"
    secrets = ("0123456789abcdef0123456789abcdef",)
    error = Reply(200, {"errcode": -1, "errmsg": "system error"})
    throttled = Reply(200, {"errcode": 45009, "errmsg": "reach max api daily quota limit"})

    def __init__(self, now: Any) -> None:
        super().__init__(now)
        self.tokens = 0

    @property
    def token(self) -> str:
        """The one in force."""
        return f"stabletoken000-{self.tokens}"

    def settings(self, url: str) -> dict[str, Any]:
        """App and template."""
        return {
            "app_id": "wx0123456789abcdef",
            "secret": self.secrets[0],
            "template": "tmpl-1",
            "data": {"thing1": "title", "time2": "time", "thing3": "message"},
            "url": url,
        }

    def before(self, seen: Seen) -> Reply | None:
        """POST /cgi-bin/stable_token."""
        if seen.path != "/cgi-bin/stable_token":
            return None
        asked = seen.json
        if asked.get("secret") != self.secrets[0] or asked.get("grant_type") != "client_credential":
            return Reply(200, {"errcode": 40125, "errmsg": f"invalid appsecret {asked.get('secret')}"})
        self.tokens += 1
        return Reply(200, {"access_token": self.token, "expires_in": 7200})

    def take(self, seen: Seen) -> Reply:
        """Token, person, template and fields."""
        given = seen.query.get("access_token")
        expect(seen.path == "/cgi-bin/message/subscribe/send", 404, "")
        expect(given == self.token, 200, {"errcode": 40001, "errmsg": f"invalid credential {given}"})
        asked = seen.json
        expect(asked.get("template_id") == "tmpl-1", 200, {"errcode": 40037, "errmsg": "invalid template_id"})
        known = asked.get("touser") == self.address
        expect(known, 200, {"errcode": 40003, "errmsg": f"invalid openid {asked.get('touser')}"})
        shown = []
        for name, value in asked["data"].items():
            text = value.get("value", "")
            fits = 0 < len(text) <= LONGEST[name.rstrip("0123456789")]
            expect(fits, 200, {"errcode": 47003, "errmsg": f"argument invalid! data.{name}.value invalid"})
            shown.append(text)
        self.shown.append("\n".join(shown))
        return Reply(200, {"errcode": 0, "errmsg": "ok"})
