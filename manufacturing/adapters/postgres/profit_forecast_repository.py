"""Profit forecasts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import profit_forecasts
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.forecast_learning import PastForecast
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.profit_forecast import ProfitForecast

_forecasts = profit_forecasts.c


class PostgresProfitForecastRepository:
    """See ports.ProfitForecastRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, forecast: ProfitForecast) -> None:
        """Stores a new forecast."""
        self._session.add(forecast)

    def find_by_id(self, forecast_id: str) -> ProfitForecast:
        """UnknownThing when there is none."""
        forecast = self._session.get(ProfitForecast, forecast_id)
        if forecast is None:
            raise UnknownThing(f"there is no forecast {forecast_id}")
        return forecast

    def find_by_pipeline_id(self, pipeline_id: PipelineId) -> ProfitForecast | None:
        """The pipeline's latest forecast, if it has any."""
        latest = select(ProfitForecast).where(_forecasts.pipeline_id == pipeline_id)
        return self._session.scalar(latest.order_by(_forecasts.created_at.desc(), _forecasts.id.desc()).limit(1))

    def find_unvalidated(self, player_id: PlayerId) -> list[ProfitForecast]:
        """Forecasts whose pipeline has not ended, oldest first."""
        waiting = select(ProfitForecast).where(_forecasts.player_id == player_id, _forecasts.validated_at.is_(None))
        return list(self._session.scalars(waiting.order_by(_forecasts.created_at, _forecasts.id)))

    def of_completed(self, player_id: PlayerId, limit: int) -> list[PastForecast]:
        """What came of the forecasts of completed pipelines, the latest first."""
        latest = (
            select(
                _forecasts.target_good,
                _forecasts.kind,
                _forecasts.estimated_cost,
                _forecasts.estimated_revenue,
                _forecasts.low_profit,
                _forecasts.high_profit,
                _forecasts.actual_profit,
            )
            .where(_forecasts.player_id == player_id, _forecasts.outcome == PipelineStatus.COMPLETED)
            .order_by(_forecasts.validated_at.desc(), _forecasts.id)
            .limit(limit)
        )
        return [
            PastForecast(good=good, kind=kind, cost=cost, revenue=revenue, low=low, high=high, actual=actual)
            for good, kind, cost, revenue, low, high, actual in self._session.execute(latest)
        ]
