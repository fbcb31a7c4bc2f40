"""A badge says whether somebody is a volunteer today, to anybody who scans it; revoking shows at once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.people import COMMUNE, HOA, LAN, MINH, OTHER_COMMUNE, PROVINCE, THE_FRONT, id_of
from volunteer_app.domain.badges import Badge, BadgeState, state_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.people import Membership, Role
from volunteer_app.domain.short_links import BADGE_LETTERS, new_code
from volunteer_app.storage.badges import BadgeRow
from volunteer_app.storage.people import MembershipRow

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
NAME_OF_LAN = f"Người mẫu {str(LAN)[:4]}"
DESK = "/en/badges"


@pytest.fixture
def codes(in_database):
    """The codes of every badge, good and revoked: `{code: revoked_at}`."""

    def read():
        async def work(database):
            async with database.reading() as db:
                return {row.code: row.revoked_at for row in await db.exec(select(BadgeRow))}

        return in_database(work)

    return read


@pytest.fixture
def badge_of_lan(signed_in, codes):
    """Minh gives Lan a badge, and signs out."""
    leader = signed_in(MINH)
    leader.post_from_us(DESK, data={"membership_id": str(LAN)})
    leader.cookies.clear()
    (code,) = codes()
    return code


@pytest.fixture
def change_membership(in_database):
    def change(**values):
        async def work(database):
            async with database.writing() as db:
                row = await db.get(MembershipRow, (PROVINCE, LAN))
                row.sqlmodel_update(values)

        in_database(work)

    return change


def test_c7_scanning_a_badge_shows_who_it_is_and_that_it_is_good_today(visitor, badge_of_lan):
    answer = visitor.get(f"/B/{badge_of_lan}", headers={"accept-language": "en"})

    assert answer.status_code == 200
    assert answer.url.path == f"/en/huy-hieu/{badge_of_lan}"
    assert 'data-state="valid"' in answer.text
    assert NAME_OF_LAN in answer.text and "Xã Minh Tân" in answer.text
    assert "One-time codes (OTP)" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_c7_a_revoked_badge_is_bad_at_the_next_look_and_names_nobody(visitor, signed_in, badge_of_lan):
    page = f"/en/huy-hieu/{badge_of_lan}"
    assert 'data-state="valid"' in visitor.get(page).text

    signed_in(MINH).post_from_us(f"{DESK}/{badge_of_lan}/revocation")
    visitor.cookies.clear()

    answer = visitor.get(page)
    assert 'data-state="invalid"' in answer.text
    assert "revoked on" in answer.text
    assert NAME_OF_LAN not in answer.text


def test_c7_a_badge_is_never_better_than_the_membership(visitor, badge_of_lan, change_membership):
    page = f"/en/huy-hieu/{badge_of_lan}"

    change_membership(last_day=TODAY - timedelta(days=1))
    assert "Its last day was" in visitor.get(page).text
    change_membership(last_day=None, first_day=TODAY + timedelta(days=1))
    assert "Its first day is" in visitor.get(page).text
    assert NAME_OF_LAN not in visitor.get(page).text
    change_membership(last_day=TODAY, first_day=TODAY)
    assert 'data-state="valid"' in visitor.get(page).text


@pytest.mark.parametrize("code", ["X" * BADGE_LETTERS, "short", "-", "<b>", "²" * BADGE_LETTERS])
def test_an_unknown_badge_says_so_loudly(visitor, code):
    answer = visitor.get(f"/en/huy-hieu/{code}")

    assert answer.status_code == 404
    assert "We do not know this badge" in answer.text


def test_a_new_badge_ends_the_old_one(visitor, signed_in, badge_of_lan, codes):
    signed_in(MINH).post_from_us(DESK, data={"membership_id": str(LAN)})

    after = codes()
    assert len(after) == 2
    assert after[badge_of_lan] is not None
    assert list(after.values()).count(None) == 1


def test_the_leader_prints_the_teams_badges(visitor, signed_in, badge_of_lan):
    html = signed_in(MINH).get(DESK).text

    assert f"localhost/b/{badge_of_lan}" in html
    assert len(re.findall('class="qr"', html)) == 1
    assert html.count("No badge yet") == 1


def test_a_badge_is_given_only_to_ones_own_team(signed_in, codes):
    leader = signed_in(MINH)

    for membership in (HOA, id_of("nobody")):
        answer = leader.post_from_us(DESK, data={"membership_id": str(membership)})
        assert answer.status_code == 404
    assert codes() == {}


def test_a_leader_of_another_commune_cannot_revoke(visitor, signed_in, badge_of_lan, codes, in_database):
    async def move(database):
        async with database.writing() as db:
            membership = await db.get(MembershipRow, (PROVINCE, MINH))
            membership.commune_code = OTHER_COMMUNE

    in_database(move)

    answer = signed_in(MINH).post_from_us(f"{DESK}/{badge_of_lan}/revocation")

    assert answer.status_code == 404
    assert codes()[badge_of_lan] is None


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_others_neither_see_nor_give_nor_revoke(visitor, signed_in, badge_of_lan, codes, person):
    other = signed_in(person)

    assert other.get(DESK).status_code == 404
    assert other.post_from_us(DESK, data={"membership_id": str(LAN)}).status_code == 404
    assert other.post_from_us(f"{DESK}/{badge_of_lan}/revocation").status_code == 404
    assert codes() == {badge_of_lan: None}


@pytest.mark.parametrize("code", ["X" * BADGE_LETTERS, "short"])
def test_revoking_what_is_not_there_is_not_found(signed_in, code):
    assert signed_in(MINH).post_from_us(f"{DESK}/{code}/revocation").status_code == 404


def test_signed_out_the_desk_asks_to_sign_in(visitor):
    assert visitor.get(DESK, follow_redirects=False).headers["location"] == f"/en/sign-in?back={DESK}"


def test_a_malformed_membership_is_refused(signed_in):
    assert signed_in(MINH).post_from_us(DESK, data={"membership_id": "x"}).status_code == 400


def test_revoked_counts_before_everything_else():
    badge = Badge(province_code=PROVINCE, code=new_code(16), membership_id=LAN, issued_at=NOW, revoked_at=NOW)
    membership = Membership(
        province_code=PROVINCE,
        id=LAN,
        person_id=LAN,
        role=Role.VOLUNTEER,
        commune_code=COMMUNE,
        first_day=TODAY + timedelta(days=3),
        last_day=TODAY - timedelta(days=3),
    )

    assert state_of(badge, membership, TODAY) is BadgeState.REVOKED


def carried(signed_in, person):
    """The badge that a person's phone carries."""
    visitor = signed_in(person)
    pack = visitor.get("/api/v1/field-pack").json()
    visitor.cookies.clear()
    return pack["me"]["badge"]


def test_c7_a_phone_carries_its_own_persons_badge_until_it_is_revoked(
    signed_in, badge_of_lan, change_membership
):
    assert carried(signed_in, LAN) == badge_of_lan
    assert carried(signed_in, MINH) is None

    leader = signed_in(MINH)
    leader.post_from_us(f"{DESK}/{badge_of_lan}/revocation")
    leader.cookies.clear()

    assert carried(signed_in, LAN) is None
