"""Tokens are kept where only their owner can read them."""

import os
import stat
from pathlib import Path

import pytest

from manufacturing.adapters.spacetraders.tokens import TokenFiles


def test_a_token_is_kept_and_found_again(tmp_path: Path) -> None:
    files = TokenFiles(tmp_path / "home")
    assert files.read("TRADER") is None

    files.write("TRADER", "first")
    files.write("TRADER", "second")

    assert files.read("TRADER") == "second"
    assert files.read("trader") == "second"
    assert files.read("OTHER") is None


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    files = TokenFiles(tmp_path)
    previous = os.umask(0)
    try:
        files.write("TRADER", "secret")
    finally:
        os.umask(previous)

    assert stat.S_IMODE(files.path("TRADER").stat().st_mode) == 0o600
    assert stat.S_IMODE(files.path("TRADER").parent.stat().st_mode) == 0o700
    assert [file.name for file in files.path("TRADER").parent.iterdir()] == ["TRADER.token"]


@pytest.mark.parametrize("symbol", ["../TRADER", "A/B", "", ".", "A" * 65])
def test_a_symbol_cannot_lead_elsewhere(tmp_path: Path, symbol: str) -> None:
    with pytest.raises(ValueError, match="not an agent's symbol"):
        TokenFiles(tmp_path).write(symbol, "secret")
