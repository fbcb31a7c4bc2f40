"""What makes a guide fit to be used: the rules behind `volunteer-app guides check`."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.guides.figures import HOLE, told_on
from volunteer_app.domain.guides.guide import (
    LONGEST_UNREAD,
    Answers,
    Channel,
    Claim,
    Ending,
    Flag,
    Guide,
    Kind,
    Path,
    Remedy,
    Step,
    Trouble,
    paths,
)
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.public_services import PUBLIC_SERVICES

ACTION_LETTERS = 80
"""A longer sentence is not one action, and does not fit a 320 px screen in large type."""

SECRET = re.compile(r"(nhập|đặt|gõ)[^.]*(mật khẩu|passcode|mã otp)", re.IGNORECASE)
SIGNS_IN = re.compile(r"tự đăng nhập|đăng nhập lại", re.IGNORECASE)
CODE_COMES = re.compile(r"\bOTP\b|mã trong tin nhắn|xem mã|lấy mã", re.IGNORECASE)
LOOKS_FOR_PLACE = re.compile(
    r"\bchọn\b[^.“”]*\b(tỉnh|xã|phường|điện lực|công an|cơ quan|nơi nhận)\b", re.IGNORECASE
)
AGE_OR_YEAR = re.compile(
    r"\b(?:từ|dưới|đủ|trên|tuổi|đến)\s+(?:dưới\s+)?(\d{1,3})(?=\s*(?:tuổi|đến|,|$))|(\d{1,3})\s*tuổi|\b((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
FREE = re.compile(
    r"mất tiền|miễn phí|mất phí|không tốn|không phải (?:trả|nộp|đóng)(?: tiền| phí| lệ phí)", re.IGNORECASE
)
FIGURE = re.compile(r"\d[\d.]*\s*(đồng|đ|ngày|tháng|giờ|năm)\b", re.IGNORECASE)


def problems_with(guide: Guide, today: date) -> list[Problem]:
    """Why the guide may not be used; empty when it may. Each problem's values hold the line in its file."""
    ways = list(paths(guide))
    return [
        *_meta_problems(guide, today),
        *_name_problems(guide),
        *_path_problems(guide, ways),
        *(problem for step in guide.steps for problem in _step_problems(guide, step)),
        *(problem for step in guide.steps for problem in _trouble_problems(guide, step)),
        *_level_problems(guide, ways),
        *_figure_problems(guide),
        *_sending_problems(guide, ways),
        *_teach_back_problems(guide, ways),
        *_text_problems(guide),
        *_number_problems(guide),
        *_free_problems(guide),
    ]


def _meta_problems(guide: Guide, today: date) -> Iterator[Problem]:
    if guide.written_on > today:
        yield Problem(
            "guide.written_later", N_("The guide cannot have been written after today"), {"line": guide.line}
        )
    if not guide.written_on <= guide.review_by <= guide.written_on + timedelta(days=LONGEST_UNREAD):
        values = {"line": guide.line, "days": LONGEST_UNREAD}
        yield Problem("guide.review_late", N_("It has to be read again within %(days)s days"), values)
    service = PUBLIC_SERVICES.get(guide.service)
    if service is None:
        values = {"line": guide.line, "service": guide.service}
        yield Problem("guide.no_service", N_("There is no public service “%(service)s”"), values)
    elif service.level_needed != guide.level_needed:
        values = {"line": guide.line, "service": guide.service}
        yield Problem("guide.level", N_("The service “%(service)s” needs another VNeID level"), values)


