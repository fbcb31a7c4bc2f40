"""Invented hamlets, people and households. Names such as Mẫu (sample) and Thử (trial) say so."""

from dataclasses import dataclass
from random import Random

from volunteer_app.domain.people import Role

SEED = 919

HAMLETS = (
    # name, languages, signal, official number of households
    ("Nà Mẫu", ("tyz", "vi"), "good", 78),
    ("Nà Thử", ("tyz", "vi"), "good", 71),
    ("Khuổi Mẫu", ("tyz",), "weak", 64),
    ("Bản Ví Dụ", ("tyz", "nut"), "good", 82),
    ("Lùng Thử", ("hmn",), "none", 47),
    ("Lùng Mẫu", ("hmn",), "none", 39),
    ("Há Ví Dụ", ("hmn",), "weak", 44),
    ("Phìn Mẫu", ("ium", "vi"), "weak", 58),
    ("Tả Thử", ("ium",), "none", 52),
    ("Cốc Mẫu", ("nut", "vi"), "good", 66),
    ("Pác Thử", ("tyz", "vi"), "good", 73),
    ("Bản Mẫu", ("vi", "tyz"), "good", 91),
    ("Sủng Ví Dụ", ("hmn",), "none", 36),
    ("Nặm Thử", ("lbt", "vi"), "weak", 49),
    ("Thượng Mẫu", ("tyz", "vi"), "weak", 50),
)
"""15 hamlets of the demo commune, 900 households."""

MERGED = ("Thượng Mẫu", ("Thượng Mẫu 1", "Thượng Mẫu 2"))
"""One hamlet was made from two in 2026."""

FAMILY_NAMES = (
    "Nông",
    "Hoàng",
    "Lý",
    "Vàng",
    "Thào",
    "Bàn",
    "Đặng",
    "Triệu",
    "Ma",
    "Giàng",
    "Lù",
    "Nguyễn",
    "Phàn",
    "Lục",
)
MIDDLE_NAMES = ("Mẫu", "Thử", "Nháp", "Tập", "Ví Dụ")
"""Sample, trial, draft, practice, example: nobody is called so in the middle."""

GIVEN_NAMES = (
    "Páo", "Dính", "Chứ", "Mỷ", "Say", "Súa", "Lử", "Tủa", "Sáu", "Hoa", "Mai", "Hằng", "Thuỷ", "Nga",
    "Yến", "Tâm", "Bình", "Hải", "Hùng", "Dũng", "Kiên", "Lâm", "Sơn", "Tùng", "Vượng", "Phúc", "Quý",
    "Thơm", "Nhung", "Hiền", "Liên", "Duyên", "Tuyết", "Đào", "Mận", "Cúc", "Thắng", "Toàn", "Dậu", "Thìn",
)  # fmt: skip

MEMBERS = ("ông nội", "bà nội", "bố", "mẹ", "con trai cả", "con gái", "con dâu", "vợ", "chồng")

NOTES = (
    "",
    "",
    "",
    "Nhà cuối đường, qua cầu treo.",
    "Bác muốn làm vào chiều thứ Bảy.",
    "Máy cũ, pin yếu, nên mang sạc.",
    "Bác nghe tốt, chữ to mới đọc được.",
    "Cả nhà đi nương, tối mới về.",
)


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of the demo who can be signed in as."""

    name: str
    role: Role
    hamlets: tuple[int, ...] = ()
    is_province_wide: bool = False
    had_before: int | None = None
    """A hamlet that was theirs until some days ago."""


PEOPLE = (
    DemoPerson("Vàng Thị Lan (mẫu)", Role.VOLUNTEER, (0, 4)),
    DemoPerson("Nông Văn Thử (mẫu)", Role.VOLUNTEER, (1,)),
    DemoPerson("Lý Thị Thử (mẫu)", Role.VOLUNTEER, (2,)),
    DemoPerson("Hoàng Văn Ví (mẫu)", Role.VOLUNTEER, (3,)),
    DemoPerson("Giàng Mí Dụ (mẫu)", Role.VOLUNTEER, (5, 12)),
    DemoPerson("Thào Thị Mẫu (mẫu)", Role.VOLUNTEER, (6,)),
    DemoPerson("Bàn Văn Thử (mẫu)", Role.VOLUNTEER, (7,)),
    DemoPerson("Triệu Thị Ví (mẫu)", Role.VOLUNTEER, (8,)),
    DemoPerson("Lục Văn Dụ (mẫu)", Role.VOLUNTEER, (9,), had_before=11),
    DemoPerson("Ma Thị Thử (mẫu)", Role.VOLUNTEER, (10, 14)),
    DemoPerson("Đặng Văn Mẫu (mẫu)", Role.VOLUNTEER, (11,)),
    DemoPerson("Lù Thị Ví (mẫu)", Role.VOLUNTEER, (13,)),
    DemoPerson("Hoàng Văn Minh (mẫu)", Role.LEADER),
    DemoPerson("Nguyễn Thị Hoà (mẫu)", Role.REVIEWER),
    DemoPerson("Phàn Văn Tỉnh (mẫu)", Role.REVIEWER, is_province_wide=True),
    DemoPerson("Lục Thị Biên (mẫu)", Role.EDITOR),
)
"""12 volunteers, their leader, the Front's officers of commune and province, a guide editor."""


LISTED_TWICE = {"Nà Mẫu": (9, 31), "Bản Ví Dụ": (12, 40), "Tả Thử": (5, 22)}
"""Hamlet → two numbers of its list that are one and the same door: something for the leader to settle."""


def head_name(chance: Random, taken: set[frozenset[str]]) -> str:
    """The invented name of a household's head; none that looks like one in `taken`, where it is added."""
    while True:
        family, middle = chance.choice(FAMILY_NAMES), chance.choice(MIDDLE_NAMES)
        given = chance.choice(GIVEN_NAMES)
        likenesses = {frozenset((given, family)), frozenset((given, middle))}
        if not likenesses & taken:
            taken |= likenesses
            return f"{family} {middle} {given}"
