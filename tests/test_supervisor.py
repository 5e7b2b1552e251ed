"""The supervisor: what it starts stays up, and what it ends is gone."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedServerError, EmbeddedValkey, child, locks
from manufacturing.adapters.embedded.child import ManagedProcess
from manufacturing.cli import supervisor as supervisor_module
from manufacturing.cli.supervisor import (
    HomeInUse,
    ProcessEvent,
    ProcessFailed,
    ProcessNotice,
    Supervisor,
)
from tests.servers import ROOT, state_directory

SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
WITH_A_CHILD = (
    "import subprocess, sys, time\n"
    "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True)\n"
    "time.sleep(600)"
)


class Listener:
    """Remembers what a supervisor tells, without the notices' figures."""

    def __init__(self) -> None:
        self.notices: list[ProcessNotice] = []

    def __call__(self, notice: ProcessNotice) -> None:
        self.notices.append(notice)

    def events(self, name: str) -> list[ProcessEvent]:
        """What happened to the process ``name``, in order."""
        return [notice.event for notice in self.notices if notice.name == name]

    def order(self, event: ProcessEvent) -> list[str]:
        """To which processes ``event`` happened, in order."""
        return [notice.name for notice in self.notices if notice.event is event]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "a home"
    assert locks.marked(supervisor_module._MARK, str(tmp_path / "a home")) == []


def python(name: str, code: str, **options: object) -> ManagedProcess:
    return ManagedProcess(name=name, command=(sys.executable, "-c", code), **options)  # type: ignore[arg-type]


def said(home: Path, name: str) -> str:
    return (home / "logs" / f"{name}.log").read_text()


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    assert child.wait_until(condition, seconds), "did not happen in time"


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_process_is_started_reported_ready_and_stopped(home: Path, listener: Listener) -> None:
    with Supervisor(home, listener) as supervisor:
        supervisor.start(python("worker", "print('hello', flush=True)\n" + SLEEP))
        (state,) = supervisor.states()
        assert (state.name, state.event, state.restarts) == ("worker", ProcessEvent.READY, 0)
        assert state.pid is not None
        wait_for(lambda: said(home, "worker") == "hello\n")

    assert is_gone(state.pid)
    assert listener.events("worker") == [ProcessEvent.STARTED, ProcessEvent.READY, ProcessEvent.STOPPED]
    assert listener.notices[-1].exit_code == -signal.SIGTERM


def test_start_waits_until_the_process_is_ready(home: Path) -> None:
    flag = home / "ready"
    code = f"import pathlib, time; time.sleep(0.3); pathlib.Path({str(flag)!r}).touch(); time.sleep(600)"
    with Supervisor(home) as supervisor:
        supervisor.start(python("slow", code, ready=flag.exists))
        assert flag.exists()


def test_a_readiness_check_that_fails_counts_as_not_ready_yet(home: Path) -> None:
    answers = iter([ConnectionRefusedError("nobody there"), TimeoutError("too slow")])

    def ready() -> bool:
        for error in answers:
            raise error
        return True

    with Supervisor(home) as supervisor:
        supervisor.start(python("shy", SLEEP, ready=ready))
        assert supervisor.states()[0].event is ProcessEvent.READY


def test_a_process_that_is_killed_comes_back_after_a_short_delay(home: Path, listener: Listener) -> None:
    with Supervisor(home, listener) as supervisor:
        supervisor.start(python("worker", SLEEP))
        first = supervisor.states()[0].pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: listener.events("worker").count(ProcessEvent.READY) == 2)
        state = supervisor.states()[0]
        assert state.restarts == 1
        assert state.pid != first

    assert listener.events("worker")[2:5] == [ProcessEvent.DIED, ProcessEvent.RESTARTING, ProcessEvent.STARTED]
    died, restarting = listener.notices[2:4]
    assert died.exit_code == -signal.SIGKILL
    assert "SIGKILL" in died.reason
    assert restarting.delay_seconds == 0.5


def test_the_delay_doubles_and_is_forgotten_in_good_health(
    home: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "_FIRST_DELAY_SECONDS", 0.05)
    monkeypatch.setattr(supervisor_module, "_LONGEST_DELAY_SECONDS", 0.15)
    monkeypatch.setattr(supervisor_module, "_HEALTHY_SECONDS", 0.6)
    counter = home / "starts"
    code = f"""
import pathlib, time
counter = pathlib.Path({str(counter)!r})
starts = len(counter.read_text()) if counter.exists() else 0
counter.write_text("x" * (starts + 1))
time.sleep(1.5 if starts == 3 else 600 if starts == 4 else 0.2)
"""
    with Supervisor(home, listener) as supervisor:
        supervisor.start(python("worker", code))
        wait_for(lambda: listener.events("worker").count(ProcessEvent.STARTED) == 5)

    delays = [notice.delay_seconds for notice in listener.notices if notice.event is ProcessEvent.RESTARTING]
    assert delays == [0.05, 0.1, 0.15, 0.05]


