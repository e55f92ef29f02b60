from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import DiscordPersonal, Settings, load_settings, near_misses

SECRET = "banana-4711"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting from the machine, and no file ``.env`` beside the test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_anything_set_no_platform_runs() -> None:
    settings = load_settings()
    assert settings.platforms == ()
    assert settings.discord_personal is DiscordPersonal.FULL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SWEEP_SECONDS", SECRET),
        ("SWEEP_SECONDS", "0"),
        ("SWEEP_SECONDS", "61"),
        ("SWEEP_SECONDS", "-1"),
        ("SWEEP_SECONDS", "nan"),
        ("DISCORD_PERSONAL", SECRET),
        ("LOG_LEVEL", SECRET),
        ("HOME_CHAT", SECRET),
        ("HOME_CHAT", f"{SECRET}a"),
        ("HOME_CHAT", "c0ffee0"),
        ("HOME_CHAT", "c0ffee00 c0ffee00"),
        ("HOME_CHAT", "-1001234567"),
    ],
    ids=lambda value: value or "empty",
)
def test_a_bad_value_is_named_by_its_setting_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_all_bad_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEP_SECONDS", "x")
    monkeypatch.setenv("DISCORD_PERSONAL", "x")
    with pytest.raises(SettingsError, match=r"DISCORD_PERSONAL .*'full', 'neutral' or 'off'.*SWEEP_SECONDS"):
        load_settings()


def test_what_the_home_chat_takes_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_CHAT", SECRET)
    with pytest.raises(SettingsError, match=r"HOME_CHAT \(it takes the eight characters of 0-9 and a-f that /faqadmin"):
        load_settings()


@pytest.mark.parametrize(
    ("value", "read"), [("", ""), ("  ", ""), ("c0ffee00", "c0ffee00"), (" C0FFEE00 ", "c0ffee00")]
)
def test_the_home_chat_is_read(monkeypatch: pytest.MonkeyPatch, value: str, read: str) -> None:
    monkeypatch.setenv("HOME_CHAT", value)
    assert load_settings().home_chat == read


def test_a_token_turns_its_platform_on_and_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", SECRET)
    monkeypatch.setenv("DISCORD_TOKEN", "  ")
    settings = load_settings()
    assert settings.platforms == ("telegram",)
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


def test_the_file_is_read_and_the_environment_beats_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SWEEP_SECONDS=2\nLOG_LEVEL=DEBUG\nSOMETHING_ELSE=1\n", encoding="utf-8")
    monkeypatch.setenv("SWEEP_SECONDS", "3")
    settings = load_settings()
    assert (settings.sweep_seconds, settings.log_level) == (3, "DEBUG")


@pytest.mark.parametrize("value", DiscordPersonal, ids=lambda value: value.value)
def test_each_way_for_discord_is_taken(monkeypatch: pytest.MonkeyPatch, value: DiscordPersonal) -> None:
    monkeypatch.setenv("DISCORD_PERSONAL", value.value)
    assert load_settings().discord_personal is value


def test_an_empty_value_means_the_default_and_case_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "SWEEP_SECONDS", "KEY_FILE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("LOG_LEVEL", "warning")
    monkeypatch.setenv("DISCORD_PERSONAL", "Neutral")
    settings = load_settings()
    assert settings.database_url == "sqlite:///data/roundtable.db"
    assert (settings.log_level, settings.discord_personal) == ("WARNING", DiscordPersonal.NEUTRAL)


@pytest.mark.parametrize("key_file", ["data/key", "data/keys/key"])
def test_the_key_file_must_lie_outside_the_data_folder(monkeypatch: pytest.MonkeyPatch, key_file: str) -> None:
    monkeypatch.setenv("KEY_FILE", key_file)
    with pytest.raises(SettingsError, match="outside the folder of the database"):
        load_settings()


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfeT\x00")
    for reading in (load_settings, near_misses):
        with pytest.raises(SettingsError, match=r"\.env cannot be read"):
            reading()


def test_a_mistyped_name_is_named_with_the_right_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKN=x\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("TELEGRAM_TOKN", SECRET)
    assert near_misses() == (
        "DISCORD_TOKN is no setting. Did you mean DISCORD_TOKEN?",
        "TELEGRAM_TOKN is no setting. Did you mean TELEGRAM_TOKEN?",
    )
