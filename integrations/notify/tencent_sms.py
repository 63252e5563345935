"""Channel `tencent_sms`: text messages through Tencent Cloud, from a template that was approved.

SendSms 2021-01-11, signed by TC3-HMAC-SHA256: https://cloud.tencent.com/document/api/382/55981
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

from hub.api import Channel, Delivery, DeliveryFailed, Link, Sender, derive_id
from integrations.notify import schema as valid
from integrations.notify.aliyun_sms import sms_options
from integrations.notify.fitting import cut, pieces
from integrations.notify.options import credential, gateway, limits, phone, piece
from integrations.notify.provider import Dialect, Gateway, at, encode, is_urgent, mapping_of
from integrations.notify.verdict import Answer

ALGORITHM = "TC3-HMAC-SHA256"
_KINDS = "application/json; charset=utf-8"
_SETTINGS = frozenset(
    [
        "AuthFailure", "UnauthorizedOperation", "InvalidParameterValue.SdkAppIdNotExist",
        "InvalidParameterValue.TemplateIdNotExist", "MissingParameter",
        "FailedOperation.InsufficientBalanceInSmsPackage", "FailedOperation.SignatureIncorrectOrUnapproved",
        "FailedOperation.TemplateIncorrectOrUnapproved", "FailedOperation.TemplateUnapprovedOrNotExist",
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "FailedOperation.MissingSignature",
        "FailedOperation.MissingTemplateToModify", "InvalidParameterValue.TemplateParameterFormatError",
        "InvalidParameterValue.SignExistAndUnapproved", "UnsupportedOperation",
    ]
)  # fmt: skip
_NEVER = frozenset(
    [
        "InvalidParameterValue.IncorrectPhoneNumber", "InvalidParameterValue.ContentLengthLimit",
        "InvalidParameterValue.TemplateParameterLengthLimit", "FailedOperation.ContainSensitiveWord",
        "FailedOperation.PhoneNumberInBlacklist", "FailedOperation.MarketingSendTimeConstraint",
        "FailedOperation.PhoneNumberOnBlacklist", "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    ]
)  # fmt: skip


class PerNumber(Dialect):
    """An error of the whole request, or a status for each number: it was taken only if the number's says Ok."""

    def read(self, answer: Answer, now: datetime) -> Mapping[str, Any]:
        """The `Response`."""
        body = mapping_of(answer)
        if at(body, "Response.Error") is None:
            listed = at(body, "Response.SendStatusSet")
            first = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
            told = isinstance(first, Mapping) and isinstance(first.get("Code"), str)
            if first is not None and told and 200 <= answer.status < 300:
                self._refuse(first["Code"], {"Response": {"Error": first}})
                return dict(first)
        Dialect.read(self, answer, now)
        raise DeliveryFailed("the provider answered without a status of the number")


DIALECT = PerNumber(
    code=("Response.Error.Code",),
    said=("Response.Error.Message",),
    good=("Ok",),
    settings=_SETTINGS,
    never=_NEVER,
    # The limits of one number (LimitExceeded.PhoneNumber...) hold up nobody else.
    rests={
        "RequestLimitExceeded": 5.0,
        "LimitExceeded.AppCountLimit": 600.0,
        "LimitExceeded.DailyLimit": 3600.0,
    },
)


def signed(
    payload: bytes, action: str, version: str, service: str, host: str, at: datetime, key: str, secret: str
) -> dict[str, str]:
    """The headers of a POST."""
    stamp, day = int(at.timestamp()), f"{at.astimezone(UTC):%Y-%m-%d}"
    names = "content-type;host;x-tc-action"
    lines = f"content-type:{_KINDS}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(payload).hexdigest()}"
    scope = f"{day}/{service}/tc3_request"
    told = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signing = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, told.encode(), hashlib.sha256).hexdigest()
    return {
        "Authorization": f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}",
        "Content-Type": _KINDS,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Timestamp": str(stamp),
        "X-TC-Version": version,
    }


@dataclass(frozen=True, slots=True)
class TencentSender:
    """Sends with one account's app, sign and template."""

    gateway: Gateway
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Send; the receipt is the number's `SerialNo`. That it was taken is no proof that it was shown."""
        settings, link = self.settings, self.gateway.link
        number = delivery.address.options["phone"]
        filled = pieces(delivery, link.site.zone)
        payload = encode(
            {
                "PhoneNumberSet": [number if number.startswith("+") else f"+86{number}"],
                "SmsSdkAppId": settings["app_id"],
                "SignName": settings["sign_name"],
                "TemplateId": settings["template"],
                "TemplateParamSet": [cut(filled[of], settings["longest"], len) for of in settings["params"]],
                "SessionContext": derive_id(delivery.key),
            }
        )
        url = f"{settings['url'].rstrip('/')}/"
        headers = signed(
            payload, "SendSms", "2021-01-11", "sms", urlsplit(url).netloc, link.now(),
            settings["secret_id"], settings["secret_key"],
        )  # fmt: skip
        headers["X-TC-Region"] = settings["region"]
        body = await self.gateway.ask(url, payload, headers, urgent=is_urgent(delivery), hide=(number,))
        return str(body.get("SerialNo") or "")[:100]


def open_tencent(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender with one account."""
    known = (settings["secret_id"], settings["secret_key"])
    return TencentSender(gateway(settings, link, DIALECT, known), settings)


TENCENT_SMS = Channel(
    name="tencent_sms",
    summary="Text messages through Tencent Cloud (腾讯云短信)",
    schema=vol.Schema(
        {
            vol.Required("secret_id"): credential,
            vol.Required("secret_key"): credential,
            vol.Required("app_id"): credential,
            **sms_options({vol.Optional("params", default=list): vol.All([piece], vol.Length(max=20))}),
            vol.Optional("region", default="ap-guangzhou"): credential,
            vol.Optional("url", default="https://sms.tencentcloudapi.com"): valid.web_address,
            **limits(300),
        }
    ),
    address=valid.address("phone", phone),
    open=open_tencent,
)