def test_a_process_that_never_becomes_ready_is_given_up_and_its_log_shown(home: Path, listener: Listener) -> None:
    with Supervisor(home, listener) as supervisor:
        broken = python("broken", "raise SystemExit('no such setting: COLOUR')", ready=lambda: False)
        with pytest.raises(ProcessFailed, match=r"(?s)broken: ended by itself .* \(exit code 1\).*no such setting"):
            supervisor.start(broken)

    assert listener.events("broken").count(ProcessEvent.STARTED) == 3
    assert listener.events("broken")[-1] is ProcessEvent.GAVE_UP


def test_a_process_that_is_not_ready_in_time_is_given_up(home: Path, listener: Listener) -> None:
    with Supervisor(home, listener) as supervisor, pytest.raises(ProcessFailed, match=r"not ready after 0\.2 s"):
        supervisor.start(python("late", SLEEP, ready=lambda: False, ready_seconds=0.2))
    assert listener.notices[-1].event is ProcessEvent.GAVE_UP


def test_a_server_that_cannot_be_prepared_is_not_tried_again(home: Path, listener: Listener) -> None:
    def refuse() -> None:
        raise EmbeddedServerError("The disk is full: free some space.")

    with Supervisor(home, listener) as supervisor, pytest.raises(ProcessFailed, match="The disk is full"):
        supervisor.start(python("postgres", SLEEP, prepare=refuse))
    assert listener.events("postgres") == [ProcessEvent.DIED, ProcessEvent.GAVE_UP]


def test_groups_stop_in_reverse_order(home: Path, listener: Listener) -> None:
    with Supervisor(home, listener) as supervisor:
        supervisor.start(python("database", SLEEP), python("broker", SLEEP))
        supervisor.start(python("worker", SLEEP), python("beat", SLEEP))
        supervisor.start(python("dashboard", SLEEP))

    stopped = listener.order(ProcessEvent.STOPPED)
    assert stopped[0] == "dashboard"
    assert set(stopped[1:3]) == {"worker", "beat"}
    assert set(stopped[3:]) == {"database", "broker"}


def test_a_process_that_ignores_the_signal_is_killed_and_all_is_over_in_ten_seconds(home: Path) -> None:
    with Supervisor(home) as supervisor:
        for name in ("one", "two", "three"):
            supervisor.start(python(name, STUBBORN, grace_seconds=60.0))
            wait_for(lambda name=name: "deaf" in said(home, name))  # type: ignore[misc]
        pids = [state.pid for state in supervisor.states()]
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert all(pid is not None and is_gone(pid) for pid in pids)


def test_a_stubborn_process_gets_no_longer_than_its_grace(home: Path) -> None:
    with Supervisor(home) as supervisor:
        supervisor.start(python("stubborn", STUBBORN, grace_seconds=0.3))
        wait_for(lambda: "deaf" in said(home, "stubborn"))
        began = time.monotonic()
    assert time.monotonic() - began < 3


def test_children_of_children_are_gone_too(home: Path) -> None:
    with Supervisor(home) as supervisor:
        supervisor.start(python("parent", WITH_A_CHILD))
        wait_for(lambda: said(home, "parent") != "")
        grandchild = int(said(home, "parent"))
        assert not is_gone(grandchild)
    wait_for(lambda: is_gone(grandchild), seconds=1)


def test_the_children_of_a_killed_process_are_gone_before_it_starts_again(home: Path, listener: Listener) -> None:
    with Supervisor(home, listener) as supervisor:
        supervisor.start(python("parent", WITH_A_CHILD))
        wait_for(lambda: said(home, "parent") != "")
        pid = supervisor.states()[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(said(home, "parent").split()) == 2)
        assert is_gone(int(said(home, "parent").split()[0]))


def test_a_child_that_left_the_process_group_is_gone_too(home: Path) -> None:
    runaway = WITH_A_CHILD.replace("time.sleep(600)'])", "time.sleep(600)'], start_new_session=True)")
    assert runaway != WITH_A_CHILD
    with Supervisor(home) as supervisor:
        supervisor.start(python("parent", runaway))
        wait_for(lambda: said(home, "parent") != "")
        grandchild = int(said(home, "parent"))
        assert not is_gone(grandchild)
    wait_for(lambda: is_gone(grandchild), seconds=1)


