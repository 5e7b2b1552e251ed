"""`manufacturing reset`: back to how it was before the first run."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from manufacturing.cli import running, simulation
from manufacturing.cli.console import CannotDo, say
from manufacturing.cli.servers import embedded_postgres, embedded_valkey
from manufacturing.cli.supervisor import HomeInUse, Supervisor
from manufacturing.settings import READY_FILE, Settings


@dataclass(frozen=True)
class _Part:
    """Something to delete."""

    what: str
    path: Path
    delete: Callable[[], None]


def reset_home(yes: bool) -> None:
    """Deletes the data of the embedded servers, the simulated universes and their tokens, after asking.

    Raises CannotDo while a run uses the home. A database of the player's own is not touched.
    """
    settings = Settings.from_environment()
    home = settings.home
    parts = [part for part in _parts(home) if part.path.exists() or part.path.is_symlink()]
    if not parts:
        say(f"There is nothing to delete in {home}.")
        return
    try:
        # Claims the home, and ends what a killed run left running there.
        with Supervisor(home):
            _confirm(home, parts, yes)
            for part in parts:
                part.delete()
    except HomeInUse as error:
        raise CannotDo(f"The fleet is running: end it first. {error}") from error
    say("Deleted. `manufacturing up` begins anew.")
    if settings.database_url is not None:
        say("The database of DATABASE_URL was left as it is: what it holds of the old universe rests from now on.")


def _parts(home: Path) -> list[_Part]:
    return [
        _Part("the database", home / "postgres", lambda: embedded_postgres(home).destroy()),
        _Part("the broker", home / "valkey", lambda: embedded_valkey(home).destroy()),
        _Part(
            f"the simulated universes ({', '.join(_universes(home))})",
            simulation.universes_folder(home),
            lambda: simulation.delete_universes(home),
        ),
        _Part("the tokens of registered agents", home / "tokens", lambda: shutil.rmtree(home / "tokens")),
        _Part("the address of the simulator", home / READY_FILE, lambda: (home / READY_FILE).unlink()),
        _Part("traces of a killed run", home / "run.json", lambda: running.forget(home)),
    ]


def _universes(home: Path) -> list[str]:
    folder = simulation.universes_folder(home)
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []


def _confirm(home: Path, parts: list[_Part], yes: bool) -> None:
    say(f"This deletes from {home}:")
    for part in parts:
        say(f"  {part.what}")
    if not yes and not typer.confirm("Delete all of this?"):
        raise CannotDo("Nothing was deleted.")