def _name_problems(guide: Guide) -> Iterator[Problem]:
    """Keys are used once; conditions name questions asked before; figures and hotlines named exist."""
    for things in (
        guide.steps,
        guide.situations,
        guide.prepare,
        guide.figures,
        *(s.options for s in guide.situations),
    ):
        counts = Counter(thing.key for thing in things)
        for thing in things:
            if counts[thing.key] > 1:
                values = {"line": thing.line, "key": thing.key}
                yield Problem("guide.key_twice", N_("“%(key)s” is used twice"), values)
    asked: dict[str, set[str]] = {}
    for situation in guide.situations:
        yield from _condition_problems(situation.only_if, asked, situation.line)
        asked[situation.key] = {option.key for option in situation.options}
    for thing in (*guide.figures, *guide.prepare, *guide.steps):
        yield from _condition_problems(thing.only_if, asked, thing.line)
    known = {figure.topic for figure in guide.figures}
    for step in guide.steps:
        for key in sorted(set(step.shows) - known):
            yield Problem(
                "guide.no_figure",
                N_("There is no figure about “%(key)s”"),
                {"line": step.line, "key": key},
            )
    for remedy in _remedies(guide):
        if remedy.hotline and remedy.hotline not in HOTLINES:
            values = {"line": remedy.line, "key": remedy.hotline}
            yield Problem("guide.no_hotline", N_("There is no hotline “%(key)s”"), values)


def _condition_problems(only_if: Answers, asked: dict[str, set[str]], line: int) -> Iterator[Problem]:
    for situation, options in only_if.items():
        for option in options or ("",):
            if option not in asked.get(situation, ()):
                values = {"line": line, "condition": f"{situation} = {option}"}
                yield Problem("guide.no_answer", N_("Nobody was asked “%(condition)s” before"), values)


def _path_problems(guide: Guide, ways: list[Path]) -> Iterator[Problem]:
    """No way through the guide breaks off, and no step is out of reach."""
    for way in ways:
        if way.ending is None:
            answers = ", ".join(f"{key} = {answer}" for key, answer in way.answers.items())
            line = way.steps[-1].line if way.steps else guide.line
            yield Problem(
                "guide.dead_end",
                N_("A way has no end here (%(answers)s)"),
                {"line": line, "answers": answers},
            )
    reached = {step.key for way in ways for step in way.steps}
    for step in guide.steps:
        if step.key not in reached:
            values = {"line": step.line, "key": step.key}
            yield Problem("guide.unreachable", N_("No way leads to the step “%(key)s”"), values)


def _step_problems(guide: Guide, step: Step) -> Iterator[Problem]:
    values = {"line": step.line, "key": step.key}
    if (Flag.SIGNAL in step.flags) == (Flag.OFFLINE_POSSIBLE in step.flags):
        yield Problem(
            "guide.flags", N_("The step “%(key)s” must be either signal or offline_possible"), values
        )
    helped = {remedy.blocker for remedy in (*step.remedies, *guide.remedies)}
    if not helped or (Flag.SIGNAL in step.flags and Blocker.NO_SIGNAL not in helped):
        yield Problem("guide.no_remedy", N_("The step “%(key)s” has no remedy for what it needs"), values)
    if (Flag.OTP in step.flags or SECRET.search(step.action)) and not step.private:
        yield Problem(
            "guide.not_private", N_("The step “%(key)s” handles a secret and must be private"), values
        )
    if len(step.action) > ACTION_LETTERS or re.search(r"[.!?…]\s", step.action):
        yield Problem("guide.long_action", N_("The step “%(key)s” is not one short sentence"), values)


def _trouble_problems(guide: Guide, step: Step) -> Iterator[Problem]:
    """Where a code can stay away, a face not be recognised, a commune not be found, a remedy says what to do."""
    values = {"line": step.line, "key": step.key}
    signs_in = bool(SIGNS_IN.search(step.action)) and Flag.SIGNAL in step.flags
    if signs_in and not step.private:
        yield Problem(
            "guide.not_private", N_("The step “%(key)s” handles a secret and must be private"), values
        )
    if CODE_COMES.search(step.action) and Flag.SIGNAL in step.flags and Flag.OTP not in step.flags:
        yield Problem("guide.no_otp_flag", N_("The step “%(key)s” waits for a code and must say so"), values)
    may_go_wrong = {
        Trouble.CODE: signs_in or Flag.OTP in step.flags,
        Trouble.FACE: signs_in,
        Trouble.FORGOTTEN: signs_in,
        Trouble.PLACE: Flag.SIGNAL in step.flags
        and bool(LOOKS_FOR_PLACE.search(f"{step.action} {step.explanation}")),
    }
    helped = {remedy.against for remedy in (*step.remedies, *guide.remedies)}
    for trouble, may in may_go_wrong.items():
        if may and trouble not in helped:
            yield Problem(
                "guide.trouble_forgotten",
                N_("The step “%(key)s” needs a remedy against “%(trouble)s”"),
                {**values, "trouble": trouble.value},
            )


