"""The `manufacturing` command."""

# What a command needs is imported when it runs: `--help` must not wait for it.
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from manufacturing.cli.console import CannotDo

#: For commands whose arguments are another program's.
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
_FLEET, _LOOK, _HANDS = "Running a fleet", "Looking and asking", "Other"

app = typer.Typer(
    help="Runs a SpaceTraders manufacturing fleet unattended, with a simulated universe to try it in.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

player_app = typer.Typer(
    help="The agents of this home: who they are, what each may spend and call, and new ones.",
    no_args_is_help=True,
    add_completion=False,
)
app.add_typer(player_app, name="player", rich_help_panel=_FLEET)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Whose = Annotated[
    str | None,
    typer.Option("--player", metavar="AGENT|NO", help="Of this agent, or of the player with this number."),
]
Agent = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's call sign.")]
TokenFile = Annotated[Path | None, typer.Option("--token-file", help="File with the agent's token.")]
AskToken = Annotated[bool, typer.Option("--ask-token", help="Ask for the agent's token, without showing it.")]


def main() -> None:
    """Runs the command line. What the player can do something about is one red line and exit code 2."""
    _load_dotenv()
    try:
        app()
    except BrokenPipeError:
        # Whoever read our output has gone: nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from manufacturing.cli.console import complain
        from manufacturing.cli.troubles import explained

        line = explained(error)
        if line is None:
            raise
        complain(line)
        sys.exit(2)


def _load_dotenv() -> None:
    """Takes what a ``.env`` file in the current directory sets and the environment does not."""
    file = Path(".env")
    if not file.is_file():
        return
    from honcho.environ import parse  # type: ignore[import-untyped]

    for name, value in parse(file.read_text(encoding="utf-8")).items():
        os.environ.setdefault(name, value)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"manufacturing {version('spacetraders-manufacturing')}")
        raise typer.Exit


