"""Finding a guide by the words people use, not by the words of the law.

Old names stay in use long after the law has changed them ("hộ khẩu" went in 2023), and the same thing is said in
short and in full. Typed without tone marks, or with the keys of Telex left behind, it must be found all the same.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from volunteer_app.domain.guides.guide import Guide
from volunteer_app.domain.names import folded, without_telex

SAME_THING: tuple[tuple[str, ...], ...] = (
    ("hộ khẩu", "sổ hộ khẩu", "thường trú", "tạm trú", "cư trú", "nhập khẩu", "household book", "residence"),
    ("căn cước", "CCCD", "CMND", "chứng minh nhân dân", "thẻ căn cước", "thẻ gắn chip", "ID card"),
    ("VNeID", "vê nờ i đi", "vneit", "định danh điện tử", "định danh mức 2", "level 2"),
    ("bảo hiểm y tế", "BHYT", "thẻ bảo hiểm", "bảo hiểm", "health insurance"),
    ("bảo hiểm xã hội", "BHXH", "bảo hiểm", "social insurance"),
    ("sổ đỏ", "sổ hồng", "giấy chứng nhận quyền sử dụng đất", "đất đai", "thuế đất", "đất ở", "land certificate"),
    ("độc thân", "xác nhận tình trạng hôn nhân", "tình trạng hôn nhân", "kết hôn", "đám cưới", "lấy vợ", "lấy chồng",
     "marriage", "single"),
    ("khai sinh", "giấy khai sinh", "sinh con", "đẻ con", "em bé", "trẻ mới sinh", "birth", "baby"),
    ("khai tử", "báo tử", "mai táng", "tiền tuất", "người mất", "qua đời", "death", "funeral"),
    ("lý lịch tư pháp", "phiếu lý lịch", "án tích", "xin việc", "criminal record"),
    ("trợ cấp hưu trí", "lương hưu", "tiền người già", "trợ cấp tuổi già", "người cao tuổi", "pension", "old age"),
    ("an sinh xã hội", "tiền trợ cấp", "tài khoản ngân hàng", "nhận tiền", "benefit", "bank account"),
    ("lừa đảo", "bị lừa", "gọi điện giả", "mất tiền", "tin nhắn lạ", "scam", "fraud"),
    ("quên mật khẩu", "mật khẩu", "khoá tài khoản", "đổi máy", "mất điện thoại", "mất máy", "password", "locked"),
    ("cổng dịch vụ công", "dịch vụ công", "nộp hồ sơ", "một cửa", "portal", "file", "application"),
    ("chứng thực", "công chứng", "bản sao", "trích lục", "phô tô", "photo giấy tờ", "certified copy"),
    ("phản ánh", "kiến nghị", "góp ý", "khiếu nại", "1022", "feedback", "complaint"),
    ("lưu trú", "khách ngủ lại", "ở nhờ", "nhà nghỉ", "overnight", "guest"),
    ("phạt nguội", "phạt giao thông", "nộp phạt", "phạt xe", "traffic fine"),
    ("nhập học", "đi học", "tuyển sinh", "xin học", "lớp một", "school"),
    ("mua điện", "công tơ", "đồng hồ điện", "mắc điện", "electricity"),
    ("xác nhận cư trú", "giấy xác nhận cư trú", "CT07", "thông tin cư trú", "confirmation of residence"),
    ("giấy phép lái xe", "bằng lái", "đăng ký xe", "tích hợp giấy tờ", "giấy tờ xe", "driving licence"),
    ("cài đặt", "cài ứng dụng", "tải ứng dụng", "cài app", "install", "download"),
)  # fmt: skip
"""Groups of words for one thing. Sources: domain notes H and the guides' own texts; more as people search."""

EMPTY_WORDS = frozenset(folded("""
    làm lại xin cho của tôi bác cháu em muốn cần đi thế nào cách ở đâu và là có thì được với cái giấy đăng ký
    how to my the an for of get want need register
""").split())  # fmt: skip
"""Words that say nothing about which guide is meant."""


LONG_ENOUGH_TO_SQUEEZE = 6
"""From so many letters on, words typed without spaces are looked for inside others: "khaisinh"."""


class FoundGuide(NamedTuple):
    """What a search gave. is_exact: the words were found; otherwise these are simply all guides."""

    guides: list[Guide]
    is_exact: bool


class _Named(NamedTuple):
    """A text that names a guide: how near to its heart (0 its title), and where in that text it stands."""

    text: str
    tier: int
    place: int


class GuideSearch:
    """All guides, ready to be searched. texts: a guide's titles and summaries in every language, by slug."""

    def __init__(self, guides: Iterable[Guide], texts: Mapping[str, tuple[list[str], list[str]]]) -> None:
        self.guides = sorted(guides, key=lambda guide: guide.number)
        self._names = {
            slug: [*_names_in(titles, tier=0), *_names_in(summaries, tier=4)]
            for slug, (titles, summaries) in texts.items()
        }

    def find(self, query: str) -> FoundGuide:
        """The guides that the words mean, best first. A number is a guide's number. Empty: all."""
        if query.strip().isdecimal():
            number = int(query.strip()[:9])
            numbered = [guide for guide in self.guides if guide.number == number]
            if numbered:
                return FoundGuide(numbered, True)
        for words in (folded(query), without_telex(query)):
            if found := self._named(words):
                return FoundGuide(found, True)
        return FoundGuide(self.guides, not folded(query))

    def _named(self, words: str) -> list[Guide]:
        telling = [word for word in words.split() if word not in EMPTY_WORDS] or words.split()
        if not telling:
            return []
        ranked = []
        for guide in self.guides:
            ranks = [
                (name.tier + looseness, name.place)
                for name in self._names[guide.slug]
                if (looseness := _looseness(words, telling, name.text)) is not None
            ]
            if ranks:
                ranked.append((min(ranks), guide.number, guide))
        return [guide for _rank, _number, guide in sorted(ranked, key=lambda found: found[:2])]


def _looseness(words: str, telling: list[str], text: str) -> int | None:
    """0: the text has these words, in this order; 1: it has every word that says something; None: neither."""
    if f" {words} " in text:
        return 0
    squeezed = words.replace(" ", "")
    if len(squeezed) >= LONG_ENOUGH_TO_SQUEEZE and squeezed in text.replace(" ", ""):
        return 0
    return 1 if all(f" {word} " in text for word in telling) else None


def _names_in(texts: Iterable[str], tier: int) -> Iterable[_Named]:
    """The texts themselves, and every other name of each thing that they name."""
    for text in texts:
        own = f" {folded(text)} "
        yield _Named(own, tier, 0)
        for group in SAME_THING:
            places = [place for word in group if (place := own.find(f" {folded(word)} ")) >= 0]
            if places:
                yield from (_Named(f" {folded(word)} ", tier + 2, min(places)) for word in group)
