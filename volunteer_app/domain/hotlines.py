"""Telephone numbers a citizen may call (đường dây nóng), as published; a number to be checked says so."""

from dataclasses import dataclass

from volunteer_app.domain.problems import N_


@dataclass(frozen=True)
class Hotline:
    """One published number.

    slug: stable name used by guides. number: as people read it, groups parted by spaces.
    name: English source sentence. source: key in `guides/sources.toml`; None: nothing published was found.
    check: the number is to be checked with an officer before it is relied on.
    province_code: official code when only that province answers there.
    """

    slug: str
    number: str
    name: str
    source: str | None
    check: bool = False
    province_code: str | None = None


HOTLINES: dict[str, Hotline] = {
    hotline.slug: hotline
    for hotline in (
        Hotline("vneid", "1900 0368", N_("VNeID support; locks an account after a phone is lost"), "V7"),
        Hotline("portal", "1800 1096", N_("National Public Service Portal"), "P7", check=True),
        Hotline(
            "tuyen-quang-1022", "0219 1022", N_("Tuyên Quang public services 1022"), "S2", province_code="08"
        ),
        Hotline("social-insurance", "1900 9068", N_("Social insurance"), "C14"),
        Hotline("northern-power", "1900 6769", N_("Northern power company"), None, check=True),
        Hotline("police", "113", N_("Police, emergency"), "N1"),
        Hotline("fire", "114", N_("Fire and rescue"), "N1"),
        Hotline("ambulance", "115", N_("Ambulance"), "N1"),
    )
}
