"""Names people sign in with: one spelling each, and none that passes for another."""

import unicodedata

from hub.accounts.words import Refusal

LONGEST = 64
_MARKS = "._-@+"
# Letters of other alphabets, and digits, that look like small Latin letters (after Unicode TR 39, those in common use).
_LOOKALIKES = str.maketrans("аеорсухіјѕһԁԛԝӏктмαορνικτυ01|", "aeopcyxijshdqwlktmaopviktuoll")
_TOGETHER = frozenset(["CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH"])


class NameFault(Refusal):
    """A name that can't be one; the text says what would be right."""


def clean_name(written: object) -> str:
    """The name in its one spelling (NFKC); NameFault for control characters, spaces, mixed alphabets or length."""
    name = unicodedata.normalize("NFKC", written).strip() if isinstance(written, str) else ""
    if not 1 <= len(name) <= LONGEST or len(str(written)) > 4 * LONGEST:
        raise NameFault("name_length", longest=LONGEST)
    if not all(_may_stand(character) for character in name) or unicodedata.category(name[0])[0] not in "LN":
        raise NameFault("name_letters", marks=" ".join(_MARKS))
    alphabets = {_alphabet(character) for character in name if character.isalpha()}
    if len(alphabets - _TOGETHER) > 1 or (alphabets & _TOGETHER and alphabets - _TOGETHER - {"LATIN"}):
        raise NameFault("name_alphabets", alphabets=", ".join(sorted(alphabets)).lower())
    return name


def folded(written: str) -> str:
    """What two spellings of one name have in common; of any text, also one that is no name."""
    return unicodedata.normalize("NFKC", written[: 4 * LONGEST]).strip().casefold()


def likeness(name: str) -> str:
    """What names that look the same have in common."""
    plain = unicodedata.normalize("NFKD", folded(name)).translate(_LOOKALIKES)
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("rn", "m").replace("vv", "w")


def _may_stand(character: str) -> bool:
    return character in _MARKS or unicodedata.category(character) in (
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "Nd",
        "Mn",
        "Mc",
    )


def _alphabet(character: str) -> str:
    return unicodedata.name(character, "UNKNOWN").split(" ")[0].split("-")[0]
