"""What is kept of a family only with its consent: names, what the members have, and every free text about them (P9).

A refusal keeps the house code, days and what was taught; nothing about persons. One rule says so for everything that a
phone sends, read off the bodies themselves: a field that is added later is under it unless it says why not. Phones have
the same list (`phone_facts.py`), tables theirs (`storage/personal.py`).
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect

from volunteer_app.domain.households import Consent
from volunteer_app.domain.operations.claims import Thing, named, things_of
from volunteer_app.domain.operations.households import (
    HouseholdBody,
    HouseholdChangeBody,
    HouseholdFields,
    MemberBody,
    MemberChangeBody,
    MemberFields,
    consent_after,
)
from volunteer_app.domain.operations.known import Known
from volunteer_app.domain.problems import N_, Problem

TAKEN_WITHOUT_WORDS = Problem(
    "consent.left_out",
    N_(
        "The family has not agreed that anything about them is written down. The entry counts; names and notes in it"
        " were not kept."
    ),
)
"""Said of an operation that was taken for the part that may be kept."""

SOMETHING = "–"
"""Stands where a reason must be given, was given, and is not kept."""

MADE_BY_THE_APP = frozenset({"code"})
"""Texts in bodies that nobody types."""

REASONS = frozenset({"reason", "why"})
"""Texts without which an entry is not taken."""

OF_A_MEMBER = (MemberBody, MemberChangeBody, MemberFields)
"""Bodies of which everything but ids is about one person."""


@cache
def personal_fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a body that are kept only with consent, each with what stands there without."""
    names_one = Thing.HOUSEHOLD in things_of(kind)
    is_about_a_family = names_one or kind in (HouseholdBody, HouseholdFields, MemberFields)
    if not is_about_a_family:
        return {}
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        is_text = _is_free_text(field.type) and field.name not in MADE_BY_THE_APP
        is_of_a_member = (
            kind in OF_A_MEMBER
            and field.name != "base"
            and not isinstance(inspect.type_info(field.type), inspect.UUIDType)
        )
        if not (is_text or is_of_a_member):
            continue
        if field.default is msgspec.UNSET:
            found[field.name] = msgspec.UNSET
        else:
            found[field.name] = SOMETHING if field.name in REASONS else "" if is_text else None
    return found


def without_personal(body: Any) -> tuple[Any, bool]:
    """A body without what is kept only with consent, and whether anything was left out."""
    instead = {
        name: blank
        for name, blank in personal_fields(type(body)).items()
        if says_something(getattr(body, name))
    }
    return (msgspec.structs.replace(body, **instead), True) if instead else (body, False)


def said_without(kind: type[msgspec.Struct], said: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a body as it came, also of one that cannot be read: what fits into no field goes, too."""
    blanks, kept = personal_fields(kind), {}
    for field in msgspec.structs.fields(kind):
        value = said.get(field.name, msgspec.UNSET)
        if field.name in blanks and says_something(value):
            value = blanks[field.name]
        elif field.name == "base":
            value = said_without(
                HouseholdFields if kind is HouseholdChangeBody else MemberFields, value or {}
            )
        elif isinstance(value, str | list | Mapping) and not _fits(field.type, value):
            continue
        if value is not msgspec.UNSET:
            kept[field.name] = value
    return kept


def said_in_words_of_ours(said: Any) -> Any:
    """What may stay of a body of a kind that this app does not know: ids, days, numbers, words of a program; nothing
    that somebody may have typed."""
    if isinstance(said, Mapping):
        return {
            name: "" if name in TYPED else said_in_words_of_ours(value)
            for name, value in said.items()
            if OUR_WORD.fullmatch(str(name))
        }
    if isinstance(said, list):
        return [said_in_words_of_ours(value) for value in said]
    return said if not isinstance(said, str) or OUR_WORD.fullmatch(said) else ""


OUR_WORD = re.compile(r"[a-z0-9_-]{1,40}|[0-9T:.Z+-]{1,35}")
TYPED = REASONS | {"label", "name", "note", "text"}


def says_something(said: Any) -> bool:
    """Does a field hold anything of a person?"""
    return bool(said.strip()) if isinstance(said, str) else said is not None and said is not msgspec.UNSET


def consent_that_stands(body: Any, known: Known) -> Consent | None:
    """The answer with which a body is to be taken; of several families (a session) the first that is no yes. None when
    it is about no family that is known."""
    if isinstance(body, HouseholdBody):
        return body.consent
    answers = [
        _answer_of(household_id, body, known)
        for thing, household_id in named(body)
        if thing is Thing.HOUSEHOLD and household_id in known.households
    ]
    return next((one for one in answers if one is not Consent.GIVEN), answers[0] if answers else None)


def _answer_of(household_id: UUID, body: Any, known: Known) -> Consent:
    household = known.households[household_id]
    if isinstance(body, HouseholdChangeBody):
        return consent_after(household, body)
    will_agree = household.consent is Consent.NOT_ASKED and household_id in known.will_agree
    return Consent.GIVEN if will_agree else household.consent


def as_may_be_kept(body: Any, known: Known) -> tuple[Any, bool]:
    """A body with what the family's answer allows, and whether anything was left out."""
    consent = consent_that_stands(body, known)
    return (body, False) if consent in (None, Consent.GIVEN) else without_personal(body)


def _is_free_text(kind: Any) -> bool:
    """A text without a pattern: whatever somebody likes to write."""
    read = inspect.type_info(kind)
    parts = read.types if isinstance(read, inspect.UnionType) else (read,)
    return any(isinstance(part, inspect.StrType) and part.pattern is None for part in parts)


def _fits(kind: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
