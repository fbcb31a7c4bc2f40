"""Names as people in Vietnam type, search and sort them.

The folding runs on the phone too; `tests/golden/folded.json` and `matches.json` hold both sides to it.
"""

import re
import unicodedata
from functools import lru_cache

_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng: the order of dictionaries
_ALPHABET = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[0-9]+|[^\W0-9_]+")

_VNI = re.compile(r"[a-z][a-z1-9]*[1-9][a-z1-9]*")
_Y = re.compile(r"([bcdghklmnpqrstvx])y")
_ZEROS = re.compile(r"(^|[^0-9])0+(?=[0-9]|$)")

# Keys that typing in Telex leaves behind when no Vietnamese keyboard turns them into marks.
_TELEX = (
    (re.compile(r"[fjwz]"), ""),
    (re.compile(r"([aeiouy])[srx]"), r"\1"),
    (re.compile(r"[srx]\b"), ""),
    (re.compile(r"dd"), "d"),
    (re.compile(r"([aeo])\1"), r"\1"),
)

UNIT_KINDS = ("đặc khu", "thành phố", "thị trấn", "thị xã", "phường", "huyện", "quận", "tỉnh", "xã")
"""Words before the name of a province, commune or former unit."""

HAMLET_KINDS = (
    "tổ dân phố", "khu dân cư", "khối phố", "khu phố", "tiểu khu",
    "thôn", "bản", "xóm", "làng", "buôn", "ấp", "khu", "khối", "tổ",
)  # fmt: skip
"""Words before the name of a hamlet, by region; longer ones before those they begin with."""

NO_NAMES = frozenset({"van", "thi"})
"""Folded words inside a person's name that tell nobody apart: Văn and Thị."""

_KIND = re.compile(rf"^(?:{'|'.join(UNIT_KINDS + HAMLET_KINDS)})\s+", re.IGNORECASE)


def folded(text: str) -> str:
    """The text as a search compares it: no tone marks, case or punctuation, đ as d, one space between words.

    "Chiêm Hoá", "CHIÊM  HÓA" and "chiem hoa" all give "chiem hoa", composed (NFC) or decomposed (NFD).
    """
    parts = unicodedata.normalize("NFKD", text).lower()
    letters = "".join(c for c in parts if unicodedata.category(c)[0] != "M")
    letters = letters.replace("đ", "d").replace("ð", "d")  # ð: what old fonts left for đ
    return " ".join(_WORD.findall(letters))


def squeezed(text: str) -> str:
    """The folded text without spaces: "khaisinh" finds "khai sinh"."""
    return folded(text).replace(" ", "")


def without_telex(text: str) -> str:
    """The folded text without the keys that Telex leaves behind: "Chieem Hoas" gives "chiem hoa"."""
    text = folded(text)
    for keys, letter in _TELEX:
        text = keys.sub(letter, text)
    return text


def without_vni(text: str) -> str:
    """The folded text without the keys that VNI leaves behind: "Va2ng Thi5" gives "vang thi"; "lt12" is a code."""
    return " ".join(re.sub(r"[1-9]", "", word) if _is_vni(word) else word for word in folded(text).split(" "))


def _is_vni(word: str) -> bool:
    """Letters with a vowel, at most one digit for a tone."""
    return (
        bool(_VNI.fullmatch(word))
        and bool(re.search(r"[aeiouy]", word))
        and len(re.findall(r"[1-5]", word)) < 2
    )


def loosened(squeezed_text: str) -> str:
    """Lí is Lý, and a house code needs no zeros in front: "lt12" is LT-012."""
    return _ZEROS.sub(r"\1", _Y.sub(r"\1i", squeezed_text))


def matches(query: str, text: str) -> bool:
    """Does the query find the text? An empty query finds everything."""
    target = loosened(squeezed(text))
    if loosened(squeezed(query)) in target:
        return True
    typed = (loosened(read(query).replace(" ", "")) for read in (without_telex, without_vni))
    return any(one != "" and one in target for one in typed)


def without_kind(name: str) -> str:
    """The name without the word for its kind: "Xã Minh Tân" gives "Minh Tân"."""
    name = tidy(name)
    return _KIND.sub("", name) or name


def tidy(text: str) -> str:
    """The text composed (NFC), with single spaces, none at its ends, and nothing invisible in it."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    return " ".join(unicodedata.normalize("NFC", text).split())


def initials(name: str) -> str:
    """First letters of the words, numbers whole, as in house codes: "Bản Ho 1" gives "BH1"."""
    return "".join(word if word.isdecimal() else word[0] for word in folded(name).split()).upper()


def same_name_key(name: str) -> str:
    """Equal for one name however it is typed (case, spaces, tone on either vowel).

    "Hòa An" and "HOÀ  AN" are one name; "Nà Lung" and "Nà Lùng" are two.
    """
    letters, tones = _letters_and_tones(name)
    return " ".join(f"{word}{tone or ''}" for word, tone in zip(letters, tones, strict=True))


@lru_cache(20_000)
def sort_key(name: str) -> tuple:
    """Order of Vietnamese dictionaries: letters (a ă â b c d đ e ê …), then tones; numbers by their value."""
    letters, tones = _letters_and_tones(name)
    return tuple(_place_in_dictionary(word) for word in letters), tuple(tones)


def person_sort_key(name: str) -> tuple:
    """Order of people: by given name (the last word), then by the words before it."""
    *before, given = tidy(name).split() or [""]
    return sort_key(given), sort_key(" ".join(before))


def _place_in_dictionary(word: str) -> tuple:
    if word.isdecimal():
        return (0, int(word[:18]), ())
    return (1, 0, tuple(_ALPHABET.get(letter, 100 + ord(letter)) for letter in word))


def _letters_and_tones(name: str) -> tuple[list[str], list[int]]:
    """The words in lower case without tones, and each word's tone (0 for none), wherever it was placed."""
    letters, tones = [], []
    for word in _PARTS.findall(unicodedata.normalize("NFC", name).lower()):
        marks = unicodedata.normalize("NFD", word)
        letters.append(unicodedata.normalize("NFC", "".join(c for c in marks if c not in _TONES)))
        tones.append(max((_TONES.find(c) + 1 for c in marks), default=0))
    return letters, tones
