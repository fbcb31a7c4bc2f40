"""What a phone must know as the server does: numbers, tables and the limits of every field, told once.

`domain/` says them; the build writes them down as modules (`service_worker/shared.js`, and `limits.js` beside it), as
it does with the list of kept files. So no number stands a second time in JavaScript. Rules that remain code on both
sides stand in `service_worker/rules.js` and are compared by chance (`tests/test_shared_rules.py`).
"""

import json
from datetime import timedelta
from enum import Enum
from typing import Any

import msgspec
from msgspec import inspect

from volunteer_app.domain import (
    calendar,
    dossiers,
    follow_ups,
    households,
    independence,
    invites,
    outreach,
    visits,
)
from volunteer_app.domain.figures import left_behind
from volunteer_app.domain.names import NO_NAMES
from volunteer_app.domain.operations import envelope, kinds
from volunteer_app.domain.operations.personal import personal_fields
from volunteer_app.domain.operations.ways_on import WAYS, WRITTEN


def facts() -> dict[str, tuple[str, Any]]:
    """Name → its type in JavaScript, and what it is."""
    return {
        "SCHEMA": ("number", kinds.SCHEMA),
        "MOST_PER_DELIVERY": ("number", envelope.MOST_PER_DELIVERY),
        "VIETNAM_MS": ("number", _ms(calendar.VIETNAM.utcoffset(None))),
        "RECHECK_DAYS": ("number", independence.RECHECK_AFTER.days),
        "WINDOWS": ("Record<string, [number, number]>", follow_ups.WINDOWS),
        "STUCK_WINDOWS": ("Record<string, [number, number]>", follow_ups.STUCK_WINDOWS),
        "RETURN_AFTER": ("Record<string, string>", follow_ups.RETURN_AFTER),
        "WAITS_FOR_ITS_DAY": ("string[]", follow_ups.WAITS_FOR_ITS_DAY),
        "FINISHED_AT_SIGNAL": ("string[]", follow_ups.FINISHED_AT_SIGNAL),
        "LONGEST_CODE": ("number", limits()["household"]["code"]["max"]),
        "MOST_COMPANIONS": ("number", limits()["visit"]["companions"]["max"]),
        "PREREQUISITES": ("string[]", households.PREREQUISITES),
        "CLOSING_OUTCOMES": ("string[]", visits.CLOSING_OUTCOMES),
        "MOST_TICKED": ("number", outreach.MOST_TICKED),
        "HIGHEST_OF_SESSIONS": ("number", outreach.HIGHEST),
        "LONGEST_WAIT_DAYS": ("number", dossiers.LONGEST_WAIT.days),
        "LONGEST_RETURN_DAYS": ("number", follow_ups.LONGEST_RETURN.days),
        "QUIET_DAYS": ("number", left_behind.QUIET_BY_DEFAULT),
        "PIN_DIGITS": ("number", invites.PIN_DIGITS),
        "WAYS_ON": ("Record<string, string>", WAYS),
        "WRITTEN": ("string[]", list(WRITTEN)),
        "NO_NAMES": ("string[]", sorted(NO_NAMES)),
    }


def shared_module() -> str:
    """The facts as a module of JavaScript."""
    levels = {level.name: level.value for level in independence.IndependenceLevel}
    lines = [HEAD, f"export const LEVEL = {_json(levels)}"]
    for name, (kind, value) in facts().items():
        lines += [f"/** @type {{{kind}}} */", f"export const {name} = {_json(value)}"]
    return "\n".join([*lines, ""])


def limits_module() -> str:
    """The limits, apart: only what records something needs them."""
    kind = "Record<string, Record<string, import('./types.js').Limit>>"
    lines = [HEAD, f"/** @type {{{kind}}} */", f"export const LIMITS = {_json(limits())}"]
    lines += [
        "/** @type {Record<string, Record<string, string|null>>} */",
        f"export const PERSONAL = {_json(personal())}",
    ]
    return "\n".join([*lines, ""])


HEAD = "// @ts-check\n// Written by volunteer_app/phone_facts.py. Do not change it here.\n"

MODULES = {"service_worker/shared.js": shared_module, "service_worker/limits.js": limits_module}
"""Modules that are written from Python, not read from the tree."""


def limits() -> dict[str, dict[str, Any]]:
    """Kind of operation → field → what the server takes there, read off the bodies themselves."""
    return {kind: _fields(body) for kind, (body, *_) in kinds.KINDS.items()}


def personal() -> dict[str, dict[str, Any]]:
    """Kind of operation → its fields that are kept only with the family's consent, each with what stands there else."""
    found = {kind: personal_fields(body) for kind, (body, *_) in kinds.KINDS.items()}
    return {
        kind: {field: None if blank is msgspec.UNSET else blank for field, blank in fields.items()}
        for kind, fields in found.items()
        if fields
    }


def _fields(body: Any) -> dict[str, Any]:
    read: Any = inspect.type_info(body)
    return {
        field.encode_name: _limit(field.type) | ({"must": True} if field.required else {})
        for field in read.fields
    }


def _limit(read: Any) -> dict[str, Any]:
    """One field: its type and its bounds. `null`: it may be empty."""
    if isinstance(read, inspect.UnionType):
        parts = [t for t in read.types if not isinstance(t, inspect.NoneType)]
        is_nullable = any(isinstance(t, inspect.NoneType) for t in read.types)
        (part,) = parts
        return _limit(part) | ({"null": True} if is_nullable else {})
    if isinstance(read, inspect.Metadata):
        return _limit(read.type)
    if isinstance(read, inspect.StrType):
        return _given(type="text", min=read.min_length, max=read.max_length, pattern=read.pattern)
    if isinstance(read, inspect.IntType):
        return _given(type="number", min=read.ge, max=read.le)
    if isinstance(read, inspect.EnumType):
        return {"type": "choice", "of": [one.value for one in read.cls]}
    if isinstance(read, inspect.ListType):
        return _given(type="list", max=read.max_length, each=_limit(read.item_type))
    if isinstance(read, inspect.DictType):
        return {"type": "map", "keys": _limit(read.key_type), "each": _limit(read.value_type)}
    if isinstance(read, inspect.StructType):
        return {"type": "fields", "fields": _fields(read.cls)}
    return {"type": _PLAIN[type(read)]}


_PLAIN = {inspect.BoolType: "yes_no", inspect.UUIDType: "id", inspect.DateType: "day"}


def _given(**bounds: Any) -> dict[str, Any]:
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _ms(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))


def _json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Enums as what they stand for, also as keys."""
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value
