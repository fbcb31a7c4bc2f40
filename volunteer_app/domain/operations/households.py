"""Households and their members, and changes of what is written of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from volunteer_app.domain import households
from volunteer_app.domain.households import Consent, ConsentMethod, Household, Member
from volunteer_app.domain.operations.claims import HamletId, HouseholdId, MemberId
from volunteer_app.domain.operations.envelope import Body, Operation, Short
from volunteer_app.domain.operations.known import Edit, Known, OpenClash, made
from volunteer_app.domain.problems import first_of

Version = Annotated[int, msgspec.Meta(ge=0, le=10**6)]
People = Annotated[int, msgspec.Meta(ge=1, le=60)]
VNeIDLevel = Annotated[int, msgspec.Meta(ge=0, le=2)]


class HouseholdBody(Body):
    """A household was registered; its id is the operation's."""

    hamlet_id: HamletId
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    consent: Consent
    label: Short = ""
    people_count: People | None = None
    consent_version: Version | None = None
    consent_method: ConsentMethod | None = None


class MemberBody(Body):
    """Somebody of a household was added; the member's id is the operation's. Without consent they are one more person
    of the house: no label, nothing of what they have."""

    household_id: HouseholdId
    label: Annotated[str, msgspec.Meta(max_length=40)]
    own_phone: bool | None = None
    own_sim: bool | None = None
    chip_card: bool | None = None
    vneid_level: VNeIDLevel | None = None
    signal_at_home: bool | None = None


class HouseholdFields(Body, omit_defaults=True):
    """Fields of a household; only those named are meant."""

    label: Short | msgspec.UnsetType = msgspec.UNSET
    people_count: People | None | msgspec.UnsetType = msgspec.UNSET
    consent: Consent | msgspec.UnsetType = msgspec.UNSET
    consent_version: Version | None | msgspec.UnsetType = msgspec.UNSET
    consent_method: ConsentMethod | None | msgspec.UnsetType = msgspec.UNSET


class HouseholdChangeBody(HouseholdFields, kw_only=True):
    """Fields of a household were changed. `base`: what the phone knew of them before, as far as it knew."""

    household_id: HouseholdId
    base: HouseholdFields


class MemberFields(Body, omit_defaults=True):
    """Label and prerequisites of a member; only those named are meant."""

    label: Annotated[str, msgspec.Meta(max_length=40)] | msgspec.UnsetType = msgspec.UNSET
    own_phone: bool | None | msgspec.UnsetType = msgspec.UNSET
    own_sim: bool | None | msgspec.UnsetType = msgspec.UNSET
    chip_card: bool | None | msgspec.UnsetType = msgspec.UNSET
    vneid_level: VNeIDLevel | None | msgspec.UnsetType = msgspec.UNSET
    signal_at_home: bool | None | msgspec.UnsetType = msgspec.UNSET


class MemberChangeBody(MemberFields, kw_only=True):
    """Label or prerequisites of a member were changed. `base`: what the phone knew of them before."""

    household_id: HouseholdId
    member_id: MemberId
    base: MemberFields


@dataclass
class Change:
    """Some fields of a household or member, set to new values."""

    household_id: UUID
    member_id: UUID | None
    fields: dict[str, Any]
    outdated: dict[str, Any] = field(default_factory=dict)
    """What it said of fields that its own phone had said something newer of, which arrived before."""
    knew: dict[str, Any] = field(default_factory=dict)
    """What the phone knew of the fields before."""


@dataclass
class FollowedClash:
    """A clash of two people goes on with what the same phone says now; said: what both say, so there is none."""

    id: UUID
    household_id: UUID
    field: str
    said: Any


@dataclass
class Clash:
    """A field that somebody else had changed meanwhile: the value that stood and the value that was said."""

    household_id: UUID
    member_id: UUID | None
    field: str
    stood: Any
    said: Any


