"""Every kind of channel that ships with the hub."""

from collections.abc import Mapping

from hub.api import Channel
from integrations.notify.aliyun_sms import ALIYUN_SMS
from integrations.notify.bark import BARK
from integrations.notify.by_apprise import APPRISE
from integrations.notify.dingtalk import DINGTALK
from integrations.notify.feishu import FEISHU
from integrations.notify.gotify import GOTIFY
from integrations.notify.inbox import INBOX
from integrations.notify.mail import EMAIL
from integrations.notify.ntfy import NTFY
from integrations.notify.serverchan import SERVERCHAN
from integrations.notify.tencent_sms import TENCENT_SMS
from integrations.notify.terminal import LOG
from integrations.notify.web_push import WEB_PUSH
from integrations.notify.webhook import WEBHOOK
from integrations.notify.wechat_mini import WECHAT_MINI
from integrations.notify.wecom import WECOM_APP, WECOM_BOT

CHANNELS = (
    LOG, INBOX, WEB_PUSH, WECOM_BOT, WECOM_APP, DINGTALK, FEISHU, WECHAT_MINI, SERVERCHAN, BARK, NTFY, GOTIFY, EMAIL,
    ALIYUN_SMS, TENCENT_SMS, WEBHOOK, APPRISE,
)  # fmt: skip
KINDS: Mapping[str, Channel] = {channel.name: channel for channel in CHANNELS}
