"""Keys in files: for their owner only, and never quoted."""

import stat
from pathlib import Path

import pytest

from schemas.errors import Fatal
from streams.keys import KEY_BYTES, ensure_key, read_key

SECRET = "Q7zXcanaryW9k"


def test_a_made_key_is_random_and_for_its_owner_only(tmp_path: Path) -> None:
    paths = [ensure_key(tmp_path / "keys" / name) for name in ("vault", "signing")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o600]
    keys = [read_key(path, "keys") for path in paths]
    assert [len(key) for key in keys] == [KEY_BYTES, KEY_BYTES]
    assert keys[0] != keys[1]


def test_a_key_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    path.write_text("ab" * KEY_BYTES)
    assert read_key(ensure_key(path), "vault") == bytes.fromhex("ab" * KEY_BYTES)


@pytest.mark.parametrize("padding", ["", "\n", "  \r\n"])
def test_space_around_a_key_does_not_matter(padding: str, tmp_path: Path) -> None:
    path = tmp_path / "vault"
    path.write_text("AB" * KEY_BYTES + padding)
    assert read_key(path, "vault") == b"\xab" * KEY_BYTES


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (SECRET.encode(), "vault is not hexadecimal"),
        (b"\xff" * 64, "vault is not hexadecimal"),
        (b"ab" * 31 + b"a", "vault is not hexadecimal"),
        (b"", "vault needs 32 bytes"),
        (b"ab" * 31, "vault needs 32 bytes"),
        (b"ab" * 33, "vault needs 32 bytes"),
    ],
)
def test_what_is_no_key_is_refused_without_quoting_it(content: bytes, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "vault"
    path.write_bytes(content)
    with pytest.raises(Fatal) as refused:
        read_key(path, "vault")
    assert (refused.value.reason, refused.value.detail) == ("key_invalid", complaint)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("name", [None, "absent", "."])
def test_a_missing_key_is_named_by_its_setting(name: str | None, tmp_path: Path) -> None:
    with pytest.raises(Fatal) as refused:
        read_key(tmp_path / name if name else None, "SLUICEGATE_KEYS__VAULT")
    assert (refused.value.reason, refused.value.detail) == ("key_missing", "SLUICEGATE_KEYS__VAULT")
