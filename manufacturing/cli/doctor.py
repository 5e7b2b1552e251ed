"""`manufacturing doctor`: what is configured, what is reachable, what is wrong and how to mend it."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from rich.text import Text

from manufacturing.adapters.postgres import schema
from manufacturing.adapters.postgres.read_model import PlayerView, ReadModel
from manufacturing.adapters.redis.client import connect as connect_redis
from manufacturing.adapters.spacetraders.gateway import TIME_SCALE_HEADER
from manufacturing.adapters.spacetraders.transport import Answer, HttpTransport, Request
from manufacturing.bootstrap import logs_directory, server_address, token_of
from manufacturing.cli import simulation
from manufacturing.cli.console import CannotDo, out, print_json
from manufacturing.cli.reading import chosen_player, game_now, known_settings, opened_database
from manufacturing.cli.running import Run
from manufacturing.cli.troubles import explained
from manufacturing.cli.wording import change, credits, moment
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.masking import masked
from manufacturing.domain.player import PlayerStatus
from manufacturing.settings import BadSetting, Settings

_OLDEST_PYTHON: Final = (3, 11)
#: Redis before this lacks commands that Celery and the budget use.
_OLDEST_REDIS: Final = (6, 2)
_PROBE_SECONDS: Final = 2.0
#: Two clocks may differ by so much without harm: an arrival would be awaited that much too long or too short.
_DRIFT: Final = timedelta(seconds=2)
#: How long an error is told of, in game time.
_OF_LATE: Final = timedelta(days=1)
_QUEUES: Final = frozenset({"control", "ships", "polls"})


class Verdict(StrEnum):
    """What a finding means."""

    FINE = "ok"
    NOTE = "note"
    """Not wrong, but good to know."""
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Verdict
    found: str
    mend: str | None = None
    """What to do about it."""


def examine(as_json: bool) -> int:
    """Looks at everything and prints it; 1 when something is wrong, else 0."""
    findings = list(_findings())
    if as_json:
        print_json(findings)
    else:
        _print(findings)
    return int(any(finding.verdict is Verdict.WRONG for finding in findings))


_STYLES: Final = {Verdict.FINE: "green", Verdict.NOTE: "yellow", Verdict.WRONG: "red"}


def _print(findings: list[Finding]) -> None:
    console = out()
    for finding in findings:
        mark = Text(f"{finding.verdict:<6}", style=_STYLES[finding.verdict])
        console.print(Text.assemble(mark, f"{finding.what:<12} {finding.found}"), soft_wrap=True)
        if finding.mend is not None:
            console.print(f"                   → {finding.mend}", soft_wrap=True)


def _fine(what: str, found: str) -> Finding:
    return Finding(what=what, verdict=Verdict.FINE, found=found)


def _note(what: str, found: str, mend: str | None = None) -> Finding:
    return Finding(what=what, verdict=Verdict.NOTE, found=found, mend=mend)


def _wrong(what: str, found: str, mend: str | None = None) -> Finding:
    return Finding(what=what, verdict=Verdict.WRONG, found=masked(found), mend=mend)


def _findings() -> Iterator[Finding]:
    yield _python()
    try:
        settings, run = known_settings()
    except BadSetting as error:
        yield _wrong("settings", str(error), "set it to something else, or unset it (docs/configuration.md)")
        return
    yield _home(settings)
    yield _run(run)
    server, answer = _server(settings, run)
    yield server
    yield from _guarded("broker", lambda: _broker(settings))
    with ExitStack() as stack:
        try:
            model = stack.enter_context(opened_database(settings))
        except CannotDo as error:
            yield Finding(what="database", verdict=Verdict.NOTE if run is None else Verdict.WRONG, found=str(error))
            return
        except Exception as error:
            yield _unreachable("database", error)
            return
        yield from _guarded("database", lambda: _database(settings, model))
        yield from _guarded("players", lambda: _players(settings, model, run, answer))
    if settings.redis_url is not None and settings.database_url is not None:
        yield from _guarded("workers", lambda: [_workers(settings, run)])


def _guarded(what: str, look: Callable[[], "list[Finding]"]) -> list[Finding]:
    """What ``look`` finds; what keeps it from looking is a finding as well."""
    try:
        return look()
    except Exception as error:
        return [_unreachable(what, error)]


def _unreachable(what: str, error: Exception) -> Finding:
    line = explained(error)
    if line is None:
        raise error
    return _wrong(what, line)


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON:
        return _wrong("Python", version, "install Python 3.11 or newer, delete .venv and run `make install`")
    return _fine("Python", f"{version}, {sys.executable}")


def _home(settings: Settings) -> Finding:
    home = settings.home
    there = next(path for path in (home, *home.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return _wrong("home", f"{there} is not writable", "change its owner, or set MANUFACTURING_HOME")
    try:
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"probe")
    except OSError as error:
        return _wrong("home", f"{there}: {error.strerror}", "free some space, or set MANUFACTURING_HOME")
    return _fine("home", f"{home}{'' if home.exists() else ' (made at the first start)'}")


def _run(run: Run | None) -> Finding:
    if run is None:
        return _note("run", "no `manufacturing up` is running in this home")
    return _fine("run", f"process {run.pid}, Flower {run.flower}")


def _server(settings: Settings, run: Run | None) -> tuple[Finding, Answer | None]:
    if settings.server_url is None and run is None:
        simulator = simulation.served(settings.home / "simulator.json")
        if simulator is None:
            return _note("server", "the simulated universe; it is not running"), None
    try:
        url = server_address(settings)
        transport = HttpTransport(url, connect_timeout=_PROBE_SECONDS, read_timeout=_PROBE_SECONDS)
        asked_at = datetime.now(UTC)
        answer = transport.send(Request(method="GET", path="/"))
        answered_at = datetime.now(UTC)
    except Exception as error:
        line = explained(error)
        if line is None:
            raise
        return _wrong("server", line, "check SPACETRADERS_URL and the network, or wait until the server is back"), None
    if answer.status != 200:
        return _wrong("server", f"{url} answers with HTTP {answer.status}", "check SPACETRADERS_URL, or wait"), answer
    scale = answer.headers.get(TIME_SCALE_HEADER)
    if scale is not None:
        return _fine("server", f"{url}, simulated, time scale {scale.partition('@')[0]}"), answer
    drift = _drift(answer, asked_at, answered_at)
    if drift is not None and abs(drift) > _DRIFT:
        ahead = "behind" if drift > timedelta() else "ahead of"
        found = f"our clock is {abs(drift.total_seconds()):.1f} s {ahead} that of {url}"
        return _wrong("server", found, "set this machine's clock, best by NTP"), answer
    return _fine("server", f"{url}, clocks agree" if drift is not None else url), answer


def _drift(answer: Answer, asked_at: datetime, answered_at: datetime) -> timedelta | None:
    """How far the server's clock is ahead of ours, as far as its date in whole seconds tells; None without one."""
    try:
        date = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None
    if date > answered_at:
        return date - answered_at
    return min(timedelta(), date + timedelta(seconds=1) - asked_at)


