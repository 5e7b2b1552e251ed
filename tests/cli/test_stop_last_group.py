"""Workers end before the servers they use: a supervisor can stop what was started last, and keep the rest running."""

import sys
from pathlib import Path

from manufacturing.adapters.embedded.child import ManagedProcess
from manufacturing.cli.supervisor import ProcessEvent, Supervisor

SLEEP = "import time; time.sleep(600)"


def sleeper(name: str) -> ManagedProcess:
    return ManagedProcess(name=name, command=(sys.executable, "-c", SLEEP))


def test_the_last_group_is_ended_and_stays_ended_while_the_others_go_on(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(sleeper("server"))
        supervisor.start(sleeper("worker"), sleeper("beat"))
        server_before = supervisor.states()[0].pid

        supervisor.stop_last_group()

        server, worker, beat = supervisor.states()
        assert (server.event, server.pid) == (ProcessEvent.READY, server_before)
        assert (worker.event, worker.pid) == (ProcessEvent.STOPPED, None)
        assert (beat.event, beat.restarts) == (ProcessEvent.STOPPED, 0)
    assert [state.event for state in supervisor.states()] == [ProcessEvent.STOPPED] * 3


def test_stopping_a_group_of_a_stopped_supervisor_changes_nothing(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(sleeper("worker"))
    supervisor.stop_last_group()
    assert supervisor.states()[0].event is ProcessEvent.STOPPED
