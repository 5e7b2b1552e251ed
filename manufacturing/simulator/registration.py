"""Letting a new agent in: token, fleet and first contract."""

import base64
import hmac
import json
import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from manufacturing.simulator.contracts import draw_contract
from manufacturing.simulator.entities import Agent, Contract
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.randomness import key
from manufacturing.simulator.universe import Scenario, Universe

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,13}")
_CREDITS = {Scenario.ESTABLISHED: 1_500_000, Scenario.NEW_AGENT: 175_000}


def register_agent(universe: Universe, symbol: str, faction: str) -> tuple[Agent, Contract]:
    """A new agent with the fleet of the scenario, and the first contract offered to it. In a captured system the
    first agent goes on with the recorded fleet instead.

    Raises Refusal when the symbol is taken (4111) or no symbol at all (3001).
    """
    if not _SYMBOL.fullmatch(symbol):
        raise Refusal(
            Code.BAD_INPUT,
            "An agent's symbol has 3 to 14 letters, digits, dashes or underscores.",
            symbol=[f"was {symbol!r}"],
        )
    if symbol in universe.state.agents:
        raise Refusal(Code.AGENT_SYMBOL_TAKEN, f"Agent symbol {symbol} is taken.", agentSymbol=symbol)
    settings = universe.settings
    recorded = universe.state.plan.fleet if not universe.state.agents else None
    usual = recorded.credits if recorded is not None else _CREDITS[settings.scenario]
    credits = settings.credits if settings.credits is not None else usual
    agent = Agent(
        symbol=symbol,
        account=f"account-{key(universe.seed, 'account', symbol, universe.state.reset_date):016x}",
        token=make_token(universe.seed, symbol, universe.state.reset_date),
        faction=faction,
        headquarters=universe.state.headquarters,
        credits=credits,
        joined_at=universe.now,
    )
    universe.add_agent(agent)
    if recorded is not None:
        for ship in recorded.ships:
            universe.rebuild_ship(agent, ship)
    else:
        _build_fleet(universe, agent)
    contract = draw_contract(universe, agent)
    universe.add_contract(contract)
    return agent, contract


def _build_fleet(universe: Universe, agent: Agent) -> None:
    home = universe.state.places[agent.headquarters]
    universe.build_ship(agent, "SHIP_COMMAND_FRIGATE", home)
    if universe.settings.scenario is Scenario.NEW_AGENT:
        universe.build_ship(agent, "SHIP_PROBE", home)
        return
    for _ in range(universe.settings.haulers):
        universe.build_ship(agent, "SHIP_LIGHT_HAULER", home)
    for place in universe.state.places.values():
        if place.system == home.system and place.market is not None and place.market.is_factory():
            universe.build_ship(agent, "SHIP_PROBE", place)


def make_token(seed: int, symbol: str, reset_date: str) -> str:
    """The token of an agent: it looks like the game's, and is the same in every universe of the seed and day."""
    head = _part({"alg": "RS256", "typ": "JWT"})
    issued = int(datetime.fromisoformat(f"{reset_date}T00:00:00+00:00").timestamp())
    body = _part(
        {
            "identifier": symbol,
            "version": "v2.3.0",
            "reset_date": reset_date,
            "iat": issued,
            "sub": "agent-token",
        }
    )
    signature = hmac.new(f"universe {seed}".encode(), f"{head}.{body}".encode(), sha256).digest()
    return f"{head}.{body}.{_base64(signature)}"


def token_reset_date(token: str) -> str | None:
    """The reset a token was made for; None when it is no token at all."""
    try:
        padded = token.split(".")[1] + "=="
        claims: Any = json.loads(base64.urlsafe_b64decode(padded))
        date = claims["reset_date"]
    except (IndexError, ValueError, KeyError, TypeError):
        return None
    return date if isinstance(date, str) else None


def _part(claims: dict[str, str | int]) -> str:
    return _base64(json.dumps(claims, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
