"""“This screen looks different”: told by a volunteer, seen step by step by those who write guides, marked as handled."""

import io
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from PIL import Image

from tests.pages.sync.test_routes import deliver
from tests.pages.voices.test_delivery import deliver as upload
from tests.people import LAN, MINH, PROVINCE, THE_FRONT, an_operation
from volunteer_app.domain.people import Role
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.storage.people import MembershipRow

GUIDE = next(guide for guide in all_guides() if guide.number == 3)
STEP = GUIDE.steps[1]
DESK = "/en/guides"


def a_report(**changes):
    body = {"guide": GUIDE.slug, "guide_version": GUIDE.version, "step": STEP.key, "note": "Nút màu xanh"}
    when = datetime.now(UTC) - timedelta(days=changes.pop("days", 1))
    return an_operation("screen_changed", body | changes, recorded_at=when)


@pytest.fixture
def sign_in_editor(signed_in, in_database):
    """Signs in an editor of the province."""

    async def promote(database):
        async with database.writing() as db:
            (await db.get(MembershipRow, (PROVINCE, THE_FRONT))).role = Role.EDITOR

    in_database(promote)
    return lambda: signed_in(THE_FRONT)


def part_of(page, step=STEP.key):
    """What the desk says about a step; None when nothing was reported."""
    return page.partition(f'data-reported="{step}"')[2].partition("</section>")[0] or None


def seen_until(part):
    return part.partition('name="seen_until" value="')[2].partition('"')[0]


def test_g8_a_reported_screen_stands_at_its_step_with_count_dates_and_notes(signed_in, sign_in_editor):
    lan = signed_in(LAN)
    answers = deliver(lan, a_report(days=9), a_report(days=1), a_report(note="", days=1)).json()["answers"]
    assert [a["outcome"] for a in answers] == ["accepted"] * 3

    part = part_of(sign_in_editor().get(DESK).text)

    assert "Step 2" in part
    assert "3 reports" in part
    assert part.count("<li>Nút màu xanh</li>") == 1
    days = [(datetime.now(UTC) + timedelta(hours=7) - timedelta(days=d)).strftime("%d/%m/%Y") for d in (9, 1)]
    assert " – ".join(days) in part


def test_g8_what_was_handled_goes_and_what_came_later_stays(signed_in, sign_in_editor):
    deliver(signed_in(LAN), a_report())
    read = part_of(sign_in_editor().get(DESK).text)
    deliver(signed_in(LAN), a_report(note="Lại khác nữa"))

    editor = sign_in_editor()
    editor.post_from_us(f"{DESK}/{GUIDE.slug}/{STEP.key}/handled", data={"seen_until": seen_until(read)})

    part = part_of(editor.get(DESK).text)
    assert "1 report" in part
    assert "Lại khác nữa" in part
    assert "Nút màu xanh" not in part
    editor.post_from_us(f"{DESK}/{GUIDE.slug}/{STEP.key}/handled", data={"seen_until": seen_until(part)})
    assert part_of(editor.get(DESK).text) is None


def test_a_step_that_has_gone_is_still_named(signed_in, sign_in_editor):
    deliver(signed_in(LAN), a_report(step="old-step"))

    assert "no longer in the guide (old-step)" in part_of(sign_in_editor().get(DESK).text, "old-step")


def test_an_id_number_in_a_report_is_parked_with_the_reason(signed_in, sign_in_editor):
    (answer,) = deliver(signed_in(LAN), a_report(note="số thẻ 001 234 567 890")).json()["answers"]

    assert (answer["outcome"], answer["reason"]["code"]) == ("parked", "text.id_number")
    assert part_of(sign_in_editor().get(DESK).text) is None


def test_the_same_report_twice_counts_once(signed_in, sign_in_editor):
    report = a_report()
    lan = signed_in(LAN)
    outcomes = [deliver(lan, report).json()["answers"][0]["outcome"] for _ in range(2)]

    assert outcomes == ["accepted", "duplicate"]
    assert "1 report" in part_of(sign_in_editor().get(DESK).text)


