"""The phone's code is read by a compiler and a linter, and both see what they are there for."""

import re

from tests import javascript
from tests.conftest import ROOT

PLANTED = """// @ts-check
import { get } from "../../service_worker/store.js"

/** @param {string} id */
export async function planted(id) {
  const due = await get("follow_ups", id)
  if (due?.setled_as == "met") return due.due_from
  return (await get("households", id)).label
}
"""


def modules():
    return [path for name in ("static/js", "service_worker") for path in (ROOT / name).glob("*.js")]


def test_all_types_hold_and_a_misspelt_field_of_a_row_is_seen(tmp_path):
    folder = javascript.assembled(tmp_path, {"static/js/planted.js": PLANTED})

    faults, said = javascript.check(folder)

    assert faults == 2, said
    assert "'setled_as' does not exist" in said and "possibly 'undefined'" in said


def test_the_linter_is_content_and_sees_what_is_planted(tmp_path):
    assert javascript.lint(javascript.assembled(tmp_path))[0] == 0

    unclean, said = javascript.lint(javascript.assembled(tmp_path, {"static/js/planted.js": PLANTED}))

    assert unclean and "eqeqeq" in said


def test_every_module_is_checked_and_none_is_excused():
    excused = re.compile(r"@ts-(ignore|nocheck|expect-error)|(oxlint|eslint)-disable")
    texts = {path.name: path.read_text("utf-8") for path in modules()}

    assert [name for name, text in texts.items() if not text.startswith("// @ts-check\n")] == []
    assert [name for name, text in texts.items() if excused.search(text)] == []