@app.callback()
def options(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(rich_help_panel=_FLEET)
def up(
    game_time: Annotated[
        str | None, typer.Option("--for", help="End after so much game time, such as 90m or 2h.")
    ] = None,
    time_scale: Annotated[
        float | None, typer.Option(min=0.1, max=10_000, help="Game seconds per second in the simulated universe (60).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Number the simulated universe follows from (1).")] = None,
    scenario: Annotated[
        str | None, typer.Option(help="What a new agent starts with: established (a fleet, 1.5M credits) or new-agent.")
    ] = None,
    capture: Annotated[Path | None, typer.Option(help="Recorded system to simulate.")] = None,
    haulers: Annotated[int | None, typer.Option(min=0, help="Light haulers of an established agent (8).")] = None,
    credits: Annotated[int | None, typer.Option("--credits", min=0, help="Credits of a new agent.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report there as JSON.")] = None,
    flower_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of Flower; 0 for a free one.")] = 0,
    plain: Annotated[bool, typer.Option("--plain", help="Print lines, no live screen.")] = False,
    agent: Annotated[
        list[str] | None, typer.Option("--agent", metavar="AGENT", help="Play this agent; may be given several times.")
    ] = None,
    agents: Annotated[int | None, typer.Option("--agents", min=1, help="Play so many agents at once.")] = None,
) -> None:
    """Start everything and run the fleet; Ctrl-C ends it in order.

    Without SPACETRADERS_TOKEN it plays in a simulated universe, and goes on with the last one unless told otherwise.
    Without DATABASE_URL and REDIS_URL it brings its own servers. It plays MANUFACTURING_AGENT and every agent that was
    added with `manufacturing player add`, unless told otherwise.
    """
    from manufacturing.cli.enrolling import Wanted
    from manufacturing.cli.simulation import UniverseOptions
    from manufacturing.cli.up import UpOptions
    from manufacturing.cli.up import up as run_up
    from manufacturing.settings import agent_symbol, duration

    if scenario not in (None, "established", "new-agent"):
        raise typer.BadParameter("is established or new-agent", param_hint="--scenario")
    try:
        how_long = duration(game_time) if game_time is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    if agent and agents is not None:
        raise typer.BadParameter("--agent names the agents, so --agents has nothing to say", param_hint="--agents")
    if report is not None and not report.absolute().parent.is_dir():
        raise CannotDo(f"--report: there is no directory {report.absolute().parent}")
    universe = UniverseOptions(
        seed=seed,
        scenario=scenario,
        capture=capture.expanduser().resolve() if capture is not None else None,
        haulers=haulers,
        credits=credits,
    )
    raise typer.Exit(
        run_up(
            UpOptions(
                game_time=how_long,
                time_scale=time_scale,
                universe=universe,
                report=report,
                flower_port=flower_port,
                plain=plain,
                wanted=Wanted(names=tuple(agent_symbol(name) for name in agent or ()), number=agents),
            )
        )
    )


@app.command(rich_help_panel=_FLEET)
def universe(
    time_scale: Annotated[
        float | None, typer.Option(min=0.1, max=10_000, help="Game seconds per second in the simulated universe (60).")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the simulator; 0 for a free one.")] = 0,
) -> None:
    """Prepare the database and the player, then keep the universe: for a Procfile.

    Needs DATABASE_URL and REDIS_URL. Serves the simulator as long as it runs; of the real game it watches the reset.
    """
    from manufacturing.cli.universe import keep_universe

    raise typer.Exit(keep_universe(time_scale, port))


@app.command(rich_help_panel=_FLEET)
def process(
    name: Annotated[str, typer.Argument(help="control, ships, polls, worker (all three), beat or flower.")],
    flower_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Flower.")] = 5555,
) -> None:
    """Run one process of the fleet, once the universe is prepared: for a Procfile, on any machine."""
    from manufacturing.cli.processes import Process, run

    try:
        wanted = Process(name)
    except ValueError as error:
        raise typer.BadParameter(f"is one of {', '.join(Process)}", param_hint="NAME") from error
    run(wanted, flower_port)


@player_app.command("list")
def list_players(as_json: Json = False) -> None:
    """Every agent there is or was: its universe, credits, floor, and part of the calls."""
    from manufacturing.cli import players

    players.list_players(as_json)


@player_app.command("add")
def add_player(
    agent: Annotated[
        str | None,
        typer.Argument(metavar="[AGENT]", help="The call sign to register, or the one that the token must be of."),
    ] = None,
    token_file: TokenFile = None,
    ask_token: AskToken = False,
    floor: Annotated[str | None, typer.Option(help="Credits it never spends: 200000, or a share such as 10%.")] = None,
    parts: Annotated[int | None, typer.Option(min=1, help="Its parts of the API calls that agents share (1).")] = None,
) -> None:
    """Play another agent from this home: one that exists, by its token, or a new one in the simulated universe.

    A token comes from a file, from SPACETRADERS_TOKEN_FILE, or is asked for; it is kept for its owner alone.
    """
    from manufacturing.cli import players
    from manufacturing.settings import agent_symbol

    players.add(
        agent_symbol(agent) if agent is not None else None,
        players.TokenSource(file=token_file, ask=ask_token),
        players.Terms(floor=players.parsed_floor(floor), weight=parts),
    )


@player_app.command("renew")
def renew_player(agent: Agent, token_file: TokenFile = None, ask_token: AskToken = False) -> None:
    """After a reset of the universe: begin anew with this agent. What it did before can still be read.

    In the simulated universe it is registered again; the real game wants the token of a new agent.
    """
    from manufacturing.cli import players
    from manufacturing.settings import agent_symbol

    players.renew(agent_symbol(agent), players.TokenSource(file=token_file, ask=ask_token))


@player_app.command("floor")
def player_floor(
    agent: Agent,
    floor: Annotated[str, typer.Argument(metavar="FLOOR", help="200000, a share such as 10%, or default.")],
) -> None:
    """Change the credits that an agent's purchases never touch."""
    from manufacturing.cli import players

    players.set_floor(agent, floor)


@player_app.command("parts")
def player_parts(
    agent: Agent, parts: Annotated[int, typer.Argument(metavar="PARTS", min=1, help="A whole number.")]
) -> None:
    """Change an agent's parts of the API calls, against those of the others that share them."""
    from manufacturing.cli import players

    players.set_weight(agent, parts)


@app.command(rich_help_panel=_LOOK)
def status(player: Whose = None, as_json: Json = False) -> None:
    """How things stand."""
    from manufacturing.cli import reading

    reading.show_status(as_json, player)


@app.command(rich_help_panel=_LOOK)
def pipelines(
    every: Annotated[bool, typer.Option("--all", help="The ended ones as well.")] = False,
    player: Whose = None,
    as_json: Json = False,
) -> None:
    """What is being made."""
    from manufacturing.cli import reading

    reading.show_pipelines(every, as_json, player)


@app.command(rich_help_panel=_LOOK)
def pipeline(
    ident: Annotated[str, typer.Argument(metavar="ID", help="The id of a pipeline, or its beginning.")],
    player: Whose = None,
    as_json: Json = False,
) -> None:
    """One pipeline: its tasks, its factories, its money, and why."""
    from manufacturing.cli import reading

    reading.show_pipeline(ident, as_json, player)


@app.command(rich_help_panel=_LOOK)
def ships(player: Whose = None, as_json: Json = False) -> None:
    """Where every ship is, what it does, and why."""
    from manufacturing.cli import reading

    reading.show_ships(as_json, player)


@app.command(rich_help_panel=_LOOK)
def factories(player: Whose = None, as_json: Json = False) -> None:
    """Which factories are kept running or brought up, what they lack, and why not the others."""
    from manufacturing.cli import factories

    factories.show(as_json, player)


@app.command(rich_help_panel=_LOOK)
def ledger(
    limit: Annotated[int, typer.Option(min=1, help="How many entries.")] = 30,
    good: Annotated[str | None, typer.Option(help="Only of this good.")] = None,
    pipeline: Annotated[str | None, typer.Option(metavar="ID", help="Only of this pipeline.")] = None,
    player: Whose = None,
    as_json: Json = False,
) -> None:
    """Every credit that came or went, the newest first."""
    from manufacturing.cli import reading

    reading.show_ledger(limit, good, pipeline, as_json, player)


@app.command(rich_help_panel=_LOOK)
def forecasts(
    limit: Annotated[int, typer.Option(min=1, help="How many pipelines to list; the figures are of all.")] = 30,
    player: Whose = None,
    as_json: Json = False,
) -> None:
    """What completed pipelines were expected to earn, what they earned, and how good the forecasts are."""
    from manufacturing.cli import reading

    reading.show_forecasts(limit, as_json, player)


@app.command(rich_help_panel=_LOOK)
def why(
    subject: Annotated[str, typer.Argument(help="A ship, good, factory, or the id of a pipeline or task.")],
    limit: Annotated[int, typer.Option(min=1, help="How many decisions.")] = 30,
    player: Whose = None,
    as_json: Json = False,
) -> None:
    """What was decided about something, the newest first."""
    from manufacturing.cli import reading

    reading.show_why(subject, limit, as_json, player)


@app.command(rich_help_panel=_LOOK)
def report(
    everything: Annotated[
        bool, typer.Option("--all", help="Since the player was enrolled, not only the present run.")
    ] = False,
    player: Whose = None,
    as_json: Json = False,
) -> None:
    """The figures of the present run; when nothing runs, of all runs."""
    from manufacturing.cli import reading

    reading.show_report(everything, as_json, player)


@app.command(rich_help_panel=_LOOK)
def doctor(as_json: Json = False) -> None:
    """What is configured, reachable or wrong, and how to mend it; exit code 1 when something is wrong."""
    from manufacturing.cli.doctor import examine

    raise typer.Exit(examine(as_json))


@app.command(rich_help_panel=_HANDS)
def capture(
    out: Annotated[Path, typer.Option(help="File to write; an interrupted capture of it is gone on with.")],
    system: Annotated[
        str | None, typer.Option(help="The system, such as X1-AB12; the agent's own when left out.")
    ] = None,
    fleet: Annotated[bool, typer.Option(help="With the ships and credits, or without.")] = True,
) -> None:
    """Record a system as it is, to try things out in a simulated universe that goes on from there."""
    from manufacturing.cli.capture import capture as record

    record(system, out.expanduser(), fleet)


@app.command(rich_help_panel=_HANDS)
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete the embedded servers' data and the simulated universes, to start anew."""
    from manufacturing.cli.reset import reset_home

    reset_home(yes)


@app.command(rich_help_panel=_HANDS, context_settings=_PASSED_ON)
def simulator(context: typer.Context) -> None:
    """The simulated universe alone; everything after this word goes to it (try: simulator serve --help)."""
    _become("manufacturing.simulator", context.args)


@app.command(rich_help_panel=_HANDS, context_settings=_PASSED_ON)
def lab(context: typer.Context) -> None:
    """Hours of play in minutes, to try a policy; everything after this word goes to it (try: lab run --help)."""
    _become("manufacturing.lab", context.args)


def _become(module: str, arguments: list[str]) -> None:
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
