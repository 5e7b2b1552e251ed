"""`python -m manufacturing.simulator`: serve a simulated universe, save and load it, play it again, judge it."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from manufacturing.domain.clock import TimeScale
from manufacturing.simulator.administration import Administration
from manufacturing.simulator.calibration import BadSeries, calibrate
from manufacturing.simulator.capture import BadCapture, read_capture
from manufacturing.simulator.dispatcher import Change, Dispatcher
from manufacturing.simulator.durability import (
    BadState,
    CallLog,
    StateDirectory,
    load_snapshot,
    make_changes,
    read_changes,
    write_snapshot,
)
from manufacturing.simulator.economy_parameters import BadEconomyFile, EconomyParameters
from manufacturing.simulator.faults import BadFaultPlan, FaultPlan, read_faults
from manufacturing.simulator.generator import generate_universe
from manufacturing.simulator.rate_limit import RateLimiter
from manufacturing.simulator.server import Listening, SimulatorApp, serve
from manufacturing.simulator.universe import Scenario, Settings, Universe
from manufacturing.simulator.views import iso


class UsageError(Exception):
    """The options cannot be followed; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (UsageError, BadCapture, BadEconomyFile, BadFaultPlan, BadSeries, BadState, OSError) as error:
        _say(f"simulator: {error}")
        return 2


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m manufacturing.simulator", description="A simulated SpaceTraders universe."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="serve a universe over HTTP"))
    _add_save(commands.add_parser("save", help="copy a kept universe into one file"))
    _add_load(commands.add_parser("load", help="keep the universe of such a file in a state directory"))
    _add_replay(commands.add_parser("replay", help="make the calls of a call log again"))
    _add_calibrate(commands.add_parser("calibrate", help="compare the economy with a recorded series"))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_serve)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 for a free one (default)")
    parser.add_argument("--ready-file", type=Path, help="file to write URL and process id to when listening")
    parser.add_argument("--time-scale", type=float, default=60.0, help="game seconds per wall second (60)")
    parser.add_argument(
        "--time-anchor", type=_time_scale, help="exact relation of wall to game time, as factor@wall>game"
    )
    parser.add_argument("--state", type=Path, help="directory to keep the universe in; without, it is forgotten")
    parser.add_argument("--strict", action="store_true", help="refuse what the API does not document")
    parser.add_argument("--no-rate-limit", action="store_true", help="answer any number of requests")
    parser.add_argument("--call-log", type=Path, help="file to add every call to that changes the universe")
    parser.add_argument("--faults", type=Path, help="TOML or JSON file of troubles to make")
    parser.add_argument("--admin", action="store_true", help="open /admin: faults, reset, snapshot")
    _add_world(parser)


def _add_save(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_save)
    parser.add_argument("file", type=Path, help="file to write")
    parser.add_argument("--state", type=Path, required=True, help="directory the universe is kept in")


def _add_load(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_load)
    parser.add_argument("file", type=Path, help="file that save or /admin/snapshot wrote")
    parser.add_argument("--state", type=Path, required=True, help="new directory to keep the universe in")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_replay)
    parser.add_argument("log", type=Path, help="file that serve --call-log wrote, from the universe's first call on")
    parser.add_argument("--out", type=Path, required=True, help="file to save the universe to")
    _add_world(parser)


def _add_calibrate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_calibrate)
    parser.add_argument(
        "file",
        type=Path,
        help="recorded series: CSV with type, waypoint, good, trade_volume, "
        "margin, recorded_at, net_supply, solutions and activity",
    )
    parser.add_argument("--economy", type=Path, help="TOML or JSON file with economy parameters")
    parser.add_argument("--seed", type=int, default=1, help="number the simulated series follow from (1)")


def _add_world(parser: argparse.ArgumentParser) -> None:
    world = parser.add_argument_group("the universe", "fixed once it exists")
    world.add_argument("--seed", type=int, help="number the universe follows from (1)")
    world.add_argument("--scenario", type=Scenario, choices=list(Scenario), help="what new agents get (established)")
    world.add_argument("--capture", type=Path, help="recorded system to start from instead of a made-up one")
    world.add_argument("--haulers", type=int, help="light haulers of an established agent (8)")
    world.add_argument("--credits", type=int, help="credits of a new agent (1,500,000 or 175,000)")
    world.add_argument("--economy", type=Path, help="TOML or JSON file with economy parameters")


def _time_scale(text: str) -> TimeScale:
    try:
        scale = TimeScale.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if scale.factor <= 0 or scale.wall_anchor.tzinfo is None or scale.game_anchor.tzinfo is None:
        raise argparse.ArgumentTypeError(f"needs a factor above 0 and moments with a time zone: {text!r}")
    return scale


