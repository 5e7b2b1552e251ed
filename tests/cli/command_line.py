"""The command line within the process of a test."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from manufacturing.cli import main


@dataclass
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs a command with these arguments, and with more in the environment: ``run("status", COLUMNS="80")``."""

    def run(*arguments: str, **environment: str) -> Done:
        with monkeypatch.context() as here:
            for name, value in environment.items():
                here.setenv(name, value)
            here.setattr(sys, "argv", ["manufacturing", *arguments])
            with pytest.raises(SystemExit) as ended:
                main.main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run