def test_a_second_supervisor_of_the_same_home_is_refused(home: Path) -> None:
    with Supervisor(home), pytest.raises(HomeInUse, match=rf"in use by another run \(process {os.getpid()}\)"):
        Supervisor(home).__enter__()
    with Supervisor(home) as afterwards:
        assert afterwards.states() == ()


def test_two_homes_run_side_by_side(home: Path) -> None:
    with Supervisor(home) as here, Supervisor(home.parent / "other") as there:
        here.start(python("worker", SLEEP))
        there.start(python("worker", SLEEP))
        here.stop()
        assert there.states()[0].event is ProcessEvent.READY
        pid = there.states()[0].pid
        assert pid is not None
        assert not is_gone(pid)


def test_a_listener_that_fails_does_no_harm(home: Path) -> None:
    def fail(_: ProcessNotice) -> None:
        raise ValueError("cannot draw")

    with Supervisor(home, fail) as supervisor:
        supervisor.start(python("worker", SLEEP))
        assert supervisor.states()[0].event is ProcessEvent.READY


def test_a_large_log_makes_room_at_a_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "_LOG_LIMIT_BYTES", 10)
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "worker.log").write_text("what was said long ago\n")
    with Supervisor(home) as supervisor:
        supervisor.start(python("worker", "print('new', flush=True)\n" + SLEEP))
        wait_for(lambda: said(home, "worker") == "new\n")
    assert (home / "logs" / "worker.log.1").read_text() == "what was said long ago\n"


def run_up(home: Path) -> subprocess.Popen[str]:
    """A supervisor in a process of its own, with a deaf child; says that child's process id."""
    script = f"""
        import sys, time
        from pathlib import Path
        from manufacturing.adapters.embedded.child import ManagedProcess
        from manufacturing.cli.supervisor import Supervisor
        home = Path(sys.argv[1])
        with Supervisor(home) as supervisor:
            supervisor.start(ManagedProcess(name="polite", command=(sys.executable, "-c", {SLEEP!r})))
            supervisor.start(ManagedProcess(name="deaf", command=(sys.executable, "-c", {STUBBORN!r})))
            while "deaf" not in (home / "logs" / "deaf.log").read_text():
                time.sleep(0.05)
            try:
                print(*(state.pid for state in supervisor.states()), flush=True)
                time.sleep(600)
            except KeyboardInterrupt:
                print("stopping", flush=True)
        print("stopped", flush=True)
    """
    return subprocess.Popen(
        [sys.executable, "-c", dedent(script), str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def pids_said_by(running: subprocess.Popen[str]) -> list[int]:
    assert running.stdout is not None
    return [int(word) for word in running.stdout.readline().split()]


def test_what_outlives_a_killed_supervisor_is_ended_by_the_next(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "_LEFTOVER_SECONDS", 0.5)
    with run_up(home) as running:
        polite, deaf = pids_said_by(running)
        running.kill()
    wait_for(lambda: is_gone(polite))
    assert not is_gone(deaf)

    with Supervisor(home):
        # It was killed; on a busy machine it takes a moment to be gone.
        wait_for(lambda: is_gone(deaf))


def test_a_second_interrupt_ends_the_patience(home: Path) -> None:
    with run_up(home) as running:
        pids = pids_said_by(running)
        running.send_signal(signal.SIGINT)
        assert running.stdout is not None
        assert running.stdout.readline() == "stopping\n"
        time.sleep(0.3)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.stdout.readline() == "stopped\n"
        assert time.monotonic() - began < 2
    assert all(is_gone(pid) for pid in pids)


def test_the_embedded_servers_come_back_when_killed_and_leave_nothing(listener: Listener) -> None:
    home = state_directory() / "supervised"
    database, broker = EmbeddedPostgres(home / "postgres"), EmbeddedValkey(home / "valkey")
    with Supervisor(home, listener) as supervisor:
        supervisor.start(database.process(), broker.process())
        database.create_database("kept")
        for state in supervisor.states():
            assert state.pid is not None
            os.kill(state.pid, signal.SIGKILL)
        wait_for(lambda: listener.order(ProcessEvent.READY).count("postgres") == 2)
        wait_for(lambda: listener.order(ProcessEvent.READY).count("valkey") == 2)
        assert broker.is_ready()
        database.create_database("copy", template="kept")
    assert locks.holders(database.lock) == {}
    assert locks.holders(broker.lock) == {}
    assert re.search("database system is shut down", said(home, "postgres"))
    database.destroy()
    broker.destroy()
