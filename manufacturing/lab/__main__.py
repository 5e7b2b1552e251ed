"""The `manufacturing lab` command."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from manufacturing.cli.console import complain, out, say, to_json
from manufacturing.cli.report import rendered
from manufacturing.cli.troubles import explained
from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.experiment import Experiment, LabDatabase, Setup
from manufacturing.lab.game import read_faults
from manufacturing.settings import BadSetting, Settings, policy_from

app = typer.Typer(
    help="Hours of play in minutes: the same fleet on a virtual clock, in a universe of its own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def lab() -> None:
    """Hours of play in minutes: the same fleet on a virtual clock, in a universe of its own."""


@app.command()
def run(
    hours: Annotated[float, typer.Option(min=0.1, help="Game hours to play.")] = 24.0,
    seed: Annotated[int, typer.Option(help="Number the universe follows from.")] = 1,
    capture: Annotated[Path | None, typer.Option(help="Recorded system to start from.", dir_okay=False)] = None,
    scenario: Annotated[str, typer.Option(help="established or new-agent.")] = "established",
    haulers: Annotated[int, typer.Option(min=0, help="Light haulers of an established agent.")] = 8,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the policy, such as pool=0.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="What goes wrong, as a TOML or JSON file.", dir_okay=False)
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Where to write the report as JSON.")] = None,
) -> None:
    """Play one fleet for so many game hours and print the report. The same call gives the same report."""
    if scenario not in ("established", "new-agent"):
        raise typer.BadParameter("is established or new-agent", param_hint="--scenario")
    setup = Setup(
        policy=policy(set_ or []),
        seed=seed,
        capture=capture,
        scenario=scenario,
        haulers=haulers,
        faults=tuple(read_faults(faults)) if faults is not None else (),
    )
    began = time.monotonic()
    with LabDatabase(Settings.from_environment().home) as databases, Experiment(setup, databases) as experiment:
        experiment.run(hours)
        result = experiment.report()
    out().print(rendered(result))
    say(f"{hours:g} game hours in {time.monotonic() - began:.0f} s")
    if report is not None:
        report.write_text(to_json(result) + "\n", encoding="utf-8")


def policy(assignments: list[str]) -> FleetPolicy:
    """The policy with the given settings in place of its defaults. BadSetting names the one that cannot be used."""
    known = {f"MANUFACTURING_{name.upper()}" for name in FleetPolicy.__dataclass_fields__}
    environment: dict[str, str] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        variable = f"MANUFACTURING_{key.strip().upper()}"
        if not equals or variable not in known:
            raise BadSetting(f"--set {assignment}: want KEY=VALUE with a KEY of docs/configuration.md, such as pool=0")
        environment[variable] = value
    return policy_from(environment)


def main() -> None:
    """Runs the command line. What the player can do something about is one red line and exit code 2."""
    try:
        app(prog_name="manufacturing lab")
    except Exception as error:
        line = explained(error)
        if line is None:
            raise
        complain(line)
        sys.exit(2)


if __name__ == "__main__":
    main()
