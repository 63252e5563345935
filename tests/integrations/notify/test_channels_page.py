"""The setting-up pages do not lie: their examples are taken, and every channel is there."""

import re
from pathlib import Path

import pytest
import yaml

from integrations.notify import section
from integrations.notify.kinds import KINDS

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("channels.md", "channels.zh-CN.md")
SECRETS = {
    "duty_group": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6",
    "dingtalk_url": "https://oapi.dingtalk.com/robot/send?access_token=abc",
    "feishu_url": "https://open.feishu.cn/open-apis/bot/v2/hook/abc",
    "other_url": "discord://id/token",
}


class Loader(yaml.SafeLoader):
    """Knows `!secret`."""


Loader.add_constructor("!secret", lambda loader, node: SECRETS.get(loader.construct_scalar(node), "s3cr3t"))


def text_of(page):
    return (DOCS / page).read_text(encoding="utf-8")


def examples(page):
    return [yaml.load(block, Loader) for block in re.findall(r"```yaml\n(.*?)```", text_of(page), re.S)]


@pytest.mark.parametrize("page", PAGES)
def test_every_example_is_taken(page):
    found = examples(page)
    used = {channel["type"] for one in found for channel in section(one["notify"])["channels"].values()}
    assert used == set(KINDS) - {"webhook"}


@pytest.mark.parametrize("page", PAGES)
def test_every_channel_has_its_place_and_no_secret_stands_open(page):
    text = text_of(page)
    headings = "\n".join(line for line in text.splitlines() if line.startswith("## "))
    assert [name for name in KINDS if name != "log" and f"`{name}`" not in headings] == []
    assert re.findall(r"^\s*(?:secret|password|secret_key|access_key_secret): (?!!secret)", text, re.M) == []


def test_both_pages_know_the_same_codes():
    codes = [set(re.findall(r"\b(?:\d{5,6}|isv\.[A-Z_]+)\b", text_of(page))) for page in PAGES]
    assert codes[0] == codes[1]