def _level_problems(guide: Guide, ways: list[Path]) -> Iterator[Problem]:
    """Whoever has no level 2 is told another way than the one on the phone, and is never sent home with nothing."""
    if guide.level_needed < 2 and not any(s.private and "dichvucong" in s.action for s in guide.steps):
        return
    without = {
        (situation.key, option.key)
        for situation in guide.situations
        for option in situation.options
        if option.without_level_2
    }
    theirs = [way for way in ways if without & way.answers.items()]
    if not theirs:
        yield Problem(
            "guide.level_2_only", N_("Nobody without VNeID level 2 is told what to do"), {"line": guide.line}
        )
    asked = {key for key, _ in without}
    for way in ways:
        if not any(step.private for step in way.steps):
            continue
        others = {key: answer for key, answer in way.answers.items() if key not in asked}
        if theirs and not any(
            others.items() & other.answers.items()
            == {k: v for k, v in others.items() if k in other.answers}.items()
            for other in theirs
        ):
            values = {"line": way.steps[-1].line, "answers": ", ".join(way.answers.values())}
            yield Problem(
                "guide.level_2_only_here",
                N_("Without VNeID level 2 nobody is told what to do (%(answers)s)"),
                values,
            )
    for way in theirs:
        if way.ending is Ending.NOT_NEEDED or any(step.private for step in way.steps):
            values = {"line": way.steps[-1].line, "answers": ", ".join(way.answers.values())}
            yield Problem(
                "guide.level_2_after_all",
                N_("A way for whoever has no level 2 needs it after all (%(answers)s)"),
                values,
            )


def _figure_problems(guide: Guide) -> Iterator[Problem]:
    """A figure is one whole sentence; of a topic one and only one is told on each day from now on."""
    for figure in guide.figures:
        values = {"line": figure.line, "key": figure.key}
        if figure.valid_from and figure.valid_to and figure.valid_to < figure.valid_from:
            yield Problem("guide.never_valid", N_("“%(key)s” ends before it begins"), values)
        holes = figure.text.count(HOLE)
        if (figure.amount is None) != (figure.unit is None) or holes != (figure.amount is not None):
            yield Problem("guide.hole", N_("“%(key)s” needs one {} for its amount, or neither"), values)
        if figure.source is None or (figure.amount is not None and figure.confidence is None):
            yield Problem("guide.unsourced", N_("“%(key)s” does not say where it comes from"), values)
    for topic in {figure.topic: figure for figure in guide.figures}.values():
        values = {"line": topic.line, "key": topic.topic}
        some = [figure for figure in guide.figures if figure.topic == topic.topic]
        days = [guide.written_on, *(f.valid_from for f in some if f.valid_from)]
        days += [f.valid_to + timedelta(days=1) for f in some if f.valid_to]
        if any(len(told_on(some, day)) != 1 for day in days if day >= guide.written_on):
            yield Problem("guide.not_one", N_("“%(key)s” does not tell just one thing on every day"), values)


def _sending_problems(guide: Guide, ways: list[Path]) -> Iterator[Problem]:
    """What is done online is sent: a way that ends done has the press that does it, after all that is filled in."""
    for way in ways:
        online = any(Flag.SIGNAL in step.flags for step in way.steps)
        if way.ending != Ending.DONE or guide.channel is Channel.PHONE or not online:
            continue
        values = {"line": way.steps[-1].line, "answers": ", ".join(way.answers.values())}
        if not any(step.submits for step in way.steps):
            yield Problem("guide.not_sent", N_("A finished way sends nothing (%(answers)s)"), values)
        keys = [step.key for step in way.steps]
        sent = next((n for n, step in enumerate(way.steps) if step.submits), len(keys))
        if "keep-code" in keys and keys.index("keep-code") < sent:
            yield Problem("guide.code_early", N_("The code comes only after sending (%(answers)s)"), values)


