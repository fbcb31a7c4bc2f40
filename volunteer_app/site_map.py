"""The site, read from top to bottom: method, address (without its language) and who answers.

An address is given where it is answered (`@get("/team")`); `tests/test_site_map.py` holds that both say the same.
"""

from litestar.handlers import HTTPRouteHandler

from volunteer_app.pages import assets_routes
from volunteer_app.pages.account import routes as account
from volunteer_app.pages.assignments import routes as assignments
from volunteer_app.pages.audit import routes as audit
from volunteer_app.pages.badges import routes as badges
from volunteer_app.pages.blockers import routes as blockers
from volunteer_app.pages.coverage import routes as coverage
from volunteer_app.pages.desk import routes as desk
from volunteer_app.pages.duplicates import routes as duplicates
from volunteer_app.pages.facilities import routes as facilities
from volunteer_app.pages.field import routes as field
from volunteer_app.pages.figures import events, programs
from volunteer_app.pages.figures import routes as figures
from volunteer_app.pages.follow_ups import routes as follow_ups
from volunteer_app.pages.guides import photos
from volunteer_app.pages.guides import routes as guides
from volunteer_app.pages.hand_in import routes as hand_in
from volunteer_app.pages.home import routes as home
from volunteer_app.pages.households import listed as household_list
from volunteer_app.pages.households import routes as households
from volunteer_app.pages.join import routes as join
from volunteer_app.pages.lasting import routes as lasting
from volunteer_app.pages.left_behind import routes as left_behind
from volunteer_app.pages.links import routes as links
from volunteer_app.pages.outreach import routes as outreach
from volunteer_app.pages.posters import routes as posters
from volunteer_app.pages.privacy import routes as privacy
from volunteer_app.pages.public import routes as public
from volunteer_app.pages.reports import routes as reports
from volunteer_app.pages.requests import routes as requests
from volunteer_app.pages.review import routes as review
from volunteer_app.pages.server import routes as server
from volunteer_app.pages.sign_in import routes as sign_in
from volunteer_app.pages.sync import deposit
from volunteer_app.pages.sync import routes as sync
from volunteer_app.pages.team import people as team_people
from volunteer_app.pages.team import phone as team_phone
from volunteer_app.pages.team import routes as team
from volunteer_app.pages.voices import delivery as voice_delivery
from volunteer_app.pages.voices import machine, po_exchange
from volunteer_app.pages.voices import routes as voices

SiteLine = tuple[str, str, HTTPRouteHandler]

PUBLIC: list[SiteLine] = [
    ("GET", "/", home.home),
    ("GET", "/huong-dan /tu-phuc-vu", public.library),
    ("GET", "/huong-dan/{slug} /tu-phuc-vu/{slug}", public.guide),
    ("GET", "/duong-day-nong", public.hotlines),
    ("GET", "/the/{code}", public.learned_card),
    ("GET", "/quyen-rieng-tu", public.privacy),
    ("GET", "/tinh-trang", server.status_page),
    ("GET", "/guides-worker.js", public.guides_worker),
    ("GET", "/huong-dan.webmanifest", public.guides_manifest),
    ("GET", "/yeu-cau-tham", requests.request_form),
    ("POST", "/yeu-cau-tham", requests.ask_for_visit),
    ("GET", "/yeu-cau-tham/da-nhan", requests.request_received),
    ("GET", "/huy-hieu/{code}", badges.badge_page),
    ("GET", "/g/{number} /G/{number}", links.short_guide),
    ("GET", "/g/{number}/{step} /G/{number}/{step}", links.short_step),
    ("GET", "/g/{number}/{step}/{language} /G/{number}/{step}/{language}", links.short_step_in_language),
    ("GET", "/q/{code} /Q/{code}", links.poster_scanned),
    ("GET", "/b/{code} /B/{code}", links.badge_scanned),
    ("GET", "/k/{code} /K/{code}", links.card_scanned),
    ("GET", "/assets/{path}", assets_routes.asset),
]
"""For everybody: guides, who to call, asking for a visit; and what is scanned or typed from paper."""

