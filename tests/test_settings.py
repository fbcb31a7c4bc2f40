"""Each bad setting is named in plain words."""

import pytest

from volunteer_app.settings import Settings, SettingsError, settings_from


def test_without_any_variable_the_defaults_work():
    assert settings_from({}) == Settings()


def test_settings_come_from_the_environment():
    settings = settings_from({"MODE": "demo", "ORIGIN": "https://tungnha.example", "LISTEN_PORT": "9000"})

    assert (settings.is_demo, settings.is_https, settings.listen_port) == (True, True, 9000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "party"),
        ("ORIGIN", "tungnha.example"),
        ("ORIGIN", "https://tungnha.example/path"),
        ("ORIGIN", "http://tungnha.example"),
        ("LISTEN_PORT", "many"),
        ("LISTEN_PORT", "70000"),
        ("LARGEST_IMPORT_MB", "-1"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("DATABASE_URL", "nonsense"),
        ("WORKER", "maybe"),
        ("MACHINE_VOICE", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "127.0.0.1, proxy.example"),
    ],
)
def test_a_bad_setting_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        settings_from({name: value})


def test_all_bad_settings_are_named_at_once():
    with pytest.raises(SettingsError) as error:
        settings_from({"MODE": "party", "LISTEN_PORT": "x"})

    assert "MODE" in str(error.value) and "LISTEN_PORT" in str(error.value)


def test_the_address_follows_the_port_unless_given():
    assert settings_from({"LISTEN_PORT": "8123"}).origin == "http://localhost:8123"
    assert settings_from({"LISTEN_PORT": "8123", "ORIGIN": "https://a.example"}).origin == "https://a.example"