def _teach_back_problems(guide: Guide, ways: list[Path]) -> Iterator[Problem]:
    """A guide that is walked ends with the citizen doing it again, on every way that is finished."""
    if guide.kind == Kind.ASK_OFFICER:
        return
    if guide.teach_back is None:
        yield Problem("guide.no_teach_back", N_("The guide has no teach-back"), {"line": guide.line})
        return
    again = set(guide.teach_back.steps)
    for key in sorted(again - {step.key for step in guide.steps}):
        values = {"line": guide.teach_back.line, "key": key}
        yield Problem("guide.no_step", N_("There is no step “%(key)s” to do again"), values)
    for way in ways:
        if way.ending == Ending.DONE and not again & {step.key for step in way.steps}:
            values = {"line": guide.teach_back.line, "answers": ", ".join(way.answers.values())}
            yield Problem(
                "guide.nothing_again", N_("A finished way has nothing to do again (%(answers)s)"), values
            )


def _text_problems(guide: Guide) -> Iterator[Problem]:
    """Texts are spoken: composed letters, and no fee or time in them (those are data)."""
    for line, text in spoken_texts(guide):
        if unicodedata.normalize("NFC", text) != text:
            yield Problem("guide.not_nfc", N_("The letters are not composed (NFC)"), {"line": line})
        if found := FIGURE.search(text):
            values = {"line": line, "figure": found[0]}
            yield Problem("guide.figure_in_text", N_("“%(figure)s” belongs into figures"), values)


def _number_problems(guide: Guide) -> Iterator[Problem]:
    """An age or a year is law: wherever it is said, a sentence or figure of the guide says where it comes from."""
    known: set[int] = set()
    for claim in _claims(guide):
        if claim.source or claim.acts:
            said = " ".join(text for text in _words_of(claim))
            known |= {int(number) for number in re.findall(r"\d+", said)}
    known |= {number - 1 for number in known if number < 120}  # "75 and older" is "up to 74" of the others
    for line, text in spoken_texts(guide):
        for groups in AGE_OR_YEAR.findall(text):
            number = int(next(one for one in groups if one))
            if number not in known:
                yield Problem(
                    "guide.bare_number",
                    N_("No source or act of this guide says “%(number)s”"),
                    {"line": line, "number": number},
                )


def _free_problems(guide: Guide) -> Iterator[Problem]:
    """That something costs nothing is a fact: a sentence that says so has a source, by which it is marked or not.

    A title, a summary or an answer can carry no mark, so it does not say so at all.
    """
    sourced = {text for claim in _claims(guide) if claim.source or claim.acts for text in _words_of(claim)}
    for line, text in spoken_texts(guide):
        if (found := FREE.search(text)) and text not in sourced:
            values = {"line": line, "figure": found[0]}
            yield Problem(
                "guide.free_in_text", N_("“%(figure)s” needs a source, or belongs into figures"), values
            )


def _claims(guide: Guide) -> Iterator[Claim]:
    yield from (*guide.figures, *guide.prepare, *guide.warnings, *guide.steps, *_remedies(guide))


def _words_of(claim: Claim) -> Iterator[str]:
    for name in ("text", "action", "explanation"):
        yield getattr(claim, name, "")


def spoken_texts(guide: Guide) -> Iterator[tuple[int, str]]:
    """Every text of the guide with the line of the thing it belongs to, in the order they are met."""
    yield from ((guide.line, text) for text in (guide.title, guide.summary))
    yield from ((figure.line, figure.text) for figure in guide.figures)
    for situation in guide.situations:
        yield situation.line, situation.question
        yield from ((option.line, option.label) for option in situation.options)
    yield from ((item.line, item.text) for item in (*guide.prepare, *guide.warnings))
    for step in guide.steps:
        yield from ((step.line, text) for text in (step.action, step.explanation))
    yield from ((remedy.line, remedy.text) for remedy in _remedies(guide))
    if guide.teach_back:
        yield guide.teach_back.line, guide.teach_back.ask


def _remedies(guide: Guide) -> Iterator[Remedy]:
    yield from guide.remedies
    for step in guide.steps:
        yield from step.remedies
