"""What guide files share: named fragments written once, and acts whose end is the end of what hangs on them.

Works on tables as they stand in the files, before they become guides, so that the rules see whole guides only.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from volunteer_app.domain.guides.guide import Act, GuideSource

SHARED = ("figures", "situations", "prepare", "warnings", "remedies", "steps")
"""Parts of a guide whose tables may say `use = "name"` (or several) instead of their contents."""

Table = dict[str, Any]


class NoSuchFragment(Exception):
    """A table uses a fragment that is not there. name, line."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(name)
        self.name, self.line = name, line


def expanded(guide: Table, fragments: Mapping[str, Mapping[str, Table]]) -> Table:
    """The guide with each `use` replaced by the fragments' contents; what the guide itself says wins."""
    return guide | {
        kind: _used(kind, guide[kind], fragments) for kind in SHARED if isinstance(guide.get(kind), list)
    }


def _used(kind: str, tables: list[Table], fragments: Mapping[str, Mapping[str, Table]]) -> list[Table]:
    found: list[Table] = []
    for table in tables:
        own = {key: value for key, value in table.items() if key != "use"}
        names = table.get("use", [])
        for name in [names] if isinstance(names, str) else names:
            if name not in fragments.get(kind, {}):
                raise NoSuchFragment(name, table.get("line", 1))
            shared = fragments[kind][name]
            both = {**_with_keys(kind, name), **shared, **own}
            both["remedies"] = [*own.get("remedies", []), *shared.get("remedies", [])]
            found.append(_whole(both, fragments))
        if not names:
            found.append(_whole(own, fragments))
    return found


def _with_keys(kind: str, name: str) -> Table:
    return {} if kind in ("warnings", "remedies") else {"key": name}


def _whole(table: Table, fragments: Mapping[str, Mapping[str, Table]]) -> Table:
    """A table whose own remedies are whole too; it gives its line to those that come from a fragment."""
    line = table.get("line", 1)
    remedies = [{"line": line} | remedy for remedy in table.get("remedies", [])]
    options = [{"line": line} | option for option in table.get("options", [])]
    rest = {key: value for key, value in table.items() if key not in ("remedies", "options")}
    if remedies:
        rest["remedies"] = _used("remedies", remedies, fragments)
    return rest | ({"options": options} if options else {})


def resolved(guide: Table, acts: Mapping[str, Act], sources: Mapping[str, GuideSource]) -> Table:
    """The guide whose figures and sentences know how long their acts hold, and carry the mark that they need."""
    done = {
        kind: [_resolved(kind, table, acts, sources) for table in guide[kind]]
        for kind in ("figures", "prepare", "warnings", "remedies", "steps")
        if isinstance(guide.get(kind), list)
    }
    return guide | done


def _resolved(kind: str, table: Table, acts: Mapping[str, Act], sources: Mapping[str, GuideSource]) -> Table:
    table = dict(table)
    hung_on = [acts[key] for key in table.get("acts", ()) if key in acts]
    if hung_on and "source" not in table and (source := hung_on[0].source):
        table["source"] = source
    if kind == "figures":
        table.setdefault("topic", table.get("key", ""))
        begins = [*_days(table, "valid_from"), *(act.valid_from for act in hung_on if act.valid_from)]
        ends = [*_days(table, "valid_to"), *(act.valid_to for act in hung_on if act.valid_to)]
        table |= ({"valid_from": max(begins)} if begins else {}) | ({"valid_to": min(ends)} if ends else {})
    elif ends := [act.valid_to for act in hung_on if act.valid_to]:
        table["doubtful_from"] = min(ends) + timedelta(days=1)
    if any(act.end_assumed for act in hung_on):
        table["end_assumed"] = True
    source = sources.get(table.get("source", ""))
    if table.get("confidence") == "L" or (source and source.lead):
        table["check"] = True
    if kind == "steps" and "remedies" in table:
        table["remedies"] = [_resolved("remedies", one, acts, sources) for one in table["remedies"]]
    return table


def _days(table: Table, key: str) -> list[Any]:
    return [table[key]] if key in table else []
