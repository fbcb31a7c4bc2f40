"""What Python tells the phone stands once: modules ask for it and use it as it is."""

import re

from tests.conftest import ROOT
from volunteer_app import phone_facts


def test_numbers_that_the_server_tells_are_used_as_they_stand():
    """No module of the phone adds to one of them, and each is used by one that asks for it."""
    texts = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for folder in ("static/js", "service_worker")
        for path in (ROOT / folder).glob("*.js")
        if path.name != "shared.js"
    }
    names = "|".join(phone_facts.facts())
    changed = re.compile(rf"\b(?:{names})\b(?:\.\w+)?\s*[-+*/]\s*\d|\d\s*[-+*]\s*\b(?:{names})\b")

    found = {name: changed.findall(text) for name, text in texts.items() if changed.search(text)}
    assert found == {"static/js/records.js": ["LONGEST_CODE - 5"]}, "a code ends in a dash and four letters"
    assert not [
        fact
        for fact in phone_facts.facts()
        if not any(len(re.findall(rf"\b{fact}\b", text)) > 1 for text in texts.values())
    ]