KEYS: list[SiteLine] = [
    ("GET", "/sign-in", sign_in.sign_in_page),
    ("POST", "/sign-in/demo", sign_in.sign_in_as_demo_person),
    ("POST", "/sign-in/pin", sign_in.sign_in_with_pin),
    ("POST", "/api/v1/sign-in/options", sign_in.offer_sign_in),
    ("POST", "/api/v1/sign-in", sign_in.sign_in_with_passkey),
    ("POST", "/sign-out", sign_in.sign_out),
    ("POST", "/api/v1/sign-out", sign_in.sign_out_phone),
    ("GET", "/tham-gia", join.join_page),
    ("POST", "/join", join.use_invite),
    ("GET", "/join/key", join.key_page),
    ("POST", "/join/pin", join.keep_pin),
    ("POST", "/api/v1/passkeys/options", join.offer_passkey),
    ("POST", "/api/v1/passkeys", join.keep_passkey),
    ("GET", "/join/waiting", join.waiting_page),
    ("POST", "/join/entry", join.enter),
    ("GET", "/account", account.account_page),
    ("POST", "/account/phones", account.invite_phone),
    ("POST", "/account/phones/{invite_id}", account.settle_phone),
    ("POST", "/account/keys/{key_id}/removal", account.forget_key),
    ("POST", "/account/sessions/{session_id}/end", account.end_session),
    ("POST", "/account/membership", account.choose_membership),
]
"""Coming in: joining by an invitation, signing in, one's own phones and keys."""

PHONE: list[SiteLine] = [
    ("GET", "/app.webmanifest /field/{screen}", field.field_screen),
    ("GET", "/guides/packs/{name}", field.guide_pack),
    ("GET", "/sw.js", field.worker),
    ("POST", "/api/v1/ops", sync.take_operations),
    ("GET", "/api/v1/field-pack", sync.fetch_field_pack),
    ("POST", "/api/v1/deposit", deposit.take_deposit),
    ("GET", "/api/v1/uploads/{sha256}", voice_delivery.upload_offset),
    ("PATCH", "/api/v1/uploads/{sha256}", voice_delivery.take_chunk),
    ("POST", "/api/v1/recordings", voice_delivery.take_recording),
    ("GET", "/api/v1/languages", voice_delivery.fetch_languages),
    ("GET", "/media/voices/{name}", voice_delivery.voice_file),
    ("GET", "/media/machine/guides/{slug}", machine.machine_voices),
    ("GET", "/media/machine/{name}", machine.machine_sound),
    ("POST", "/api/v1/screen-photos", photos.take_screen_photo),
]
"""The phone: screens that work without a network, what it sends and fetches."""

TEAM: list[SiteLine] = [
    ("GET", "/hand-in", hand_in.hand_in_page),
    ("POST", "/hand-in", hand_in.hand_in),
    ("GET", "/team", team.team_page),
    ("GET", "/desk", desk.desk),
    ("GET", "/review", review.review_desk),
    ("POST", "/review/clashes/{clash_id}/{field}", review.settle_clash),
    ("POST", "/review/entries/{operation_id}", review.settle_entry),
    ("GET", "/assignments", assignments.assignments_desk),
    ("POST", "/assignments", assignments.give_hamlet),
    ("POST", "/assignments/{assignment_id}/end", assignments.end_lease),
    ("POST", "/assignments/languages", assignments.keep_languages),
    ("GET", "/assignments/plan", assignments.suggested_plan),
    ("POST", "/assignments/plan", assignments.accept_plan),
    ("GET", "/follow-ups", follow_ups.follow_ups_desk),
    ("GET", "/follow-ups/calendar.ics", follow_ups.my_calendar),
    ("POST", "/follow-ups/{follow_up_id}", follow_ups.settle_follow_up),
    ("GET", "/households", household_list.households_desk),
    ("GET", "/households/{household_id}", households.household_history),
    ("POST", "/households/{household_id}/notes", households.write_note),
    ("POST", "/households/{household_id}/levels", households.overrule_level),
    ("GET", "/duplicates", duplicates.duplicates_desk),
    ("POST", "/duplicates", duplicates.settle_pair),
    ("POST", "/duplicates/{merger_id}/undo", duplicates.undo_merger),
    ("GET", "/outreach", outreach.outreach_desk),
    ("GET", "/team/invites/new", team_people.invite_page),
    ("POST", "/team/invites", team_people.make_invite),
    ("POST", "/team/seats/{invite_id}", team_people.settle_seat),
    ("GET", "/team/members/{membership_id}", team_people.member_page),
    ("GET", "/team/members/{membership_id}/phone", team_phone.phone_page),
    ("POST", "/team/members/{membership_id}", team_people.change_member),
    ("POST", "/team/endings/{ending_id}", team_people.settle_ending),
    ("POST", "/team/members/{membership_id}/sessions/{session_id}/end", team_people.end_member_session),
    ("POST", "/team/members/{membership_id}/recovery", team_people.restore_member),
    ("GET", "/recoveries", team_people.recoveries_page),
    ("GET", "/requests", requests.requests_desk),
    ("POST", "/requests/{request_id}/person", requests.send_on_visit),
    ("POST", "/requests/{request_id}/status", requests.settle_request),
]
"""The leader's desk: people, places, households, and what waits for a decision."""

