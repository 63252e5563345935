"""What columns of an imported table are called, and what cells mean; one that can't be meant is a ValueError."""

import re
from collections.abc import Mapping

from hub.config import did_you_mean, what_there_is
from hub.model.things import Area
from hub.people.roles import Role

ALIASES: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "名字", "户主", "户主姓名", "居民姓名", "name", "full name", "fullname"),
    "phone": (
        "电话",
        "手机",
        "手机号",
        "手机号码",
        "联系电话",
        "联系方式",
        "电话号码",
        "phone",
        "mobile",
        "telephone",
        "tel",
        "phone number",
    ),
    "building": ("楼栋", "楼号", "栋", "栋号", "幢", "幢号", "楼", "楼幢", "building", "block"),
    "unit": ("单元", "单元号", "unit", "entrance"),
    "room": (
        "房号",
        "房间",
        "房间号",
        "室",
        "室号",
        "门牌",
        "门牌号",
        "户号",
        "room",
        "flat",
        "apartment",
        "door",
    ),
    "household": ("住户", "住户编号", "household", "home"),
    "roles": ("角色", "身份", "岗位", "职务", "role", "roles"),
    "areas": ("负责区域", "区域", "网格", "area", "areas"),
    "language": ("语言", "language", "lang"),
    "id": ("编号", "人员编号", "工号", "id", "person", "person id"),
    "email": ("邮箱", "电子邮箱", "邮件", "email", "e-mail", "mail"),
}
_FIELDS = {alias: field for field, aliases in ALIASES.items() for alias in aliases}
_LANGUAGES = {
    "中文": "zh-CN",
    "汉语": "zh-CN",
    "zh": "zh-CN",
    "英语": "en",
    "英文": "en",
    "english": "en",
    "chinese": "zh-CN",
}
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,2})\Z")
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})\Z")
_LANDLINE = re.compile(r"0[0-9]{2,3}[1-9][0-9]{6,7}\Z")
_ABROAD = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})\Z")
_FORMULA = ("=", "+", "-", "@", "|")
_AND = re.compile(r"[,，、;；/|]+|\s+")


def field_of(title: str) -> str:
    """The field that a column's title names; "" when we keep nothing of the kind."""
    plain = re.sub(r"[*:：\s]+", " ", title).strip().lower()
    return _FIELDS.get(plain) or _FIELDS.get(re.sub(r"\(.*\)", "", plain).strip(), "")


def read_name(cell: str) -> str:
    """A person's name."""
    if cell.startswith(_FORMULA):
        raise ValueError("it looks like a formula; write the name alone")
    if not 0 < len(cell) <= 100 or not cell.isprintable():
        raise ValueError("a name has 1 to 100 characters; write it, or take the line out")
    if cell.isdecimal():
        raise ValueError("a number is no name; see whether the columns have slipped")
    return cell


def read_phone(cell: str) -> str:
    """A number as it is dialled here; Excel's 1.3800138E+10 when no digit of it is lost."""
    text = re.sub(r"[\s()-]", "", cell)
    if match := _SCIENTIFIC.match(text):
        digits, shift = match[1] + (match[2] or ""), int(match[3])
        if len(digits) != shift + 1:
            raise ValueError("Excel has cut the number; format the column as text and type it again")
        text = digits
    text = re.sub(r"\.0+\Z", "", text)
    for pattern in (_MOBILE, _LANDLINE):
        if match := pattern.match(text):
            return match[match.lastindex or 0]
    if match := _ABROAD.match(text):
        return f"+{match[1]}"
    if text.isdecimal() and len(text) in (10, 11) and _LANDLINE.match(f"0{text}"):
        raise ValueError(f"a digit is missing; if it is a landline that lost its 0, write 0{text[:2]}-...")
    raise ValueError("it is no telephone number; write 11 digits, a landline with its 0, or +country")


def read_language(cell: str) -> str:
    """A language tag."""
    found = _LANGUAGES.get(cell.lower(), cell)
    if not re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", found):
        raise ValueError("it is no language; write zh-CN or en")
    return found


def read_email(cell: str) -> str:
    """An address with one @."""
    if not re.fullmatch(r"[^\s@,;<>\"']{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", cell):
        raise ValueError("it is no mail address; write one such as wang@example.org")
    return cell


def read_roles(cell: str, roles: Mapping[str, Role]) -> list[str]:
    """Roles by id or name, several with commas."""
    names = {role.name: key for key, role in roles.items()} | {key: key for key in roles}
    found = []
    for word in _AND.split(cell):
        if word and (role := names.get(word) or names.get(word.lower())):
            found.append(role)
        elif word:
            raise ValueError(f"there is no role '{word[:40]}'; {what_there_is(word, roles)}")
    return found


def read_areas(cell: str, areas: Mapping[str, Area]) -> list[str]:
    """Areas by id, name or alias, several with commas."""
    return [_area(word, areas) for word in re.split(r"[,，、;；|]+", cell) if word.strip()]


def read_home(building: str, unit: str, room: str, areas: Mapping[str, Area]) -> str:
    """The household of a building, a unit (or none) and a room: b3-u2-1203."""
    inside = _area(building, areas, "b")
    if unit:
        number = re.sub(r"(?:单元|门|unit|号)\Z|\A(?:unit|u)", "", unit.lower()).strip()
        if not re.fullmatch(r"[a-z0-9]{1,8}", number):
            raise ValueError(f"'{unit[:40]}' is no unit; write 2 or 2单元")
        inside = f"{inside}-u{_whole(number)}"
    number = re.sub(r"(?:室|号|房)\Z", "", room.lower()).strip()
    if not re.fullmatch(r"[a-z0-9]{1,10}(?:-[a-z0-9]{1,10})?(?:\.0+)?", number):
        raise ValueError(f"'{room[:40]}' is no room; write 1203")
    number = re.sub(r"\.0+\Z", "", number)
    # Excel drops the zero of 0301: the home that is known by its four digits is meant.
    padded = f"{inside}-{number.zfill(4)}"
    return padded if padded in areas else f"{inside}-{number}"


def _whole(number: str) -> str:
    return str(int(number)) if number.isdecimal() else number


def _area(word: str, areas: Mapping[str, Area], prefix: str = "") -> str:
    plain = word.strip().lower()
    number = re.sub(r"(?:号楼|号|栋|幢|楼|座)+\Z|\A(?:building|block|b)\s*", "", plain).strip()
    for candidate in (plain, f"{prefix}{_whole(number)}" if prefix else plain):
        if candidate in areas:
            return candidate
    wanted = re.sub(r"\s", "", plain)
    for area in areas.values():
        if wanted in (re.sub(r"\s", "", name.lower()) for name in (area.name, *area.aliases)):
            return area.id
    known = [area.id for area in areas.values() if area.kind != "home"]
    hint = did_you_mean(word, [*known, *(areas[key].name for key in known)]) or "add it under 'areas:'"
    raise ValueError(f"there is no area '{word[:40]}'; {hint}")
