"""Public services: each taught by a guide that exists, the core ones in order, no invented code."""

import tomllib
from pathlib import Path

from volunteer_app.domain.guides import files as guide_files
from volunteer_app.domain.guides.files import load_guides
from volunteer_app.domain.public_services import (
    CODES_FILE,
    PUBLIC_SERVICES,
    core_services,
    framework_codes,
)

GUIDES = {guide.slug: guide for guide in load_guides(Path(guide_files.__file__).parents[2] / "guides")}


def test_the_guide_of_a_service_exists_and_teaches_it():
    for service in PUBLIC_SERVICES.values():
        if service.guide is not None:
            assert GUIDES[service.guide].service == service.slug
            assert GUIDES[service.guide].level_needed == service.level_needed


def test_every_guide_belongs_to_a_service():
    assert {guide.service for guide in GUIDES.values()} <= set(PUBLIC_SERVICES)


def test_activating_level_2_comes_first_and_filing_needs_it():
    assert core_services()[0].slug == "activate-level-2"
    assert PUBLIC_SERVICES["file-on-portal"].level_needed == 2
    assert all(service.guide in GUIDES for service in core_services())


def test_a_framework_code_is_entered_for_services_that_exist_and_none_is_guessed():
    codes = tomllib.loads(CODES_FILE.read_text("utf-8"))["codes"]

    assert set(codes) <= set(PUBLIC_SERVICES)
    assert framework_codes() == codes == {}, (
        "no code is known yet; this changes when one is read in the decision"
    )
