"""The Celery application on the test run's broker."""

import pytest
from celery import Celery

from manufacturing.adapters.embedded import EmbeddedValkey


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, redis_url: str, valkey_server: EmbeddedValkey) -> Celery:
    """The application, with the test run's broker, emptied."""
    # The configuration asks the environment when it is first read.
    monkeypatch.setenv("REDIS_URL", redis_url)
    from manufacturing.worker.tasks import app

    app.conf.update(broker_url=valkey_server.broker_url())
    app.finalize()
    return app