def _serve(options: argparse.Namespace) -> int:
    if options.time_scale <= 0:
        raise UsageError("--time-scale must be greater than 0")
    faults = read_faults(options.faults) if options.faults is not None else []
    state = StateDirectory(options.state) if options.state is not None else None
    universe = _universe(options, state)
    if state is not None:
        state.open(universe)
    log = CallLog(options.call_log) if options.call_log is not None else None

    def note(change: Change) -> None:
        for keeper in (state, log):
            if keeper is not None:
                keeper.note(universe, change)

    scale = options.time_anchor or TimeScale(options.time_scale, datetime.now(UTC), universe.now)
    dispatcher = Dispatcher(
        universe,
        strict=options.strict,
        limiter=None if options.no_rate_limit else RateLimiter(),
        on_change=note,
    )
    plan = FaultPlan(universe.seed)
    plan.replace(faults)
    app = SimulatorApp(
        dispatcher,
        scale,
        faults=plan if faults or options.admin else None,
        administration=Administration(dispatcher, plan) if options.admin else None,
    )
    listening = Listening(host=options.host, port=options.port, ready_file=options.ready_file)
    serve(app, dispatcher, scale, listening, state, _say)
    if log is not None:
        log.close()
    return 0


def _save(options: argparse.Namespace) -> int:
    state = StateDirectory(options.state)
    if not state.exists():
        raise UsageError(f"{options.state} keeps no universe")
    universe = state.load()
    write_snapshot(universe, options.file)
    print(f"{options.file}: the universe of seed {universe.seed} at {iso(universe.now)}")
    return 0


def _load(options: argparse.Namespace) -> int:
    state = StateDirectory(options.state)
    if state.exists():
        raise UsageError(f"{options.state} keeps a universe already; choose another directory or delete it")
    universe = load_snapshot(options.file)
    state.open(universe)
    state.close(universe)
    print(f"{options.state}: the universe of seed {universe.seed} at {iso(universe.now)}")
    return 0


def _replay(options: argparse.Namespace) -> int:
    universe = _new_universe(options)
    make_changes(universe, read_changes(options.log), options.log)
    write_snapshot(universe, options.out)
    print(f"{options.out}: {universe.state.changes} calls made again, up to {iso(universe.now)}")
    return 0


def _calibrate(options: argparse.Namespace) -> int:
    economy = EconomyParameters.from_file(options.economy) if options.economy else EconomyParameters()
    print(calibrate(options.file, economy, options.seed))
    return 0


def _universe(options: argparse.Namespace, state: StateDirectory | None) -> Universe:
    """The universe in the state directory, or a new one as the options say."""
    if state is not None and state.exists():
        _require_same(options, state)
        return state.load()
    return _new_universe(options)


def _new_universe(options: argparse.Namespace) -> Universe:
    settings = Settings(
        seed=options.seed if options.seed is not None else 1,
        scenario=options.scenario or Scenario.ESTABLISHED,
        haulers=options.haulers if options.haulers is not None else 8,
        credits=options.credits,
        capture=_digest(options.capture) if options.capture else None,
        economy=EconomyParameters.from_file(options.economy) if options.economy else EconomyParameters(),
    )
    if settings.haulers < 0 or (settings.credits or 0) < 0:
        raise UsageError("--haulers and --credits must not be negative")
    if options.capture is None:
        return Universe.create(settings, generate_universe(settings.seed, settings.economy))
    capture = read_capture(options.capture, settings.seed, settings.economy)
    for line in capture.inexact:
        _say(f"simulator: not to the credit: {line}")
    if capture.made_up:
        _say(f"simulator: made up, as nobody was there: the prices at {', '.join(capture.made_up)}")
    return Universe.create(settings, capture.plan)


def _require_same(options: argparse.Namespace, state: StateDirectory) -> None:
    """Raises UsageError when an option asks for another universe than the one kept."""
    kept = state.settings()
    asked = {
        "--seed": (options.seed, kept.seed),
        "--scenario": (options.scenario, kept.scenario),
        "--haulers": (options.haulers, kept.haulers),
        "--credits": (options.credits, kept.credits),
        "--capture": (_digest(options.capture) if options.capture else None, kept.capture),
        "--economy": (EconomyParameters.from_file(options.economy) if options.economy else None, kept.economy),
    }
    for option, (wanted, is_kept) in asked.items():
        if wanted is not None and wanted != is_kept:
            shown = "another one" if option in ("--capture", "--economy") else str(is_kept)
            raise UsageError(
                f"{state.path} keeps a universe with {option} {shown}. Leave {option} out to go on with it, or "
                f"delete the directory (or run `manufacturing reset`) to begin a new one."
            )


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BadCapture(f"{path}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
