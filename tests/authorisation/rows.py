"""Who may do what: one row for every route. A new route needs a new row here, nothing else.

"GET /team": may("leader admin"),
    these roles get an answer; every other role is told *not found*; nobody signed in is asked to sign in
"POST /badges/{code}/revocation": may("leader admin", thing="badge"),
    the same for a thing (`things.py`): one's own, a sibling's of the same commune, another commune's, another
    province's, a deleted one, a random one. A leader reaches their commune, an administrator the province, nobody
    more. sibling="": roles for which a sibling's thing is not found; reaches="own": only one's own thing is found;
    reaches="province": voices belong to a province, whoever of it recorded them
form={"status": "planned"}: what a good form sends; "{id}" is filled with the thing's values. json=… likewise
PUBLIC, SEAT, PHONES: answered to everybody; only to a seat that waits; by what a phone holds, not by who asks
"""

from dataclasses import dataclass
from typing import Any

EVERYBODY = "volunteer leader reviewer officer editor admin"
"""reviewer: the Front in the commune; officer: the Front in the province."""


@dataclass(frozen=True)
class Row:
    """Who may use a route, and on which things."""

    roles: str
    thing: str = ""
    form: dict[str, Any] | None = None
    json: Any = None
    sibling: str = EVERYBODY
    reaches: str = "places"
    query: str = ""


def may(roles: str, **more: Any) -> Row:
    """A row: these roles may."""
    return Row(roles, **more)


PUBLIC = Row("public")
SEAT = Row("seat")
PHONES = Row("phones")

LEADS = "leader admin"
PLACE = "province={province_code}&commune={commune_code}"
VOICES = "leader editor admin"
MEMBERSHIP = {"membership_id": "{membership_id}"}
DELIVERY = {"device_id": "00000000-0000-7000-8000-000000000009", "app_build": "x", "ops": []}