def take(op: Operation, body: HouseholdBody, known: Known, now: datetime) -> Any:
    """A household."""
    commune_code = known.hamlets[body.hamlet_id]
    household = made(
        Household,
        province_code=known.province_code,
        id=op.id,
        commune_code=commune_code,
        hamlet_id=body.hamlet_id,
        code=body.code,
        label=body.label.strip(),
        people_count=body.people_count,
        consent=body.consent,
        consent_version=body.consent_version,
        consent_method=body.consent_method,
        consent_at=None if body.consent is Consent.NOT_ASKED else op.recorded_at,
    )
    if problem := first_of(households.problems_with_household(household)):
        return problem
    known.households[op.id] = household
    return [household]


def take_member(op: Operation, body: MemberBody, known: Known, now: datetime) -> Any:
    """A member."""
    household = known.households[body.household_id]
    said: dict[str, Any] = msgspec.structs.asdict(body) | {"household_id": household.id}
    member = made(Member, province_code=known.province_code, id=op.id, **said)
    if problem := first_of(households.problems_with_member(member)):
        return problem
    known.members[op.id] = member
    return [member]


ABOUT_CONSENT = ("consent_version", "consent_method")
"""What goes with an answer about consent and is never in a clash of its own."""


def take_change(op: Operation, body: HouseholdChangeBody, known: Known, now: datetime) -> Any:
    """The change of a household, and what clashes with it."""
    household = known.households[body.household_id]
    said = _said(body, "household_id", "base")
    outdated = _outdated(op, household.id, said, known)
    if "consent" in outdated:
        outdated |= {name: said[name] for name in (*ABOUT_CONSENT, "label") if name in said}
    changed = {name: value for name, value in said.items() if name not in outdated}
    clashes = _clashes(household, None, changed, body.base)
    if _overlooks_a_refusal(household, changed, body.base):
        # Who did not know of a refusal cannot undo it, nor bring the name back.
        said = changed["consent"]
        changed = {k: v for k, v in changed.items() if k not in ("consent", *ABOUT_CONSENT, "label")}
        clashes = [clash for clash in clashes if clash.field not in ("label", "consent")]
        clashes.append(Clash(household.id, None, "consent", household.consent, said))
    if "consent" in changed:
        changed["consent_at"] = op.recorded_at
        if changed["consent"] is not Consent.GIVEN:
            changed["label"] = ""  # without consent the name goes at once
            clashes = [clash for clash in clashes if clash.field != "label"]
    after = household.model_copy(update=changed)
    if problem := first_of(households.problems_with_household(after)):
        return problem
    known.households[household.id] = after
    is_named = after.consent is Consent.GIVEN  # without consent no name is kept, not even one that was known
    kept = [
        fields if is_named else {name: value for name, value in fields.items() if name != "label"}
        for fields in (outdated, _said(body.base))
    ]
    change = Change(household.id, None, changed, *kept)
    return [change, *clashes, *_learnt(op, household.id, change, clashes, known)]


def consent_after(household: Household, body: HouseholdChangeBody) -> Consent:
    """The answer that stands when a change has been taken."""
    said = _said(body, "household_id", "base")
    if "consent" not in said or _overlooks_a_refusal(household, said, body.base):
        return household.consent
    return said["consent"]


def _overlooks_a_refusal(household: Household, changed: dict[str, Any], base: HouseholdFields) -> bool:
    """Does a change say "yes" for a family that had said "no", without having known of it?

    Also true for a phone of an old version, which does not say what it knew.
    """
    said_no = household.consent in (Consent.REFUSED, Consent.WITHDRAWN)
    says_yes = changed.get("consent", household.consent) in (Consent.GIVEN, Consent.NOT_ASKED)
    return said_no and says_yes and base.consent is not household.consent