FIGURES: list[SiteLine] = [
    ("GET", "/coverage", coverage.map_page.start),
    ("GET", "/coverage/{province_code}", coverage.map_page.of_province),
    ("GET", "/coverage/{province_code}/{commune_code}", coverage.map_page.of_commune),
    ("GET", "/left-behind", left_behind.lists_page.start),
    ("GET", "/left-behind/{province_code}", left_behind.lists_page.of_province),
    ("GET", "/left-behind/{province_code}/{commune_code}", left_behind.lists_page.of_commune),
    ("GET", "/left-behind/{province_code}/{commune_code}/households", left_behind.households_behind),
    ("GET", "/lasting", lasting.cohort_page.start),
    ("GET", "/lasting/{province_code}", lasting.cohort_page.of_province),
    ("GET", "/lasting/{province_code}/{commune_code}", lasting.cohort_page.of_commune),
    ("GET", "/lasting/{province_code}/{commune_code}/households", lasting.households_to_find),
    ("GET", "/blockers", blockers.board_page.start),
    ("GET", "/blockers/{province_code}", blockers.board_page.of_province),
    ("GET", "/blockers/{province_code}/{commune_code}", blockers.board_page.of_commune),
    ("GET", "/reports", reports.report_page.start),
    ("GET", "/reports/{province_code}", reports.report_page.of_province),
    ("GET", "/reports/{province_code}/{commune_code}", reports.report_page.of_commune),
    ("GET", "/reports/{province_code}/{commune_code}/records", reports.records_behind),
    ("GET", "/api/v1/figures/places/{kind}", figures.figures_of_places),
    ("GET", "/api/v1/figures/report/{kind}", figures.figures_of_report),
    ("GET", "/api/v1/figures/visits.csv", figures.visits_as_csv),
    ("GET", "/api/v1/figures/events", events.figures_events),
    ("GET", "/figures-api", figures.description),
    ("POST", "/figures-api/programs", programs.let_program_in),
    ("POST", "/figures-api/programs/{program_id}/end", programs.stop_program),
]
"""Figures of a place, for people and for other programs."""

VOICES_AND_PAPER: list[SiteLine] = [
    ("GET", "/voices", voices.voices_desk),
    ("GET", "/voices/{tag}", voices.bench),
    ("GET", "/voices/{tag}/texts/{key}", voices.bench_text),
    ("GET", "/voices/{tag}/gaps", voices.gaps),
    ("POST", "/voices/{tag}/recordings/{recording_id}", voices.review_recording),
    ("POST", "/voices/{tag}/words/{key}/{part}", voices.keep_words),
    ("POST", "/voices/{tag}/words/{key}/{part}/review", voices.review_words),
    ("GET", "/voices/{tag}/words.po", po_exchange.export_words),
    ("POST", "/voices/{tag}/words.po", po_exchange.import_words),
    ("GET", "/guides", guides.guides_desk),
    ("POST", "/guides/{slug}/{step}/handled", guides.mark_screen_handled),
    ("GET", "/guides/photos/{report_id}", photos.screen_photo),
    ("GET", "/badges", badges.badges_desk),
    ("POST", "/badges", badges.give_badge),
    ("POST", "/badges/{code}/revocation", badges.revoke_badge),
    ("GET", "/posters", posters.posters_desk),
    ("POST", "/posters", posters.make_poster),
    ("GET", "/posters/{code}", posters.print_poster),
    ("GET", "/facilities", facilities.facilities_desk),
    ("POST", "/facilities", facilities.keep_facility),
    ("POST", "/facilities/{facility_id}/removal", facilities.remove_facility),
]
"""Guides and their voices; what is printed and put up."""

ANSWER: list[SiteLine] = [
    ("GET", "/privacy-requests", privacy.privacy_desk),
    ("POST", "/privacy-requests", privacy.keep_privacy_request),
    ("POST", "/privacy-requests/{request_id}", privacy.go_on_with_request),
    ("GET", "/privacy-requests/{request_id}/paper", privacy.privacy_paper),
    ("POST", "/privacy-requests/{request_id}/export", privacy.privacy_export),
    ("POST", "/privacy-requests/{request_id}/erasure", privacy.erase_household),
    ("GET", "/breaches", privacy.breaches_page),
    ("POST", "/breaches", privacy.keep_breach),
    ("POST", "/breaches/{breach_id}/report", privacy.report_breach),
    ("GET", "/audit", audit.audit_page),
    ("GET", "/server", server.server_page),
]
"""Answering for data: privacy requests, breaches, who did what, how the server is."""

GROUPS = (PUBLIC, KEYS, PHONE, TEAM, FIGURES, VOICES_AND_PAPER, ANSWER)
SITE_MAP = [handler for group in GROUPS for _, _, handler in group]
