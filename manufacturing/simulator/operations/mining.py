"""Taking goods out of asteroids and gas giants, and refining them aboard."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from manufacturing.simulator import views
from manufacturing.simulator.catalogue import MOUNTS
from manufacturing.simulator.deposits import (
    EXHAUSTED_AFTER,
    deposits_at,
    draw_gas,
    draw_good,
    is_mineable,
    is_siphonable,
    note_extraction,
)
from manufacturing.simulator.entities import Place, Ship, Survey
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import BodyRule, Items, Structure, Text
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_aboard,
    require_cooled_down,
    require_in_orbit,
)
from manufacturing.simulator.randomness import key
from manufacturing.simulator.universe import Universe
from manufacturing.simulator.wear import wear_out

#: Extractions a survey of each size is good for.
_SURVEY_USES: Final = {"SMALL": 8, "MODERATE": 16, "LARGE": 32}
_SURVEY_MINUTES: Final = (15, 60)
_SURVEY_COOLDOWN: Final = 70
_EXTRACT_COOLDOWN: Final = 60
#: Seconds of cooldown that every mount at work adds.
_COOLDOWN_PER_MOUNT: Final = 10
_REFINE_COOLDOWN: Final = 60
#: Units refined away, and units they become.
_REFINED: Final = (30, 10)
_ORES: Final = {
    "IRON": "IRON_ORE",
    "COPPER": "COPPER_ORE",
    "SILVER": "SILVER_ORE",
    "GOLD": "GOLD_ORE",
    "ALUMINUM": "ALUMINUM_ORE",
    "PLATINUM": "PLATINUM_ORE",
    "URANITE": "URANITE_ORE",
    "MERITIUM": "MERITIUM_ORE",
}
_SURVEY_FIELDS: Final[BodyRule] = {
    "signature": Text(),
    "symbol": Text(required=False),
    "deposits": Items(),
    "expiration": Text(required=False),
    "size": Text(required=False),
}


@operation("POST", "/my/ships/{}/survey")
def create_survey(universe: Universe, call: Call) -> Reply:
    """Looks for good spots on an asteroid."""
    ship, place = _at_work(universe, call)
    surveyors = ship.mounts_of("MOUNT_SURVEYOR")
    if not surveyors:
        raise Refusal(Code.NO_SURVEYOR, f"Ship {ship.symbol} has no surveyor.", shipSymbol=ship.symbol)
    if not is_mineable(place):
        raise Refusal(
            Code.SURVEY_INVALID_WAYPOINT, f"There is nothing to survey at {place.symbol}.", waypointSymbol=place.symbol
        )
    count = sum(MOUNTS[mount].strength or 0 for mount in surveyors)
    surveys = [_survey(universe, ship, place, call) for _ in range(count)]
    _forget_old_surveys(universe, call)
    for survey in surveys:
        universe.state.surveys[survey.signature] = survey
    universe.cool_down(ship, _SURVEY_COOLDOWN + _COOLDOWN_PER_MOUNT * (len(surveyors) - 1))
    return Reply(
        {"cooldown": views.cooldown(ship, call.now), "surveys": [views.survey(survey) for survey in surveys]},
        status=201,
    )


def _survey(universe: Universe, ship: Ship, place: Place, call: Call) -> Survey:
    chance = universe.chance(ship, "survey")
    weights = deposits_at(place)
    size = chance.choice(list(_SURVEY_USES))
    name = f"{key(universe.seed, 'survey', ship.symbol, ship.draws) % 0xFFFFFF:06X}"
    return Survey(
        signature=f"{place.symbol}-{name}",
        waypoint=place.symbol,
        deposits=[draw_good(weights, chance) for _ in range(chance.randrange(3, 8))],
        size=size,
        expires_at=call.now + timedelta(minutes=chance.randrange(*_SURVEY_MINUTES)),
        uses_left=_SURVEY_USES[size],
    )


def _forget_old_surveys(universe: Universe, call: Call) -> None:
    surveys = universe.state.surveys
    for signature in [s.signature for s in surveys.values() if s.expires_at < call.now]:
        del surveys[signature]


@operation("POST", "/my/ships/{}/extract", body={"survey": Structure()})
def extract_resources(universe: Universe, call: Call) -> Reply:
    """Mines an asteroid, with a survey or without."""
    given = call.body.get("survey")
    return _extract(universe, call, given)


@operation("POST", "/my/ships/{}/extract/survey", body=_SURVEY_FIELDS)
def extract_resources_with_survey(universe: Universe, call: Call) -> Reply:
    """Mines an asteroid where a survey tells."""
    return _extract(universe, call, call.body)


def _extract(universe: Universe, call: Call, given: Mapping[str, Any] | None) -> Reply:
    ship, place = _at_work(universe, call)
    lasers = ship.mounts_of("MOUNT_MINING_LASER")
    if not lasers:
        raise Refusal(Code.NO_MINING_LASER, f"Ship {ship.symbol} has no mining laser.", shipSymbol=ship.symbol)
    if not ship.has_module("MODULE_MINERAL_PROCESSOR"):
        raise Refusal(
            Code.NO_MINERAL_PROCESSOR, f"Ship {ship.symbol} has no mineral processor.", shipSymbol=ship.symbol
        )
    if not is_mineable(place):
        raise Refusal(
            Code.EXTRACT_INVALID_WAYPOINT, f"There is nothing to mine at {place.symbol}.", waypointSymbol=place.symbol
        )
    if place.extracted >= EXHAUSTED_AFTER:
        raise Refusal(Code.ASTEROID_UNSTABLE, f"{place.symbol} would break apart.", waypointSymbol=place.symbol)
    _require_space(ship)
    survey = _usable_survey(universe, call, place, given) if given is not None else None
    chance = universe.chance(ship, "extract")
    good = chance.choice(survey.deposits) if survey else draw_good(deposits_at(place), chance)
    units = _drawn_units(ship, lasers, place, chance.uniform(0.6, 1.4))
    if survey:
        survey.uses_left -= 1
    ship.load(good, units)
    note_extraction(place, units)
    universe.cool_down(ship, _EXTRACT_COOLDOWN + _COOLDOWN_PER_MOUNT * len(lasers))
    events = wear_out(universe, ship, 1.0)
    data: dict[str, Any] = {
        "cooldown": views.cooldown(ship, call.now),
        "extraction": {"shipSymbol": ship.symbol, "yield": {"symbol": good, "units": units}},
        "cargo": views.cargo(ship),
        "events": events,
    }
    if given is None or "survey" in call.body:
        data["modifiers"] = [views.described(modifier) for modifier in place.modifiers]
    return Reply(data, status=201)


def _usable_survey(universe: Universe, call: Call, place: Place, given: Mapping[str, Any]) -> Survey:
    signature = given.get("signature")
    survey = universe.state.surveys.get(signature) if isinstance(signature, str) else None
    if survey is None or survey.waypoint != place.symbol:
        raise Refusal(
            Code.SURVEY_NOT_VERIFIED, f"No survey {signature} of {place.symbol} is known.", signature=signature
        )
    if survey.expires_at < call.now:
        raise Refusal(Code.SURVEY_EXPIRED, f"Survey {signature} has expired.", signature=signature)
    if survey.uses_left <= 0:
        raise Refusal(Code.SURVEY_EXHAUSTED, f"Survey {signature} is exhausted.", signature=signature)
    return survey


@operation("POST", "/my/ships/{}/siphon")
def siphon_resources(universe: Universe, call: Call) -> Reply:
    """Draws gases from a gas giant."""
    ship, place = _at_work(universe, call)
    siphons = ship.mounts_of("MOUNT_GAS_SIPHON")
    if not siphons:
        raise Refusal(Code.NO_GAS_SIPHON, f"Ship {ship.symbol} has no gas siphon.", shipSymbol=ship.symbol)
    if not ship.has_module("MODULE_GAS_PROCESSOR"):
        raise Refusal(Code.NO_GAS_PROCESSOR, f"Ship {ship.symbol} has no gas processor.", shipSymbol=ship.symbol)
    if not is_siphonable(place):
        raise Refusal(
            Code.SIPHON_INVALID_WAYPOINT, f"There is nothing to siphon at {place.symbol}.", waypointSymbol=place.symbol
        )
    _require_space(ship)
    chance = universe.chance(ship, "siphon")
    good = draw_gas(chance)
    units = _drawn_units(ship, siphons, place, chance.uniform(0.6, 1.4))
    ship.load(good, units)
    universe.cool_down(ship, _EXTRACT_COOLDOWN + _COOLDOWN_PER_MOUNT * len(siphons))
    return Reply(
        {
            "cooldown": views.cooldown(ship, call.now),
            "siphon": {"shipSymbol": ship.symbol, "yield": {"symbol": good, "units": units}},
            "cargo": views.cargo(ship),
            "events": wear_out(universe, ship, 1.0),
        },
        status=201,
    )


@operation("POST", "/my/ships/{}/refine", body={"produce": Text(among=frozenset({*_ORES, "FUEL"}))})
def ship_refine(universe: Universe, call: Call) -> Reply:
    """Refines 30 units of an ore into 10 of its metal, or hydrocarbon into fuel."""
    ship = own_ship(universe, call)
    require_in_orbit(ship, call.now)
    require_cooled_down(ship, call.now)
    product = call.body["produce"]
    refinery, ore = "MODULE_ORE_REFINERY", _ORES.get(product, "HYDROCARBON")
    if product == "FUEL":
        refinery = "MODULE_FUEL_REFINERY"
    if not ship.has_module(refinery) and not ship.has_module("MODULE_MICRO_REFINERY"):
        raise Refusal(Code.NO_REFINERY, f"Ship {ship.symbol} has no refinery for {product}.", shipSymbol=ship.symbol)
    consumed, produced = _REFINED
    require_aboard(ship, ore, consumed)
    ship.unload(ore, consumed)
    ship.load(product, produced)
    universe.cool_down(ship, _REFINE_COOLDOWN)
    return Reply(
        {
            "cargo": views.cargo(ship),
            "cooldown": views.cooldown(ship, call.now),
            "produced": [{"tradeSymbol": product, "units": produced}],
            "consumed": [{"tradeSymbol": ore, "units": consumed}],
        },
        status=201,
    )


def _at_work(universe: Universe, call: Call) -> tuple[Ship, Place]:
    """The ship and where it is, ready to work."""
    ship = own_ship(universe, call)
    require_in_orbit(ship, call.now)
    require_cooled_down(ship, call.now)
    return ship, universe.state.places[ship.waypoint]


def _require_space(ship: Ship) -> None:
    if ship.cargo_units >= ship.cargo_capacity:
        raise Refusal(
            Code.CARGO_FULL,
            f"The hold of ship {ship.symbol} is full.",
            shipSymbol=ship.symbol,
            cargoCapacity=ship.cargo_capacity,
            cargoUnits=ship.cargo_units,
        )


def _drawn_units(ship: Ship, mounts: list[str], place: Place, luck: float) -> int:
    strength: float = sum(MOUNTS[mount].strength or 0 for mount in mounts)
    if "STRIPPED" in place.modifiers:
        strength /= 2
    return min(ship.cargo_capacity - ship.cargo_units, max(1, round(strength * luck)))
