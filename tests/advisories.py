"""`python3 tests/advisories.py`: does any locked package have a known vulnerability? Asks OSV (osv.dev) once for all.

Exit code 0: none is known. 1: some are, each with its number. 3: **not checked**, the service did not answer; that is said,
never passed over. Only the standard library is used here. What `pip-audit -r .ci/locked-app.txt` finds is the same list.
"""

import json
import re
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = (ROOT / ".ci" / "locked-app.txt", ROOT / ".ci" / "locked-tests.txt")
SERVICE = "https://api.osv.dev/v1/querybatch"
PATIENCE_SECONDS = 15
ACCEPTED: dict[str, str] = {}
"""Numbers of vulnerabilities that do not touch us → why. Each is looked at again with every update of its package."""


class NotChecked(Exception):
    """The service did not answer as it should."""


def locked_in(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Every package that is installed, with its version."""
    found = {
        pair
        for path in paths
        for pair in re.findall(r"^([\w.-]+)==([\w.+!-]+)", path.read_text(), re.MULTILINE)
    }
    return sorted(found)


def known_of(packages: list[tuple[str, str]], service: str = SERVICE) -> dict[tuple[str, str], list[str]]:
    """Package and version → numbers of known vulnerabilities. Raises NotChecked."""
    asked = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in packages
    ]
    body = json.dumps({"queries": asked}).encode()
    request = urllib.request.Request(service, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            results = json.load(answer)["results"]
        if len(results) != len(packages):
            raise NotChecked("the answer is not about what was asked")
        numbers = [
            [one["id"] for one in result.get("vulns", []) if one["id"] not in ACCEPTED] for result in results
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotChecked(f"{type(error).__name__}: {error}") from error
    return {package: found for package, found in zip(packages, numbers, strict=True) if found}


def main(service: str = SERVICE) -> int:
    """Say what is known."""
    packages = locked_in(LOCKED)
    try:
        known = known_of(packages, service)
    except NotChecked as error:
        print(f"Known vulnerabilities: NOT CHECKED, {service} did not answer ({error}).")
        return 3
    for (name, version), numbers in known.items():
        print(f"{name} {version}: {', '.join(numbers)}")
    print(f"Known vulnerabilities: {len(known)} of {len(packages)} packages.")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