def test_a_volunteer_cannot_mark_anything_as_handled(signed_in, sign_in_editor):
    lan = signed_in(LAN)
    deliver(lan, a_report())
    form = {"seen_until": datetime.now(UTC).isoformat()}

    answer = lan.post_from_us(f"{DESK}/{GUIDE.slug}/{STEP.key}/handled", data=form)

    assert answer.status_code == 404
    assert part_of(sign_in_editor().get(DESK).text)


def a_photo(size: tuple[int, int] = (1600, 900)) -> bytes:
    """What a phone's camera makes: larger than needed, and it says where it was taken."""
    out = io.BytesIO()
    about = Image.Exif()
    about[0x010E] = "NAME-OF-A-PHONE"
    Image.new("RGB", size, (38, 48, 92)).save(out, "JPEG", exif=about)
    return out.getvalue()


def tell(visitor, report, photo):
    said = {"report": str(report.id), "sha256": sha256(photo).hexdigest()}
    return visitor.post_from_us("/api/v1/screen-photos", json=said).json()["outcome"]


def test_g8_the_photo_of_a_changed_screen_is_seen_at_its_step_until_it_is_handled(signed_in, sign_in_editor):
    lan, report, photo = signed_in(LAN), a_report(), a_photo()
    assert tell(lan, report, photo) == "needs_report"
    deliver(lan, report)
    assert tell(lan, report, photo) == "needs_upload"
    upload(lan, photo)
    assert [tell(lan, report, photo) for _ in range(2)] == ["accepted", "duplicate"]

    editor = sign_in_editor()
    part = part_of(editor.get(DESK).text)
    address = f"/en/guides/photos/{report.id}"
    assert f'<img src="{address}"' in part
    seen = editor.get(address)
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["cache-control"] == "no-store"
    assert Image.open(io.BytesIO(seen.content)).size == (1280, 720)
    assert b"NAME-OF-A-PHONE" in photo and b"NAME-OF-A-PHONE" not in seen.content

    editor.post_from_us(f"{DESK}/{GUIDE.slug}/{STEP.key}/handled", data={"seen_until": seen_until(part)})
    assert editor.get(address).status_code == 404, "gone with the report"


def test_r17_a_photo_that_comes_after_its_report_was_handled_brings_it_back(signed_in, sign_in_editor):
    lan, report, photo = signed_in(LAN), a_report(), a_photo()
    deliver(lan, report)
    editor = sign_in_editor()
    until = seen_until(part_of(editor.get(DESK).text))
    editor.post_from_us(f"{DESK}/{GUIDE.slug}/{STEP.key}/handled", data={"seen_until": until})

    lan = signed_in(LAN)
    upload(lan, photo)
    assert tell(lan, report, photo) == "accepted"

    assert f'<img src="/en/guides/photos/{report.id}"' in part_of(sign_in_editor().get(DESK).text)


@pytest.mark.parametrize(
    "photo",
    [
        b"<html>",
        b"\xff\xd8\xff" + b"x" * 500,
        a_photo()[:400],
        a_photo((8000, 8000)),
        b"\xff\xd8\xff<script>",
    ],
)
def test_what_is_no_photo_is_refused_and_not_kept(signed_in, sign_in_editor, photo):
    lan, report = signed_in(LAN), a_report()
    deliver(lan, report)
    upload(lan, photo)

    assert tell(lan, report, photo) == "refused"

    assert sign_in_editor().get(f"/en/guides/photos/{report.id}").status_code == 404


def test_nobody_adds_a_photo_to_somebody_elses_report(signed_in):
    report, photo = a_report(), a_photo()
    deliver(signed_in(LAN), report)
    minh = signed_in(MINH)
    upload(minh, photo)

    assert tell(minh, report, photo) == "needs_report"
