"""The `manufacturing lab` command."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from manufacturing.adapters.postgres.read_model import PlayerView, ReadModel
from manufacturing.adapters.postgres.recorded_decisions import DecisionFilter, RecordedDecisions
from manufacturing.cli.console import complain, out, print_json, say, to_json
from manufacturing.cli.reading import chosen_player, known_settings, opened_database
from manufacturing.cli.report import rendered
from manufacturing.cli.troubles import explained
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab import replay as replaying
from manufacturing.lab import tables
from manufacturing.lab.candidate import Candidate, policy_of
from manufacturing.lab.comparison import Comparison, Progress, seeds_of
from manufacturing.lab.database import LabDatabase, may_be_kept_as
from manufacturing.lab.experiment import Experiment, Setup, be_left_alone
from manufacturing.lab.figures import profit_per_hour
from manufacturing.lab.game import read_faults
from manufacturing.lab.processor import keep_to_one_processor
from manufacturing.lab.record import Recorder, RunRecord
from manufacturing.settings import BadSetting, Settings

app = typer.Typer(
    help="Hours of play in minutes: the same fleet on a virtual clock, in a universe of its own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Capture = Annotated[Path | None, typer.Option(help="Recorded system to start from.", exists=True, dir_okay=False)]
Scenario = Annotated[str, typer.Option(help="established or new-agent.")]
Haulers = Annotated[int, typer.Option(min=0, help="Light haulers of an established agent.")]


@app.callback()
def lab() -> None:
    """Hours of play in minutes: the same fleet on a virtual clock, in a universe of its own."""


@app.command()
def run(
    hours: Annotated[float, typer.Option(min=0.1, help="Game hours to play.")] = 24.0,
    seed: Annotated[int, typer.Option(help="Number the universe follows from.")] = 1,
    capture: Capture = None,
    scenario: Scenario = "established",
    haulers: Haulers = 8,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the policy, such as pool=0.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="What goes wrong, as a TOML or JSON file.", dir_okay=False)
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Where to write the report as JSON.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Where to write the plots, as an HTML file.")] = None,
    keep: Annotated[
        str | None, typer.Option(metavar="NAME", help="Keep the run's database under this name, for `lab replay`.")
    ] = None,
) -> None:
    """Play one fleet for so many game hours and print the report. The same call gives the same report."""
    if keep is not None and not may_be_kept_as(keep):
        raise typer.BadParameter("is up to 40 letters, digits, '-' and '_'", param_hint="--keep")
    setup = Setup(
        policy=policy(set_ or []),
        seed=seed,
        capture=capture,
        scenario=_scenario(scenario),
        haulers=haulers,
        faults=tuple(read_faults(faults)) if faults is not None else (),
    )
    began = time.monotonic()
    with LabDatabase(Settings.from_environment().home) as databases:
        keep_to_one_processor(databases.number)
        with Experiment(setup, databases) as experiment:
            be_left_alone()
            recorder = Recorder(experiment)
            experiment.run(hours)
            result, record = experiment.report(), recorder.record("run")
            if keep is not None:
                experiment.keep_as(keep)
    out().print(rendered(result))
    say(f"{hours:g} game hours in {time.monotonic() - began:.0f} s")
    if report is not None:
        report.write_text(to_json(result), encoding="utf-8")
    if plots is not None:
        _draw(plots, {"run": [record]}, f"{hours:g} game hours, seed {seed}")


@app.command()
def compare(
    candidates: Annotated[
        list[str], typer.Argument(help="TOML files, or the baselines full, reactive and trader. Two or more.")
    ],
    seeds: Annotated[str, typer.Option(help="Such as 1..10 or 1,4,9.")] = "1..5",
    hours: Annotated[float, typer.Option(min=0.1, help="Game hours of each run.")] = 24.0,
    capture: Capture = None,
    scenario: Scenario = "established",
    haulers: Haulers = 8,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where the runs, the table and the plots go (comparison, in the home).", file_okay=False
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Runs at a time; as many as there are processors unless told.")
    ] = None,
) -> None:
    """Play several policies on the same seeds and tell what differs, and how surely.

    What was played before with the same code and policy is not played again: an interrupted comparison goes on.
    """
    home = Settings.from_environment().home
    folder = (folder or home / "comparison").absolute()
    common = Setup(policy=FleetPolicy(), capture=capture, scenario=_scenario(scenario), haulers=haulers)
    try:
        chosen = seeds_of(seeds)
    except ValueError as error:
        raise typer.BadParameter("is such as 7, 1..10 or 1,4,9", param_hint="--seeds") from error
    comparison = Comparison([Candidate.found(what) for what in candidates], chosen, hours, common)
    began = time.monotonic()
    runs: dict[str, list[RunRecord]] = {candidate.name: [] for candidate in comparison.candidates}
    with LabDatabase(home) as databases:
        for progress in comparison.play(databases, folder, jobs or os.cpu_count() or 1):
            runs[progress.record.candidate].append(progress.record)
            say(_line_of(progress))
    for of_it in runs.values():
        of_it.sort(key=lambda record: comparison.seeds.index(record.seed))
    system = f"recorded system {capture.name}" if capture is not None else "generated systems"
    played = f"{hours:g} game hours on {system}, seeds {seeds}, {scenario}, {haulers} haulers"
    out().print()
    out().print(tables.rendered(runs))
    told = {"hours": hours, "seeds": chosen, "capture": capture and str(capture), "scenario": scenario}
    (folder / "comparison.md").write_text(tables.as_markdown(runs, played), encoding="utf-8")
    (folder / "comparison.json").write_text(
        to_json(tables.as_json(runs, {**told, "haulers": haulers})), encoding="utf-8"
    )
    _draw(folder / "comparison.html", runs, played)
    say(f"\n{time.monotonic() - began:.0f} s; table and plots are in {folder}: comparison.md, .json, .html")


@app.command()
def replay(
    name: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A lab run that was kept; the home's real run when left out.")
    ] = None,
    ship: Annotated[str | None, typer.Option(help="Only of this ship.")] = None,
    pipeline: Annotated[str | None, typer.Option(metavar="ID", help="Only of this pipeline, or of its tasks.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help=f"Only of this kind: {', '.join(DecisionKind).lower()}. Repeatable.")
    ] = None,
    about: Annotated[str | None, typer.Option(help="Only about this good, factory or other subject.")] = None,
    since: Annotated[str | None, typer.Option(help="From then on: 2h30m after the beginning, or a date.")] = None,
    until: Annotated[str | None, typer.Option(help="Until then.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the earliest first.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the decisions of a recorded run in their order, each with its reason and the prices known then."""
    try:
        kinds = tuple(DecisionKind(text.upper()) for text in kind or [])
    except ValueError as error:
        raise typer.BadParameter(f"is one of {', '.join(DecisionKind).lower()}", param_hint="--kind") from error
    with _recorded(name) as (model, player):
        try:
            wanted = DecisionFilter(
                kinds=kinds,
                ship=ship.upper() if ship is not None else None,
                pipeline=pipeline.lower() if pipeline is not None else None,
                about=about.upper() if about is not None else None,
                since=_moment(since, player.created_at),
                until=_moment(until, player.created_at),
                limit=limit,
            )
        except ValueError as error:
            raise typer.BadParameter("is such as 2h30m or 2026-01-04T06:00", param_hint="--since, --until") from error
        found = RecordedDecisions(model.engine, player.id).find(wanted)
    if as_json:
        print_json(found)
    elif found:
        out().print(replaying.rendered(found, player.created_at))
        if len(found) == limit:
            say(f"These are the first {limit}: --limit and --since show more.")
    else:
        say("No decision fits.")