ROWS: dict[str, Row] = {
    "GET /": PUBLIC,
    "GET /sign-in": PUBLIC,
    "GET /tinh-trang": PUBLIC,
    "POST /sign-in/demo": PUBLIC,
    "POST /sign-in/pin": PUBLIC,
    "POST /api/v1/sign-in/options": PUBLIC,
    "POST /api/v1/sign-in": PUBLIC,
    "POST /sign-out": PUBLIC,
    "POST /api/v1/sign-out": PUBLIC,
    "GET /tham-gia": PUBLIC,
    "POST /join": PUBLIC,
    "GET /join/key": SEAT,
    "POST /join/pin": SEAT,
    "GET /join/waiting": SEAT,
    "POST /join/entry": SEAT,
    "POST /api/v1/passkeys/options": may(EVERYBODY),
    "POST /api/v1/passkeys": may(EVERYBODY, json={}),
    "GET /account": may(EVERYBODY),
    "POST /account/phones": may(EVERYBODY, form={"fresh": "x"}),
    "POST /account/phones/{invite_id}": may(
        EVERYBODY, thing="phone_invite", form={"answer": "same"}, reaches="own"
    ),
    "POST /account/keys/{key_id}/removal": may(EVERYBODY, thing="key", reaches="own"),
    "POST /account/sessions/{session_id}/end": may(EVERYBODY, thing="session", reaches="own"),
    "POST /account/membership": may(EVERYBODY, thing="my_membership", form=MEMBERSHIP, reaches="own"),
    "GET /field/{screen}": PUBLIC,
    "GET /app.webmanifest": PUBLIC,
    "GET /guides/packs/{name}": PUBLIC,
    "GET /sw.js": PUBLIC,
    "POST /api/v1/ops": may("volunteer leader", json=DELIVERY),
    "GET /api/v1/field-pack": may("volunteer leader"),
    "POST /api/v1/deposit": PHONES,
    "GET /hand-in": may("leader admin"),
    "POST /hand-in": may("leader admin"),
    "GET /api/v1/uploads/{sha256}": PHONES,
    "PATCH /api/v1/uploads/{sha256}": PHONES,
    "POST /api/v1/recordings": PHONES,
    "GET /api/v1/languages": may("volunteer leader editor admin"),
    "GET /media/voices/{name}": PUBLIC,
    "GET /media/machine/guides/{slug}": PUBLIC,
    "GET /media/machine/{name}": PUBLIC,
    "GET /voices": may(VOICES),
    "GET /voices/{tag}": may(VOICES),
    "GET /voices/{tag}/gaps": may(VOICES),
    "GET /voices/{tag}/texts/{key}": may(VOICES),
    "GET /voices/{tag}/words.po": may(VOICES),
    "POST /voices/{tag}/words.po": may(VOICES),
    "POST /voices/{tag}/recordings/{recording_id}": may(
        VOICES, thing="recording", form={"decision": "approve", "native": "yes"}, reaches="province"
    ),
    "POST /voices/{tag}/words/{key}/{part}": may(VOICES, form={"text": "x"}),
    "POST /voices/{tag}/words/{key}/{part}/review": may(
        VOICES, thing="translation", form={"native": "yes"}, reaches="province"
    ),
    "GET /reports": may("leader reviewer officer admin"),
    "GET /reports/{province_code}": may("officer admin", thing="province", reaches="own"),
    "GET /reports/{province_code}/{commune_code}": may("leader reviewer officer admin", thing="commune"),
    "GET /reports/{province_code}/{commune_code}/records": may("leader", thing="commune"),
    "GET /api/v1/figures/places/{kind}": may("leader reviewer officer admin", thing="commune", query=PLACE),
    "GET /api/v1/figures/report/{kind}": may("leader reviewer officer admin", thing="commune", query=PLACE),
    "GET /api/v1/figures/visits.csv": may("leader", thing="commune", query=PLACE),
    "GET /api/v1/figures/events": may("", thing="commune", query=PLACE),
    "GET /figures-api": may("leader reviewer officer admin"),
    "POST /figures-api/programs": may(LEADS, form={"name": "Sở", "days": "30"}),
    "POST /figures-api/programs/{program_id}/end": may(LEADS, thing="program", form={}),
    "GET /api/v1/figures/openapi.json": PUBLIC,
    "GET /api/v1/figures": PUBLIC,
    "GET /api/v1/figures/{path}": PUBLIC,
    "GET /left-behind": may("leader reviewer officer admin"),
    "GET /left-behind/{province_code}": may("officer admin", thing="province", reaches="own"),
    "GET /left-behind/{province_code}/{commune_code}": may("leader reviewer officer admin", thing="commune"),
    "GET /left-behind/{province_code}/{commune_code}/households": may("leader", thing="commune"),
    "GET /lasting": may("leader reviewer officer admin"),
    "GET /lasting/{province_code}": may("officer admin", thing="province", reaches="own"),
    "GET /lasting/{province_code}/{commune_code}": may("leader reviewer officer admin", thing="commune"),
    "GET /lasting/{province_code}/{commune_code}/households": may("leader", thing="commune"),
    "GET /blockers": may("leader reviewer officer admin"),
    "GET /blockers/{province_code}": may("officer admin", thing="province", reaches="own"),
    "GET /blockers/{province_code}/{commune_code}": may("leader reviewer officer admin", thing="commune"),
    "GET /coverage": may("leader reviewer officer admin"),
    "GET /coverage/{province_code}": may("officer admin", thing="province", reaches="own"),
    "GET /coverage/{province_code}/{commune_code}": may("leader reviewer officer admin", thing="commune"),
    "GET /team": may(LEADS),
    "GET /desk": may("leader"),
    "GET /follow-ups": may("leader"),
    "GET /follow-ups/calendar.ics": may("volunteer leader"),
    "POST /follow-ups/{follow_up_id}": may("leader", thing="follow_up", form={"settled_as": "done"}),
    "GET /households": may("leader"),
    "GET /households/{household_id}": may("leader", thing="household"),
    "POST /households/{household_id}/notes": may("leader", thing="household", form={"text": "Gõ cửa to"}),
    "POST /households/{household_id}/levels": may(
        "leader",
        thing="household",
        form={"member": "{member_id}", "service": "spot-scams", "level": "2", "reason": "x"},
    ),
    "GET /review": may("leader"),
    "POST /review/clashes/{clash_id}/{field}": may("leader", thing="clash", form={"keep": "stood"}),
    "POST /review/entries/{operation_id}": may(
        "leader", thing="entry", form={"what": "discard", "why": "twice"}
    ),
    "GET /duplicates": may("leader"),
    "POST /duplicates": may(
        "leader", thing="pair", form={"kept": "{kept_id}", "lost": "{lost_id}", "what": "merge"}
    ),
    "POST /duplicates/{merger_id}/undo": may("leader", thing="merger", form={"x": "y"}),
    "GET /outreach": may("leader"),
    "GET /assignments": may("leader"),
    "POST /assignments": may("leader", form={"hamlet": "x"}),
    "POST /assignments/{assignment_id}/end": may("leader", thing="assignment", form={"person": ""}),
    "POST /assignments/languages": may("leader", thing="volunteer", form={"person": "{person_id}"}),
    "GET /assignments/plan": may("leader"),
    "POST /assignments/plan": may("leader", form={"x": "y"}),
    "GET /team/invites/new": may(LEADS),
    "POST /team/invites": may(LEADS, form={"role": "volunteer", "commune_code": "00919"}),
    "POST /team/seats/{invite_id}": may(LEADS, thing="seat", form={"answer": "same"}),
    "GET /team/members/{membership_id}": may(LEADS, thing="membership"),
    "GET /team/members/{membership_id}/phone": may("leader", thing="membership"),
    "POST /team/members/{membership_id}": may(LEADS, thing="membership", form={"last_day": "2027-01-01"}),
    "POST /team/members/{membership_id}/sessions/{session_id}/end": may(LEADS, thing="member_session"),
    "POST /team/members/{membership_id}/recovery": may(LEADS, thing="membership", form={"fresh": "x"}),
    "POST /team/endings/{ending_id}": may(
        "leader reviewer officer admin", thing="ending", form={"answer": "agree"}
    ),
    "GET /recoveries": may("leader reviewer officer admin"),
    "GET /audit": may(LEADS),
    "GET /server": may("officer admin"),
    "GET /privacy-requests": may(LEADS),
    "POST /privacy-requests": may("leader", form={"kind": "see"}),
    "POST /privacy-requests/{request_id}": may(LEADS, thing="privacy_request", form={"step": "acknowledge"}),
    "GET /privacy-requests/{request_id}/paper": may(LEADS, thing="privacy_request"),
    "POST /privacy-requests/{request_id}/export": may(LEADS, thing="privacy_request"),
    "POST /privacy-requests/{request_id}/erasure": may(
        LEADS, thing="privacy_request", form={"house_code": "{house_code}"}
    ),
    "GET /breaches": may(LEADS),
    "POST /breaches": may(LEADS, form={"what": "Danh sách gửi nhầm"}),
    "POST /breaches/{breach_id}/report": may(LEADS, thing="breach"),
    "GET /guides": may("editor admin"),
    "POST /api/v1/screen-photos": PHONES,
    "GET /guides/photos/{report_id}": may("editor admin", thing="screen_photo", reaches="province"),
    "POST /guides/{slug}/{step}/handled": may("editor admin", form={"seen_until": "2026-01-01T00:00:00Z"}),
    "GET /tu-phuc-vu": PUBLIC,
    "GET /huong-dan": PUBLIC,
    "GET /tu-phuc-vu/{slug}": PUBLIC,
    "GET /huong-dan/{slug}": PUBLIC,
    "GET /duong-day-nong": PUBLIC,
    "GET /the/{code}": PUBLIC,
    "GET /quyen-rieng-tu": PUBLIC,
    "GET /guides-worker.js": PUBLIC,
    "GET /huong-dan.webmanifest": PUBLIC,
    "GET /yeu-cau-tham": PUBLIC,
    "POST /yeu-cau-tham": PUBLIC,
    "GET /yeu-cau-tham/da-nhan": PUBLIC,
    "GET /requests": may(LEADS),
    "POST /requests/{request_id}/person": may(LEADS, thing="visit_request"),
    "POST /requests/{request_id}/status": may(LEADS, thing="visit_request", form={"status": "declined"}),
    "GET /huy-hieu/{code}": PUBLIC,
    "GET /badges": may(LEADS),
    "POST /badges": may(LEADS, thing="membership", form=MEMBERSHIP),
    "POST /badges/{code}/revocation": may(LEADS, thing="badge"),
    "GET /posters": may("leader editor admin"),
    "POST /posters": may("leader editor admin", form={"place": "Nhà văn hoá"}),
    "GET /posters/{code}": may("leader editor admin", thing="poster"),
    "GET /facilities": may(LEADS),
    "POST /facilities": may(
        LEADS, thing="facility", form={"id": "{facility_id}", "xa": "00919", "name": "Nhà A"}
    ),
    "POST /facilities/{facility_id}/removal": may(LEADS, thing="facility"),
    "GET /g/{number}": PUBLIC,
    "GET /G/{number}": PUBLIC,
    "GET /g/{number}/{step}": PUBLIC,
    "GET /G/{number}/{step}": PUBLIC,
    "GET /g/{number}/{step}/{language}": PUBLIC,
    "GET /G/{number}/{step}/{language}": PUBLIC,
    "GET /q/{code}": PUBLIC,
    "GET /Q/{code}": PUBLIC,
    "GET /b/{code}": PUBLIC,
    "GET /B/{code}": PUBLIC,
    "GET /k/{code}": PUBLIC,
    "GET /K/{code}": PUBLIC,
    "GET /assets/{path}": PUBLIC,
}
