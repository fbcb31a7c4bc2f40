"""`python3 -m volunteer_app …` on a machine with nothing but Python and git: set up `.venv`, then hand over.

Only the standard library is used here. What gets installed, with hashes: `.ci/locked-app.txt`.
"""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


def python_with(locked: Path) -> Path:
    """The environment's Python, with exactly the locked packages; made or brought up to date when needed."""
    if sys.version_info < (3, 11):
        sys.exit("Từng Nhà needs Python 3.11 or newer.")
    python = VENV / "bin" / "python"
    mark = VENV / f".{locked.stem}"
    wanted = sha256(locked.read_bytes()).hexdigest()
    if not python.exists() or not _runs(python, "-m", "pip", "--version"):
        print("Making a virtual environment in .venv …", flush=True)
        _make_environment()
    if not mark.exists() or mark.read_text() != wanted:
        print("Installing the locked packages (about a minute, once) …", flush=True)
        install = ("-m", "pip", "install", "-q", "--disable-pip-version-check")
        subprocess.run(
            [python, *install, "--no-deps", "--require-hashes", "-r", locked], check=True, cwd=ROOT
        )
        own = ("--no-deps", "--no-build-isolation", "-e", ROOT)
        subprocess.run([python, *install, *own], check=True, cwd=ROOT)
        mark.write_text(wanted)
    return python


def _make_environment() -> None:
    """A virtual environment with pip; Debian and Ubuntu keep that part of Python in a package of its own."""
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not install_debian(package) and not install_debian("python3-venv"):
        sys.exit(f"Python lacks its venv part. Please install the package {package}, then run this again.")
    subprocess.run(command, check=True)


def install_debian(*packages: str) -> bool:
    """Install Debian or Ubuntu packages, as root or through sudo. False where that is not possible."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *packages]):
        try:
            subprocess.run([*prefix, *command], check=True, env=env, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


def give_a_voice() -> None:
    """Once: the engine of the machine's voice, where packages may be installed; without it guides are only read."""
    asked = VENV / ".voice"
    if shutil.which("espeak-ng") or asked.exists():
        return
    print("Installing the machine's voice, espeak-ng (once) …", flush=True)
    asked.write_text("installed" if install_debian("espeak-ng") else "not possible")


def _runs(*command: str | Path) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def main() -> None:
    """Hand over to the command line inside the environment."""
    try:
        from volunteer_app.cli import main as run
    except ModuleNotFoundError:
        python = python_with(ROOT / ".ci" / "locked-app.txt")
        if sys.argv[1:2] == ["demo"]:
            give_a_voice()
        os.chdir(ROOT)
        os.execv(python, [str(python), "-m", "volunteer_app", *sys.argv[1:]])  # noqa: S606
    run()


if __name__ == "__main__":
    main()