def policy(assignments: list[str]) -> FleetPolicy:
    """The policy with the given settings in place of its defaults. BadSetting names the one that cannot be used."""
    settings: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise BadSetting(f"--set {assignment}: want KEY=VALUE with a KEY of docs/configuration.md, such as pool=0")
        settings[key.strip()] = value
    return policy_of(settings)


@contextmanager
def _recorded(name: str | None) -> Iterator[tuple[ReadModel, PlayerView]]:
    if name is not None:
        with replaying.kept_run(Settings.from_environment().home, name) as model:
            yield model, chosen_player(model, None)
        return
    settings, run = known_settings()
    with opened_database(settings) as model:
        yield model, chosen_player(model, run)


def _moment(text: str | None, began: datetime) -> datetime | None:
    return None if text is None else replaying.moment_of(text, began)


def _scenario(text: str) -> str:
    if text not in ("established", "new-agent"):
        raise typer.BadParameter("is established or new-agent", param_hint="--scenario")
    return text


def _line_of(progress: Progress) -> str:
    record = progress.record
    how = "played before" if progress.was_known else f"played in {record.wall_seconds:.0f} s"
    where = f"{progress.done} of {progress.of}"
    return f"{where:>9}  {record.candidate}, seed {record.seed}: {profit_per_hour(record):+,.0f} credits/h, {how}"


def _draw(file: Path, runs: dict[str, list[RunRecord]], played: str) -> None:
    # Drawing needs a second to be imported: whoever wants no picture need not wait for it.
    from manufacturing.lab.plots import as_html

    file.write_text(as_html(runs, " against ".join(runs), played), encoding="utf-8")


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