def take_member_change(op: Operation, body: MemberChangeBody, known: Known, now: datetime) -> Any:
    """The change of a member, and what clashes with it."""
    household = known.households[body.household_id]
    member = known.members[body.member_id]
    said = _said(body, "household_id", "member_id", "base")
    outdated = _outdated(op, member.id, said, known)
    changed = {name: value for name, value in said.items() if name not in outdated}
    clashes = _clashes(member, household.id, changed, body.base)
    after = member.model_copy(update=changed)
    if problem := first_of(households.problems_with_member(after)):
        return problem
    known.members[member.id] = after
    is_named = household.consent is Consent.GIVEN
    kept = (outdated, _said(body.base)) if is_named else ({}, {})
    change = Change(household.id, member.id, changed, *kept)
    return [change, *clashes, *_learnt(op, member.id, change, clashes, known)]


def _of_this_phone(thing_id: UUID, known: Known) -> list[Edit]:
    """What the same phone said of it before and after, in its own order."""
    mine = [edit for edit in known.edits.get(thing_id, ()) if edit.device_id == known.device_id]
    return sorted(mine, key=lambda edit: edit.seq)


def _outdated(op: Operation, thing_id: UUID, said: dict[str, Any], known: Known) -> dict[str, Any]:
    """The fields of which the same phone has said something newer: that came before, and stands."""
    newer = [edit for edit in _of_this_phone(thing_id, known) if edit.seq > op.seq]
    return {name: value for name, value in said.items() if any(name in edit.said for edit in newer)}


def _learnt(
    op: Operation, thing_id: UUID, change: Change, clashes: list[Clash], known: Known
) -> list[FollowedClash]:
    """What becomes of this phone's clashes now that this edit is known: one that only the order of arrival had made is
    none, the others go on with the newest word."""
    said = change.outdated | change.fields
    edit = Edit(op.id, known.device_id, op.seq, change.knew, said)
    known.edits.setdefault(thing_id, []).append(edit)
    mine = _of_this_phone(thing_id, known)
    there = known.clashes.setdefault(thing_id, [])
    found = []
    for clash in there:
        made_by = next((one for one in mine if one.id == clash.id), None)
        if made_by is None or clash.field not in said:
            continue
        now = clash.stood if _explains(clash, made_by, mine) else _newest(clash, made_by, mine)
        if now == clash.said:
            continue
        clash.said = now
        found.append(FollowedClash(clash.id, change.household_id, clash.field, clash.said))
    known.clashes[thing_id] = [one for one in there if one.said != one.stood]
    known.clashes[thing_id] += [OpenClash(op.id, one.field, one.stood, one.said) for one in clashes]
    return found


def _newest(clash: OpenClash, made_by: Edit, mine: list[Edit]) -> Any:
    """What the phone that made the clash says now, by edits of its own that follow on it."""
    now = made_by.said[clash.field]
    for edit in mine:
        if edit.seq > made_by.seq and clash.field in edit.said and edit.knew.get(clash.field) == now:
            now = edit.said[clash.field]
    return now


def _explains(clash: OpenClash, made_by: Edit, mine: list[Edit]) -> bool:
    """Did the phone that made the clash know of the value that stood, by edits of its own that came later?"""
    knew = made_by.knew.get(clash.field)
    before = [edit for edit in mine if edit.seq < made_by.seq and clash.field in edit.said]
    for edit in reversed(before):
        if edit.said[clash.field] != knew:
            return False
        knew = edit.knew.get(clash.field)
        if clash.stood in (knew, edit.said[clash.field]):
            return True
    return False


def _clashes(
    thing: Household | Member, household_id: UUID | None, changed: dict[str, Any], base: Body
) -> list[Clash]:
    """The changed fields that stand otherwise than the phone knew. Fields that only one side changed merge."""
    knew = _said(base)
    return [
        Clash(household_id or thing.id, thing.id if household_id else None, name, getattr(thing, name), said)
        for name, said in changed.items()
        if name in knew and name not in ABOUT_CONSENT and getattr(thing, name) not in (knew[name], said)
    ]


def _said(body: Body, *keys: str) -> dict[str, Any]:
    """The fields that a change names, without those that say what it changes."""
    said = msgspec.structs.asdict(body)
    return {k: v for k, v in said.items() if k not in keys and v is not msgspec.UNSET}