def _broker(settings: Settings) -> list[Finding]:
    if settings.redis_url is None:
        return [_note("broker", "embedded; it runs with `manufacturing up`")]
    redis = connect_redis(settings.redis_url)
    info = redis.info()
    version = str(info.get("valkey_version") or info["redis_version"])
    where = masked(settings.redis_url)
    found = [_fine("broker", f"{where}, version {version}")]
    if tuple(int(part) for part in str(info["redis_version"]).split(".")[:2]) < _OLDEST_REDIS:
        oldest = ".".join(str(part) for part in _OLDEST_REDIS)
        found = [_wrong("broker", f"{where} has version {version}", f"use Redis {oldest} or newer, or Valkey")]
    policy = info.get("maxmemory_policy", "noeviction")
    if info.get("maxmemory") and policy != "noeviction":
        mend = "set maxmemory-policy to noeviction: messages and locks must not be dropped to save memory"
        found.append(_wrong("broker", f"it evicts keys ({policy}) when its memory is full", mend))
    return found


def _database(settings: Settings, model: ReadModel) -> list[Finding]:
    where = masked(settings.database_url) if settings.database_url else "embedded, started for this look only"
    return [_fine("database", f"{where}, schema {schema.current_revision(model.engine)}")]


def _players(settings: Settings, model: ReadModel, run: Run | None, answer: Answer | None) -> list[Finding]:
    players = model.players()
    if not players:
        return [_note("players", "none is enrolled yet", "`manufacturing up` (or `manufacturing universe`) does that")]
    found = [_player(player) for player in players]
    player = chosen_player(model, run)
    if player.status is not PlayerStatus.RESET:
        found += [
            _token(settings, player),
            *_time(player, answer),
            *_books(model, player, run),
            _faults(settings, model, player, run),
        ]
    return found


