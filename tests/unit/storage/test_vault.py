import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.settings import Settings
from bot.wiring import open_store, open_vault
from storage.vault import KEY_BYTES, Vault, load_vault

KEY = bytes(range(KEY_BYTES))
VAULT = Vault(KEY)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_a_sealed_value_opens_in_its_own_row_and_in_no_other(value: bytes, row: str) -> None:
    sealed = VAULT.seal(value, row)
    assert VAULT.open(sealed, row) == value
    assert VAULT.seal(value, row) != sealed
    with pytest.raises(WrongKeyError):
        VAULT.open(sealed, row + "1")
    with pytest.raises(WrongKeyError):
        Vault(bytes(KEY_BYTES)).open(sealed, row)


@given(st.integers(0, 40), st.integers(1, 255))
def test_a_changed_value_does_not_open(place: int, change: int) -> None:
    sealed = bytearray(VAULT.seal(b"twelve bytes", "row"))
    sealed[place] ^= change
    with pytest.raises(WrongKeyError):
        VAULT.open(bytes(sealed), "row")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01short", b"\x02" + bytes(40)])
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(WrongKeyError):
        VAULT.open(sealed, "row")


def test_keyed_hashes_depend_on_every_part_and_on_the_key() -> None:
    digests = {
        VAULT.digest("account", "telegram", "1"),
        VAULT.digest("account", "telegram1", ""),
        VAULT.digest("draft", "telegram", "1"),
        VAULT.digest("account", "discord", "1"),
        Vault(bytes(KEY_BYTES)).digest("account", "telegram", "1"),
    }
    assert len(digests) == 5
    assert {len(digest) for digest in digests} == {16}
    assert VAULT.digest("account", "telegram", "1") in digests


def test_keys_for_other_purposes_are_other_keys() -> None:
    assert len({VAULT.derive(purpose) for purpose in ("seal", "digest", "tokens")} | {KEY}) == 4


def test_a_key_file_is_made_for_its_owner_only_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "roundtable.key"
    made = load_vault("", file, may_make=True)
    assert load_vault("", file, may_make=False) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_two_first_starts_at_once_use_one_key(tmp_path: Path) -> None:
    file = tmp_path / "roundtable.key"
    assert load_vault("", file, may_make=True) == load_vault("", file, may_make=True)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "roundtable.key"
    load_vault("", file, may_make=True)
    file.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_vault("", file, may_make=True)


def test_a_missing_key_file_is_not_replaced_once_there_is_data(tmp_path: Path) -> None:
    file = tmp_path / "roundtable.key"
    with pytest.raises(SettingsError, match="missing"):
        load_vault("", file, may_make=False)
    assert not file.exists()


@pytest.mark.parametrize("content", [b"", b"abc", b"zz" * 32, b"00" * 31, b"00" * 33, b"\xff" * 64])
def test_a_key_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "roundtable.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SettingsError, match=r"roundtable\.key"):
        load_vault("", file, may_make=True)


def test_a_key_file_that_cannot_be_made_is_a_setting_to_put_right(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be made"):
        load_vault("", tmp_path / "file" / "keys" / "roundtable.key", may_make=True)


def test_the_key_of_the_environment_comes_first_and_no_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "roundtable.key"
    assert load_vault(f" {KEY.hex()}\n", file, may_make=True) == VAULT
    assert not file.exists()


@pytest.mark.parametrize("key", ["secret", "00" * 31, "0" * 63])
def test_a_key_of_the_environment_that_is_none_is_refused_without_repeating_it(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="DATA_KEY must hold 64") as caught:
        load_vault(key, tmp_path / "roundtable.key", may_make=True)
    assert key not in str(caught.value)


async def test_the_first_start_makes_the_key_and_later_ones_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA_KEY", "KEY_FILE", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "keys" / "roundtable.key"
    chosen = Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/data/new.db", key_file=file)
    with pytest.raises(SettingsError):
        open_vault(chosen)
    for _start in range(2):
        store = await open_store(chosen)
        await store.close()
        assert store.vault == open_vault(chosen)
    file.rename(tmp_path / "lost")
    with pytest.raises(SettingsError, match="missing"):
        await open_store(chosen)
    monkeypatch.setenv("DATA_KEY", KEY.hex())
    with pytest.raises(StorageError):
        await open_store(Settings(_env_file=None, database_url=chosen.database_url, key_file=file))
