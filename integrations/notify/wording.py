"""Texts for people: the right language, bounded, without control characters."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.api import Notice, Severity

Text = str | Mapping[str, str]
LONGEST_TITLE = 200
LONGEST_MESSAGE = 8000

CATALOGUE: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "info": "通知",
        "warning": "警告",
        "critical": "紧急",
        "evidence": "证据",
        "more": "详情",
        "nobody": "（原定受众 {audience} 无人可通知，故转给您）",
        "missing": "（图片 {path} 无法附上）",
        "unattended": "（{minutes} 分钟了还没有人接单）",
        "digest_title": "告警较多：{count} 条通知合为一条",
        "digest": "{since} 以来短时间内有 {count} 条通知：",
        "digest_kind": "· {kind} × {count}",
        "digest_others": "其他",
        "digest_first": "最先的几条：",
        "digest_all": "全部内容请登录邻里查看。",
        "take": "接单",
        "tap_take": "我来处理",
        "tap_mine": "已由您接单（{at}），请尽快处理。",
        "tap_theirs": "{who} 已接单（{at}），您无需处理。",
        "tap_somebody": "同事",
        "tap_over": "此告警已经结束，您无需处理。",
        "tap_gone": "链接无效或已过期",
        "private_title": "您有一条新消息",
        "private_message": "为保护您的隐私，内容请登录邻里查看。",
    },
    "en": {
        "info": "Notice",
        "warning": "Warning",
        "critical": "Critical",
        "evidence": "Evidence",
        "more": "More",
        "nobody": "(This was for {audience}, where nobody can be reached; so it comes to you.)",
        "missing": "(Picture {path} could not be attached.)",
        "unattended": "(Nobody has taken this on for {minutes} min.)",
        "digest_title": "Many alarms: {count} notices in one",
        "digest": "{count} notices came close together since {since}:",
        "digest_kind": "- {kind} x {count}",
        "digest_others": "others",
        "digest_first": "The first of them:",
        "digest_all": "Sign in to Linli Hub to see them all.",
        "take": "Take it on",
        "tap_take": "I'll take it",
        "tap_mine": "You have this alarm since {at}. Please see to it.",
        "tap_theirs": "{who} has this alarm since {at}. There is nothing for you to do.",
        "tap_somebody": "Somebody else",
        "tap_over": "This alarm is over. There is nothing for you to do.",
        "tap_gone": "This link is not valid, or not any more",
        "private_title": "You have a message",
        "private_message": "To protect your privacy, please sign in to Linli Hub to read it.",
    },
}


def phrase(name: str, language: str, **words: str) -> str:
    """One of our own phrases in the language, English when we don't speak it."""
    spoken = CATALOGUE.get(language.partition("-")[0].lower(), CATALOGUE["en"])
    return spoken[name].format(**words)


def choose(text: Text, language: str, fallback: str) -> str:
    """The variant in a person's language, else in a related one, else in `fallback`, else the first."""
    if isinstance(text, str):
        return text
    tags = {tag.lower(): variant for tag, variant in text.items()}
    for wanted in (language.lower(), fallback.lower()):
        if wanted in tags:
            return tags[wanted]
        family = wanted.partition("-")[0]
        for tag, variant in tags.items():
            if tag.partition("-")[0] == family:
                return variant
    return next(iter(tags.values()), "")


def clean(text: str, longest: int) -> str:
    """Text without control characters and direction overrides, at most `longest` characters."""
    kept = "".join(char for char in text if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs"))
    kept = kept.translate(_OVERRIDES).strip()
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"


def one_line(text: str) -> str:
    """Text without line breaks."""
    return " ".join(text.split())


def headline(notice: Notice, language: str) -> str:
    """Severity and title, in one line."""
    label = phrase(notice.severity.name, language)
    title = one_line(notice.title)
    if notice.severity is Severity.info:
        return title or label
    return f"【{label}】{title}" if language.startswith("zh") else f"{label}: {title}" if title else label


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """A moment as people on the site read it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


# Characters that turn the reading direction can make a harmless line of a hostile name.
_OVERRIDES = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029])