def _player(player: PlayerView) -> Finding:
    text = (
        f"{player.agent_symbol} in {player.system_symbol}, {simulation.shown_server(player.server_url)} of "
        f"{player.reset_date}: {player.status}"
    )
    if player.status is PlayerStatus.ACTIVE:
        return _fine("player", f"{text}, {credits(player.credits)} credits")
    return _note("player", f"{text}: {player.status_reason or 'no reason given'}")


def _token(settings: Settings, player: PlayerView) -> Finding:
    if token_of(settings, player.agent_symbol) is None:
        mend = "set SPACETRADERS_TOKEN, or use the home in which the agent was registered"
        return _wrong("token", f"there is none for {player.agent_symbol}", mend)
    return _fine("token", f"there is one for {player.agent_symbol}")


def _time(player: PlayerView, answer: Answer | None) -> list[Finding]:
    if answer is None:
        return []
    scale = answer.headers.get(TIME_SCALE_HEADER)
    if scale != player.time_scale:
        mend = "start `manufacturing up` (or `manufacturing universe`) anew, and then the workers"
        return [_wrong("time", "the server's time is not the one the player was enrolled with", mend)]
    return [_fine("time", "the fleet's game time is the server's")]


def _books(model: ReadModel, player: PlayerView, run: Run | None) -> list[Finding]:
    books = model.books(player.id)
    if not books.balance:
        missing = books.credits - books.start_credits - books.ledger_total
        found = [_wrong("ledger", f"{change(missing)} credits are not accounted for", "please report this as a bug")]
    else:
        found = [_fine("ledger", f"accounts for every one of {credits(books.credits)} credits")]
    if books.open_intents:
        later = "they are settled within a minute" if run else "they are settled when the fleet runs again"
        found.append(_note("trades", f"{books.open_intents} may or may not have happened; {later}"))
    return found


def _faults(settings: Settings, model: ReadModel, player: PlayerView, run: Run | None) -> Finding:
    since = game_now(model, player, run) - _OF_LATE
    faults = model.decisions_since(player.id, since, [DecisionKind.ERROR])
    if not faults:
        return _fine("errors", "none that nobody foresaw within a day")
    last, times = faults[0], sum(fault.times for fault in faults)
    found = (
        f"{times} within a day that nobody foresaw, the last at {moment(last.last_at)}: {last.subject}: {last.reason}"
    )
    mend = f"the fleet tries again by itself; please report it with what {logs_directory(settings)} says of it"
    return _note("errors", found, mend)


def _workers(settings: Settings, run: Run | None) -> Finding:
    os.environ["REDIS_URL"] = settings.redis_url or ""
    from manufacturing.worker.app import app

    queues = app.control.inspect(timeout=_PROBE_SECONDS).active_queues() or {}
    served = {queue["name"] for listening in queues.values() for queue in listening}
    missing = sorted(_QUEUES - served)
    names = ", ".join(sorted(queues)) or "none"
    if not missing:
        return _fine("workers", names)
    if not queues and run is None:
        return _note("workers", "none is running", "`manufacturing up`, or `honcho start` with the Procfile")
    mend = f"start one with `manufacturing process {missing[0]}`; its log tells why it ended"
    return _wrong("workers", f"nobody works on {', '.join(missing)} (running: {names})", mend)
