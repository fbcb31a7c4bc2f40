"""A phone that still runs an earlier version finds its files for 60 days."""

from datetime import UTC, datetime, timedelta

from volunteer_app import asset_archive
from volunteer_app.assets import Assets

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OLD = "/assets/js/today.0123456789ab.js"


class Version:
    """A version with one file."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def all(self):
        return [asset_archive.Asset(a, a.encode(), "text/javascript") for a in self.addresses]


def test_a4_files_of_the_last_versions_are_served_for_sixty_days(tmp_path):
    asset_archive.store(Version(OLD), tmp_path, NOW)  # type: ignore[arg-type]
    for days in (20, 59):
        asset_archive.store(Version(f"/assets/js/today.{days}.js"), tmp_path, NOW + timedelta(days=days))  # type: ignore[arg-type]

    found = asset_archive.find(tmp_path, OLD)

    assert found is not None and (found.body, found.media_type) == (OLD.encode(), "text/javascript")
    asset_archive.store(Version(), tmp_path, NOW + timedelta(days=61))  # type: ignore[arg-type]
    assert asset_archive.find(tmp_path, OLD) is None
    assert asset_archive.find(tmp_path, "/assets/js/today.59.js") is not None


def test_no_address_leads_out_of_the_archive(tmp_path):
    (tmp_path / "secret.js").write_text("secret")
    archive = tmp_path / "archive"
    asset_archive.store(Version(OLD), archive, NOW)  # type: ignore[arg-type]

    for address in ("/assets/../secret.js", "/assets/", "/assets/..", "/assets/%2e%2e/secret.js"):
        assert asset_archive.find(archive, address) is None


def test_every_file_of_this_version_is_stored(tmp_path):
    assets = Assets()
    asset_archive.store(assets, tmp_path, NOW)

    assert all(
        (kept := asset_archive.find(tmp_path, a.address)) and kept.body == a.body for a in assets.all()
    )
