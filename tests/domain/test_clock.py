"""Game time and wall time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.clock import TimeScale

moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_the_real_game_runs_on_wall_time() -> None:
    moment = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert TimeScale.real().game_at(moment) == moment


def test_sixty_times_as_fast_an_hour_lasts_a_minute() -> None:
    start = datetime(2026, 1, 4, tzinfo=UTC)
    wall = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    scale = TimeScale(60, wall, start)
    assert scale.game_at(wall + timedelta(minutes=1)) == start + timedelta(hours=1)


@given(st.integers(1, 1000), moments, moments)
def test_a_time_scale_survives_being_written_down(factor: int, wall: datetime, game: datetime) -> None:
    scale = TimeScale(factor, wall, game)
    assert TimeScale.parse(str(scale)) == scale


@pytest.mark.parametrize("text", ["", "60", "60@now>then", "fast@2026-01-01T00:00:00+00:00>2026-01-01T00:00:00+00:00"])
def test_text_that_is_no_time_scale_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time scale"):
        TimeScale.parse(text)
