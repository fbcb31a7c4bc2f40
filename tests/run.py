"""`python3 tests/run.py`: install what the tests need (once), then run every check. The last line says how it went.

Only the standard library is used here. Further words go to pytest: `python3 tests/run.py tests/domain -k ladder`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from volunteer_app.__main__ import install_debian, python_with  # noqa: E402

SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")
"""Tests are shared among processes, each with servers, databases and a browser of its own: neighbours in a file stay
together at first, and who has nothing left takes from who has most."""

NOT_CHECKED = 3

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)


def browser(python: Path) -> str:
    """The path of a Chromium: the machine's own, else Debian's package, else the one that Playwright fetches."""
    if found := _installed_browser():
        return found
    print("Installing Chromium …", flush=True)
    if install_debian("chromium") and (found := _installed_browser()):
        return found
    subprocess.run([python, "-m", "playwright", "install", "chromium"], check=True)
    code = "from playwright.sync_api import sync_playwright as p\nwith p() as q: print(q.chromium.executable_path)"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def _installed_browser() -> str | None:
    names = [shutil.which(name) for name in BROWSERS] + [path for path in MAC_BROWSERS if Path(path).exists()]
    # Ubuntu's chromium-browser may be a stub that only asks to install a snap.
    return next((path for path in names if path and _answers(path)), None)


def _answers(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def other_engines() -> None:
    """Firefox and WebKit, as Debian packs them, and a screen that nobody looks at; the field road runs in each."""
    wanted = {"firefox-esr": "firefox-esr", "WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}
    missing = [package for program, package in wanted.items() if not shutil.which(program)]
    if missing:
        print("Installing", *missing, "…", flush=True)
        install_debian("--no-install-recommends", *missing)


def postgresql() -> None:
    """PostgreSQL's programs for the tests' own cluster: Debian's package, or Homebrew's on a Mac."""
    if list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb"):
        return
    print("Installing PostgreSQL …", flush=True)
    if not install_debian("postgresql") and shutil.which("brew"):
        subprocess.run(["brew", "install", "-q", "postgresql@17"], check=True)


def proxies() -> None:
    """nginx, Caddy and pgbouncer: the files of docs/deploy are run in them. GnuPG: copies go elsewhere encrypted."""
    wanted = {"nginx": "nginx", "caddy": "caddy", "pgbouncer": "pgbouncer", "gpg": "gnupg"}
    missing = [
        package
        for one, package in wanted.items()
        if not shutil.which(one, path=f"{os.environ['PATH']}:/usr/sbin")
    ]
    if missing:
        print("Installing", *missing, "…", flush=True)
        if not install_debian("--no-install-recommends", *missing) and shutil.which("brew"):
            subprocess.run(["brew", "install", "-q", *missing], check=True)


def zbar() -> None:
    """The second of two independent readers of QR codes (the other, zxing, is a Python package)."""
    if shutil.which("zbarimg"):
        return
    print("Installing zbar …", flush=True)
    if not install_debian("zbar-tools") and shutil.which("brew"):
        subprocess.run(["brew", "install", "-q", "zbar"], check=True)


def in_memory(least_free: int = 4 << 30) -> dict[str, str]:
    """Where tests put their files: in memory where a Linux machine has room, since thousands of small databases that
    each wait for a disk take a third longer. `least_free` in bytes."""
    folder = Path("/dev/shm")
    has_room = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= least_free
    return {"TMPDIR": str(folder)} if has_room and "TMPDIR" not in os.environ else {}


def gettext() -> None:
    """`msgfmt --check`: a second judge of every catalog and of every PO file that the app writes."""
    if shutil.which("msgfmt"):
        return
    print("Installing gettext …", flush=True)
    if not install_debian("gettext") and shutil.which("brew"):
        subprocess.run(["brew", "install", "-q", "gettext"], check=True)


def poppler() -> None:
    """The reader of printed pages (`pdftotext`)."""
    if shutil.which("pdftotext"):
        return
    print("Installing poppler …", flush=True)
    if not install_debian("poppler-utils") and shutil.which("brew"):
        subprocess.run(["brew", "install", "-q", "poppler"], check=True)


def libreoffice() -> None:
    """The reader of spreadsheets and CSV (`soffice`), without a window: about 20 seconds and 270 MB once."""
    if shutil.which("soffice"):
        return
    print("Installing LibreOffice …", flush=True)
    if not install_debian("--no-install-recommends", "libreoffice-calc-nogui") and shutil.which("brew"):
        subprocess.run(["brew", "install", "-q", "--cask", "libreoffice"], check=True)


def main() -> int:
    """Everything that must hold before a change lands."""
    os.chdir(ROOT)
    python = python_with(ROOT / ".ci" / "locked-tests.txt")
    environ = os.environ | {"CHROMIUM": browser(python)} | in_memory()
    other_engines()
    postgresql()
    proxies()
    zbar()
    poppler()
    gettext()
    libreoffice()
    words = sys.argv[1:]
    pytest, browser_tests = ["-m", "pytest"], "tests/browser"
    checks = [[*pytest, *words]]
    if not words:
        checks = [
            ["-m", "ruff", "check", "."],
            ["-m", "ruff", "format", "--check", "."],
            ["-m", "tests.formatted"],
            ["-m", "pyright"],
            ["-m", "tests.javascript"],
            ["-m", "volunteer_app", "messages", "check"],
            ["-m", "volunteer_app", "guides", "check"],
            [*pytest, *SIDE_BY_SIDE, f"--ignore={browser_tests}"],
            [*pytest, *SIDE_BY_SIDE, browser_tests],  # apart: Playwright keeps an event loop running
        ]
    for check in checks:
        print("→", *check[1:], flush=True)
        code = subprocess.run([python, *check], env=environ).returncode
        if code == 1 and check[-1] == browser_tests and (shaky := few_failed()):
            print("↻ tried once more; if they pass now, they are shaky and want mending:", *shaky, sep="\n  ")
            code = subprocess.run([python, *pytest, "--last-failed", browser_tests], env=environ).returncode
        if code:
            print("✗", *check[1:], flush=True)
            return code
    return known_vulnerabilities() if not words else 0


def known_vulnerabilities() -> int:
    """Fails when one is known; where the service cannot be reached the last line says that nothing was checked."""
    from tests import advisories

    return 0 if (code := advisories.main()) == NOT_CHECKED else code


def few_failed(most: int = 3) -> list[str]:
    """The browser tests that failed, if they are few: a busy machine can make one miss a deadline."""
    noted = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    failed = [name for name in json.loads(noted.read_text()) if "browser" in name] if noted.exists() else []
    return failed if len(failed) <= most else []


if __name__ == "__main__":
    sys.exit(main())
