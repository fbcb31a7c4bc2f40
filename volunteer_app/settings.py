"""Settings, read once from the environment; no other file reads it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from volunteer_app.log_lines import FORMATS

MODES = ("demo", "production")


class SettingsError(Exception):
    """Bad settings; the message lists every one in plain words."""


@dataclass(frozen=True)
class Settings:
    """What an installation may decide. Each field is the environment variable of the same name in capitals."""

    mode: str = "production"
    """`production`, or `demo`: invented people, one tap to sign in, never on a public address."""

    database_url: str = "sqlite:///data/tung-nha.db"
    """Where everything is kept: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`."""

    origin: str = "http://localhost:8000"
    """The one public address, scheme and host, no path, HTTPS in production; unless given, it follows LISTEN_PORT."""

    listen_host: str = "127.0.0.1"
    """Address the server listens on."""

    listen_port: int = 8000
    """Port the server listens on."""

    trusted_proxies: str = "127.0.0.1,::1"
    """Addresses or networks of the proxies in front, with commas: what they say of who called is believed. `none`."""

    keys_folder: str = "data/keys"
    """Where the private keys lie that open what phones have sealed; made at the first start; apart from the database,
    in every backup."""

    metrics: str = ""
    """`HOST:PORT` on which figures for Prometheus are told, for nobody else to reach; empty: nowhere."""

    least_free_percent: int = 5
    """Below this share of free disk a server with SQLite asks phones to wait, before writes fail; reading goes on."""

    log_format: str = "lines"
    """`lines` for people, or `json`: one object a line for programs that gather logs."""

    worker: str = "on"
    """`on`, or `off`: phones give up what they keep of the app and ask the server for every screen; entries stay."""

    asset_archive: str = "data/assets"
    """Where the files of this version stay for phones that still run it after the next update, for 60 days."""

    largest_import_mb: int = 50
    """Largest file that an import reads, in megabytes."""

    register_folder: str = "data/register"
    """Where erasures and withdrawals are written down, apart from the database: no restore brings them back."""

    media_folder: str = "data/media"
    """Where recorded voices are kept."""

    machine_voice: str = "on"
    """`on`, or `off`: a machine (`espeak-ng`, where it is installed) says in Vietnamese what nobody has recorded."""

    keep_notes_months: int = 12
    """After how many months `retention` empties the notes of visits."""

    keep_households_months: int = 24
    """After how many months without a visit `retention` erases a household; its counts stay."""

    keep_audit_years: int = 5
    """How long the log of who did what is kept."""

    @property
    def is_demo(self) -> bool:
        """May invented people sign in with one tap?"""
        return self.mode == "demo"

    @property
    def is_https(self) -> bool:
        """Do phones reach us over HTTPS? Decides the cookie's name and its Secure flag."""
        return self.origin.startswith("https://")


def settings_from(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings. Raises SettingsError naming each bad one and what it should be."""
    environ = os.environ if environ is None else environ
    values: dict[str, str | int] = {}
    problems: list[str] = []
    for field in fields(Settings):
        text = environ.get(field.name.upper(), "").strip()
        if not text:
            continue
        if field.type is int:
            if not text.isascii() or not text.isdigit() or int(text) < 1:
                problems.append(f"{field.name.upper()} must be a whole number above 0, not “{text}”.")
                continue
            values[field.name] = int(text)
        else:
            values[field.name] = text
    if "listen_port" in values:
        values.setdefault("origin", f"http://localhost:{values['listen_port']}")
    settings = Settings(**values)  # type: ignore[arg-type]
    problems += problems_with(settings)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def problems_with(settings: Settings) -> list[str]:
    """Plain sentences about settings that cannot work; empty when all can."""
    problems = []
    if settings.mode not in MODES:
        problems.append(f"MODE must be one of {', '.join(MODES)}, not “{settings.mode}”.")
    parts = urlsplit(settings.origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        problems.append(
            f"ORIGIN must be like https://tungnha.example, without a path, not “{settings.origin}”."
        )
    elif settings.mode == "production" and parts.scheme != "https" and parts.hostname != "localhost":
        problems.append("ORIGIN must begin with https:// (phones keep nothing offline without it).")
    if settings.log_format not in FORMATS:
        problems.append(f"LOG_FORMAT must be one of {', '.join(FORMATS)}, not “{settings.log_format}”.")
    try:
        trusted_in(settings.trusted_proxies)
    except ValueError:
        problems.append(
            "TRUSTED_PROXIES must be addresses or networks with commas between them, like 10.0.0.5,10.1.0.0/24, or "
            f"none; never everybody; not “{settings.trusted_proxies}”."
        )
    for name in ("worker", "machine_voice"):
        if getattr(settings, name) not in ("on", "off"):
            problems.append(f"{name.upper()} must be on or off, not “{getattr(settings, name)}”.")
    if settings.metrics and not re.fullmatch(r"(?:[^\s:]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}", settings.metrics):
        problems.append(f"METRICS must be like 127.0.0.1:9100, not “{settings.metrics}”.")
    if not 0 < settings.listen_port < 65536:
        problems.append(f"LISTEN_PORT must be between 1 and 65535, not “{settings.listen_port}”.")
    try:
        backend = make_url(settings.database_url).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        problems.append("DATABASE_URL must begin with sqlite:/// or postgresql://.")
    return problems


def trusted_in(text: str) -> tuple[str, ...]:
    """The addresses and networks of a setting. Raises ValueError for what is none, or is everybody."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if [part.lower() for part in found] == ["none"]:
        return ()
    for part in found:
        if ip_network(part).prefixlen == 0:
            raise ValueError(part)
    return found


def environment_with(**more: str) -> dict[str, str]:
    """What a program that we start finds in its environment: ours, and what no list of processes may show."""
    return {**os.environ, **more}


def repository_root() -> Path:
    """Where this checkout stands; `static/` and `service_worker/` lie beside the package."""
    return Path(__file__).resolve().parent.parent
