"""Channel `aliyun_sms`: text messages through Alibaba Cloud, from a template that was approved.

SendSms 2017-05-25, signed by ACS3-HMAC-SHA256: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import voluptuous as vol
from yarl import URL

from hub.api import Channel, Delivery, Link, Sender, derive_id
from integrations.notify import schema as valid
from integrations.notify.fitting import cut, pieces
from integrations.notify.options import credential, gateway, limits, no_blank, phone, piece
from integrations.notify.provider import Dialect, Gateway, is_urgent

ALGORITHM = "ACS3-HMAC-SHA256"
DIALECT = Dialect(
    code=("Code",),
    said=("Message",),
    good=("OK",),
    settings=frozenset(
        [
            "InvalidAccessKeyId", "InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "IncompleteSignature",
            "SignatureDoesNotMatch", "SignatureNonceUsed", "InvalidTimeStamp.Expired", "Forbidden", "NoPermission",
            "isp.RAM_PERMISSION_DENY", "isv.RAM_PERMISSION_DENY", "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL",
            "isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "isv.PRODUCT_UNSUBSCRIBE", "isv.PRODUCT_UN_SUBSCRIPT",
            "isv.SMS_SIGNATURE_ILLEGAL", "isv.SMS_SIGN_ILLEGAL", "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
            "isv.SMS_TEMPLATE_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL",
            "isv.DENY_IP_RANGE", "isv.INVALID_PARAMETERS", "isv.INVALID_JSON_PARAM",
        ]
    ),
    never=frozenset(
        [
            "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BLACK_KEY_CONTROL_LIMIT",
            "isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL", "isv.SMS_CONTENT_ILLEGAL",
        ]
    ),
    # The limits of one number (isv.BUSINESS_LIMIT_CONTROL, isv.DAY_LIMIT_CONTROL) hold up nobody else.
    rests={"Throttling": 10.0, "ServiceUnavailable": 10.0},
)  # fmt: skip


def signed(
    query: Mapping[str, str], action: str, version: str, host: str, at: datetime, nonce: str, key: str, secret: str
) -> tuple[str, dict[str, str]]:  # fmt: skip
    """The query and headers of a POST without a body."""
    written = "&".join(f"{_quoted(name)}={_quoted(query[name])}" for name in sorted(query))
    digest = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": digest,
        "x-acs-date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n{written}\n{lines}\n{names}\n{digest}"
    told = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = f"{ALGORITHM} Credential={key},SignedHeaders={names},Signature={signature}"
    return written, headers


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


@dataclass(frozen=True, slots=True)
class AliyunSender:
    """Sends with one account's sign and template."""

    gateway: Gateway
    settings: Mapping[str, Any]

    async def send(self, delivery: Delivery) -> str:
        """Send; the receipt is the `BizId`. That it was taken is no proof that it was shown."""
        settings, link = self.settings, self.gateway.link
        number = delivery.address.options["phone"]
        filled = pieces(delivery, link.site.zone)
        params = {name: cut(filled[of], settings["longest"], len) for name, of in settings["params"].items()}
        query = {
            "PhoneNumbers": number.removeprefix("+86").removeprefix("+"),
            "SignName": settings["sign_name"],
            "TemplateCode": settings["template"],
            "OutId": derive_id(delivery.key),
            **({"TemplateParam": json.dumps(params, ensure_ascii=False)} if params else {}),
        }
        base = settings["url"].rstrip("/")
        written, headers = signed(
            query, "SendSms", "2017-05-25", urlsplit(base).netloc, link.now(), secrets.token_hex(16),
            settings["access_key_id"], settings["access_key_secret"],
        )  # fmt: skip
        url = URL(f"{base}/?{written}", encoded=True)
        body = await self.gateway.ask(url, b"", headers, urgent=is_urgent(delivery), hide=(number,))
        return str(body.get("BizId") or "")[:100]


def open_aliyun(settings: Mapping[str, Any], link: Link) -> Sender:
    """A sender with one account."""
    known = (settings["access_key_id"], settings["access_key_secret"])
    return AliyunSender(gateway(settings, link, DIALECT, known), settings)


def sms_options(params: Any) -> dict[Any, Any]:
    """What both SMS channels take: sign, and how the template is filled."""
    return {
        vol.Required("sign_name"): vol.All(str, vol.Length(min=1, max=50)),
        vol.Required("template"): no_blank(50),
        vol.Optional("longest", default=35): vol.All(int, vol.Range(min=1, max=1000)),
        **params,
    }


_VARIABLE = vol.All(str, vol.Match(r"^[A-Za-z0-9_]{1,50}$", msg="a variable's name as in the template"))
ALIYUN_SMS = Channel(
    name="aliyun_sms",
    summary="Text messages through Alibaba Cloud (阿里云短信)",
    schema=vol.Schema(
        {
            vol.Required("access_key_id"): credential,
            vol.Required("access_key_secret"): credential,
            **sms_options(
                {vol.Optional("params", default=dict): vol.All({_VARIABLE: piece}, vol.Length(max=20))}
            ),
            vol.Optional("url", default="https://dysmsapi.aliyuncs.com"): valid.web_address,
            **limits(300),
        }
    ),
    address=valid.address("phone", phone),
    open=open_aliyun,
)
