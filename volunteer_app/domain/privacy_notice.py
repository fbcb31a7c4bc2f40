"""What the public privacy page says (thông báo về dữ liệu cá nhân), section by section: to read, and to say aloud.

Law 91/2025/QH15 and Decree 356/2025/NĐ-CP; the days are those of `domain/privacy_requests.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from volunteer_app.domain.problems import N_

KIND = "privacy"
"""How the keys of its spoken texts begin. They are heard on the public page only: phones do not carry them."""


@dataclass(frozen=True)
class Section:
    """A part with a heading. loud: a sentence that must not be overlooked. deadlines: what happens, within how long."""

    key: str
    title: str
    sentences: tuple[str, ...]
    loud: str = ""
    deadlines: tuple[tuple[str, str], ...] = ()

    @property
    def text_key(self) -> str:
        """The key of the section as a text that people speak."""
        return f"{KIND}.{self.key}"

    def spoken(self, say: Callable[[str], str]) -> str:
        """The whole section as one text to say; `say` translates."""
        deadlines = tuple(f"{say(what)} {say(within)}." for what, within in self.deadlines)
        told = (*map(say, self.sentences), *([say(self.loud)] if self.loud else []), *deadlines)
        return " ".join((f"{say(self.title)}.", *told))


NOTICE = (
    Section(
        "reading",
        N_("When you read the guides"),
        (
            N_(
                "No account, no cookies, no advertising, nobody is followed. A poster's code only counts "
                "how often it was scanned in a day. "
                "Guides you have opened stay on your own phone, so that they open without a network."
            ),
        ),
    ),
    Section(
        "asking",
        N_("When you ask for a visit"),
        (
            N_(
                "Your name, hamlet and telephone number go to the team leader of your commune and to the volunteer who "
                "comes, to call you and arrange a day. Name and number are erased when the visit is done or not needed."
            ),
        ),
    ),
    Section(
        "visit",
        N_("When a volunteer comes to your home"),
        (
            N_(
                "Written down: the hamlet, a house code (the family's name only if you agree), the day, "
                "which services were shown, what you can do alone, what was in the way, and when to come back."
            ),
        ),
        loud=N_(
            "Never written down: ID card numbers, birth dates, ethnicity, religion, where you are on a "
            "map, bank data, photographs of people or papers, passwords, OTP codes."
        ),
    ),
    Section(
        "choice",
        N_("You decide"),
        (
            N_(
                "The volunteer asks you aloud, and you may say no. You are helped all the same; then nobody's name is "
                "kept, only the house code, how many live there, the day, what was shown and how it went. You may "
                "change your mind at any time."
            ),
        ),
    ),
    Section(
        "seen",
        N_("Who sees it"),
        (
            N_(
                "The volunteers of your hamlet and the team leader of your commune. The Fatherland Front "
                "and the province see figures only, and none about fewer than five households."
            ),
            N_(
                "A volunteer's phone carries the families of their own hamlets only, as long as they work "
                "there. A family that moved away or declined leaves it by itself after 30 days."
            ),
        ),
    ),
    Section(
        "kept",
        N_("Who keeps it, and how long"),
        (
            N_(
                "The People's Committee of your commune keeps it; whoever runs the server only does so on its behalf. "
                "Notes are kept for 12 months; a household that nobody has visited for 24 months is erased."
            ),
            N_(
                "Saying no has no drawback: every service of the State stays open to you. "
                "Not content with the answer? Tell the commune, or the provincial police."
            ),
        ),
    ),
    Section(
        "rights",
        N_("Your rights by law"),
        (
            N_(
                "Under Law 91/2025/QH15 you may see what is kept about you, have it corrected or erased, "
                "and withdraw your consent. Tell any volunteer, the team leader or the commune; no form is needed."
            ),
        ),
        deadlines=(
            (N_("You get an answer that it was received:"), N_("within 2 working days")),
            (N_("It is shown to you or corrected:"), N_("within 10 days")),
            (N_("Your consent is withdrawn and the use stops:"), N_("within 15 days")),
            (N_("It is erased:"), N_("within 20 days")),
        ),
    ),
)
