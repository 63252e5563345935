"""What people are told when they sign in, in their language."""

from collections.abc import Mapping

from hub.model.errors import HubError

WORDS: Mapping[str, tuple[str, str]] = {  # zh-CN, en
    "wrong": ("用户名或密码不正确", "name or password is wrong"),
    "wrong_password": ("密码不正确", "the password is wrong"),
    "code_wanted": ("请输入验证器上的验证码", "enter the code of your authenticator"),
    "wrong_code": ("验证码不正确，或已经用过", "the code is wrong, or was used already"),
    "wrong_first_code": (
        "验证码不正确；请检查手机和系统的时间",
        "the code is wrong; check that the clocks of hub and phone are right",
    ),
    "throttled": ("错误次数过多，请等待 {seconds} 秒", "too many wrong passwords; wait {seconds} s"),
    "busy": ("登录的人太多，请稍后再试", "too many are signing in; try again in a few seconds"),
    "link_gone": (
        "链接已用过或已过期，请向管理员再要一个",
        "this link was used, or is past its time; ask for another",
    ),
    "password_length": (
        "密码需要 {shortest} 到 {longest} 个字符",
        "a password has {shortest} to {longest} characters",
    ),
    "password_common": (
        "这个密码太常见，请换一个",
        "this password is one of the first that are tried; choose another",
    ),
    "password_name": ("密码里不能包含用户名", "the password holds the name; choose another"),
    "name_length": ("用户名需要 1 到 {longest} 个字符", "a name has 1 to {longest} characters"),
    "name_letters": (
        "用户名只能用文字、数字和 {marks}，并以文字或数字开头",
        "a name is letters and digits of any script, and {marks} between them",
    ),
    "name_alphabets": (
        "用户名混用了不同的字母表：{alphabets}",
        "the name mixes the alphabets {alphabets}; use one",
    ),
    "name_taken": ("已有账户“{name}”", "there is an account '{name}' already"),
    "name_alike": (
        "这个用户名和已有账户“{name}”太像，请换一个",
        "this name looks like the account '{name}'; choose another",
    ),
    "passkey_unknown": ("这个通行密钥在此无效", "this passkey is not known here"),
    "passkey_refused": ("无法添加这个通行密钥", "this passkey can't be added"),
    "passkey_missing": (
        "本系统没有安装通行密钥组件",
        "passkeys are not installed here: pip install 'linli-hub[passkeys]'",
    ),
    "passkey_host": (
        "通行密钥需要用域名（或 localhost）打开控制台",
        "for passkeys, open the console by a host name or localhost, not by an address",
    ),
    "oidc_none": ("本系统没有设置单位账号登录", "this hub has no other way to sign in than its own"),
    "oidc_often": ("尝试太频繁，请过一分钟再试", "too many tries; wait a minute and try again"),
    "oidc_state": (
        "这次登录已失效，请从本页重新开始；请始终用同一个地址打开系统",
        "this sign-in is no longer good; begin again on this page, and open the hub by one and the same address",
    ),
    "oidc_address": (
        "用这个地址不能使用单位账号；请管理员设置 http: external_url",
        "this way to sign in needs the hub's outside address; ask an admin to set http: external_url",
    ),
    "oidc_denied": ("单位账号登录被取消或被拒绝", "the provider let nobody in, or you called it off"),
    "oidc_provider": (
        "单位账号系统暂时无法使用，请稍后再试或用密码登录",
        "the provider can't be reached or gives no sound answer; try later, or use your password",
    ),
    "oidc_token": (
        "单位账号系统的答复没有通过检查，请重试；若再次出现，请告诉管理员",
        "what the provider said did not pass the checks; try again, and tell an admin if it happens once more",
    ),
    "oidc_missing": (
        "本系统没有安装单位账号登录组件",
        "this way to sign in is not installed here: pip install 'linli-hub[oidc]'",
    ),
    "oidc_unlinked": (
        "您的单位账号还没有和这里的账户关联；请管理员关联，审计日志里有您的标识",
        "nobody has linked you to an account here yet; ask an admin to, the audit log shows whom to link",
    ),
    "oidc_disabled": ("您在这里的账户已停用，请联系管理员", "your account here is disabled; ask an admin"),
    "not_here": ("请求必须来自本系统的页面", "this has to be sent by our own page"),
    "malformed": ("请求的格式不正确", "the request is malformed"),
    "sign_in_first": ("请先登录", "sign in first"),
    "session_only": (
        "请在控制台登录后操作，令牌不能用于此",
        "sign in on the console for this; a token won't do",
    ),
    "not_yours": ("没有这个会话或令牌", "there is no such session or token"),
    "not_allowed": ("您没有这个权限", "you may not do this"),
}


class Refusal(HubError):
    """A refusal that people read: `word` names it in the catalogue."""

    def __init__(self, word: str, **values: object) -> None:
        super().__init__(say(word, "en", **values))
        self.word, self.values = word, values

    def said(self, language: str) -> str:
        """The refusal in a language."""
        return say(self.word, language, **self.values)


def say(word: str, language: str, **values: object) -> str:
    """A text of the catalogue; English in every language but Chinese."""
    return WORDS[word][0 if language.lower().startswith("zh") else 1].format(**values)


def language_of(accepted: str, otherwise: str) -> str:
    """The first of our languages that a browser names (Accept-Language)."""
    for part in accepted[:200].split(","):
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return otherwise
