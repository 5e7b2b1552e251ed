"""The broker's address."""

from pathlib import Path

import pytest

from manufacturing.settings import BadSetting, Settings
from manufacturing.worker.broker import broker_url


@pytest.mark.parametrize(
    ("redis_url", "broker"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://cache.example:6380/2", "rediss://cache.example:6380/2"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
    ],
)
def test_redis_is_found_where_the_settings_say(redis_url: str, broker: str, tmp_path: Path) -> None:
    environment = {"REDIS_URL": redis_url, "MANUFACTURING_HOME": str(tmp_path)}
    assert broker_url(Settings.from_environment(environment)) == broker


def test_without_redis_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="REDIS_URL is not set"):
        broker_url(Settings.from_environment({"MANUFACTURING_HOME": str(tmp_path)}))
