"""What the answers of the API look like, field by field, and a check that knows neither more nor less.

A shape is a type, a set of allowed words, a list with the shape of its items, or a dictionary of fields; a field whose
name ends in ``?`` may be missing.
"""

import re
from typing import Any

from manufacturing.domain.prices import Activity, ListingType, Supply
from manufacturing.domain.travel import FlightMode
from manufacturing.simulator.catalogue import ENGINES, FACTIONS, FRAMES, MODULES, MOUNTS, REACTORS, SHIP_TYPES

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Moment:
    """Marks a text that is a moment."""


class Whole:
    """Marks a whole number of at least 0."""


class Share:
    """Marks a number from 0 to 1."""


class WordsTo:
    """Marks an object that maps any text to the shape given."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def differences(value: Any, shape: Any, where: str = "data") -> list[str]:
    """Every way in which ``value`` is not of ``shape``."""
    if isinstance(shape, dict):
        return _field_differences(value, shape, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} is no list: {value!r:.80}"]
        return [d for i, item in enumerate(value) for d in differences(item, shape[0], f"{where}[{i}]")]
    if isinstance(shape, WordsTo):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        return [d for name, item in value.items() for d in differences(item, shape.shape, f"{where}.{name}")]
    return [] if _fits(value, shape) else [f"{where} is {value!r:.80}, not {shape}"]


def _field_differences(value: Any, shape: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object: {value!r:.80}"]
    known = {name.rstrip("?"): (inner, name.endswith("?")) for name, inner in shape.items()}
    found = [f"{where}.{name} is undocumented" for name in value.keys() - known.keys()]
    for name, (inner, optional) in known.items():
        if name in value:
            found += differences(value[name], inner, f"{where}.{name}")
        elif not optional:
            found.append(f"{where}.{name} is missing")
    return found


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, set | frozenset):
        return value in shape
    if shape is Moment:
        return isinstance(value, str) and MOMENT.fullmatch(value) is not None
    if shape is Whole:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if shape is Share:
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    if shape is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if shape is str:
        return isinstance(value, str)
    return isinstance(value, shape)


NAMED = {"symbol": str, "name": str, "description": str}
AGENT_IN_PUBLIC = {
    "symbol": str,
    "headquarters": str,
    "credits": int,
    "startingFaction": set(FACTIONS),
    "shipCount": Whole,
}
AGENT = {**AGENT_IN_PUBLIC, "accountId": str}
FACTION = {
    "symbol": set(FACTIONS),
    "name": str,
    "description": str,
    "headquarters?": str,
    "traits": [NAMED],
    "isRecruiting": bool,
}
CONTRACT = {
    "id": str,
    "factionSymbol": set(FACTIONS),
    "type": {"PROCUREMENT", "TRANSPORT", "SHUTTLE"},
    "terms": {
        "deadline": Moment,
        "payment": {"onAccepted": Whole, "onFulfilled": Whole},
        "deliver?": [{"tradeSymbol": str, "destinationSymbol": str, "unitsRequired": Whole, "unitsFulfilled": Whole}],
    },
    "accepted": bool,
    "fulfilled": bool,
    "expiration": Moment,
    "deadlineToAccept?": Moment,
}

WAYPOINT_TYPES = {
    "PLANET", "GAS_GIANT", "MOON", "ORBITAL_STATION", "JUMP_GATE", "ASTEROID", "ENGINEERED_ASTEROID", "ASTEROID_BASE",
    "FUEL_STATION",
}  # fmt: skip
BARE_WAYPOINT = {
    "symbol": str,
    "type": WAYPOINT_TYPES,
    "x": int,
    "y": int,
    "orbitals": [{"symbol": str}],
    "orbits?": str,
}
CHART = {"waypointSymbol": str, "submittedBy": str, "submittedOn": Moment}
WAYPOINT = {
    **BARE_WAYPOINT,
    "systemSymbol": str,
    "traits": [NAMED],
    "modifiers?": [NAMED],
    "chart?": CHART,
    "faction?": {"symbol": set(FACTIONS)},
    "isUnderConstruction": bool,
}
STARS = {"NEUTRON_STAR", "RED_STAR", "ORANGE_STAR", "BLUE_STAR", "YOUNG_STAR", "WHITE_DWARF"}
SYSTEM = {
    "symbol": str,
    "sectorSymbol": str,
    "constellation?": str,
    "name?": str,
    "type": STARS,
    "x": int,
    "y": int,
    "waypoints": [BARE_WAYPOINT],
    "factions": [{"symbol": str}],
}
CONSTRUCTION = {
    "symbol": str,
    "materials": [{"tradeSymbol": str, "required": Whole, "fulfilled": Whole}],
    "isComplete": bool,
}

MARKET_TRANSACTION = {
    "waypointSymbol": str,
    "shipSymbol": str,
    "tradeSymbol": str,
    "type": {"PURCHASE", "SELL"},
    "units": Whole,
    "pricePerUnit": Whole,
    "totalPrice": Whole,
    "timestamp": Moment,
}
MARKET_OUTLINE = {"symbol": str, "exports": [NAMED], "imports": [NAMED], "exchange": [NAMED]}
MARKET = {
    **MARKET_OUTLINE,
    "transactions": [MARKET_TRANSACTION],
    "tradeGoods": [
        {
            "symbol": str,
            "type": set(ListingType),
            "tradeVolume": Whole,
            "supply": set(Supply),
            "activity?": set(Activity),
            "purchasePrice": Whole,
            "sellPrice": Whole,
        }
    ],
}

REQUIREMENTS = {"power?": int, "crew?": int, "slots?": int}
_WORN = {
    "name": str,
    "description": str,
    "condition": Share,
    "integrity": Share,
    "quality": int,
    "requirements": REQUIREMENTS,
}
FRAME = {
    **_WORN,
    "symbol": set(FRAMES),
    "moduleSlots": Whole,
    "mountingPoints": Whole,
    "fuelCapacity": Whole,
}
REACTOR = {**_WORN, "symbol": set(REACTORS), "powerOutput": Whole}
ENGINE = {**_WORN, "symbol": set(ENGINES), "speed": Whole}
MODULE = {**NAMED, "symbol": set(MODULES), "capacity?": Whole, "range?": Whole, "requirements": REQUIREMENTS}
MOUNT = {**NAMED, "symbol": set(MOUNTS), "strength?": Whole, "deposits?": [str], "requirements": REQUIREMENTS}
CARGO = {"capacity": Whole, "units": Whole, "inventory": [{**NAMED, "units": Whole}]}
FUEL = {"current": Whole, "capacity": Whole, "consumed?": {"amount": Whole, "timestamp": Moment}}
COOLDOWN = {"shipSymbol": str, "totalSeconds": Whole, "remainingSeconds": Whole, "expiration?": Moment}
_ROUTE_WAYPOINT = {"symbol": str, "type": WAYPOINT_TYPES, "systemSymbol": str, "x": int, "y": int}
NAV = {
    "systemSymbol": str,
    "waypointSymbol": str,
    "route": {
        "destination": _ROUTE_WAYPOINT,
        "origin": _ROUTE_WAYPOINT,
        "departure?": _ROUTE_WAYPOINT,
        "departureTime": Moment,
        "arrival": Moment,
    },
    "status": {"IN_TRANSIT", "IN_ORBIT", "DOCKED"},
    "flightMode": set(FlightMode),
}
REGISTRATION = {"name": str, "factionSymbol": set(FACTIONS), "role": {facts.role for facts in SHIP_TYPES.values()}}
SHIP = {
    "symbol": str,
    "registration": REGISTRATION,
    "nav": NAV,
    "crew": {
        "current": Whole,
        "required": Whole,
        "capacity": Whole,
        "rotation": {"STRICT", "RELAXED"},
        "morale": Whole,
        "wages": Whole,
    },
    "frame": FRAME,
    "reactor": REACTOR,
    "engine": ENGINE,
    "cooldown": COOLDOWN,
    "modules": [MODULE],
    "mounts": [MOUNT],
    "cargo": CARGO,
    "fuel": FUEL,
}
EVENT = {"symbol": str, "component": {"FRAME", "REACTOR", "ENGINE"}, "name": str, "description": str}

YARD_OUTLINE = {"symbol": str, "shipTypes": [{"type": set(SHIP_TYPES)}], "modificationsFee": Whole}
YARD_TRANSACTION = {
    "waypointSymbol": str,
    "shipSymbol": str,
    "shipType": set(SHIP_TYPES),
    "price": Whole,
    "agentSymbol": str,
    "timestamp": Moment,
}
YARD = {
    **YARD_OUTLINE,
    "transactions": [YARD_TRANSACTION],
    "ships": [
        {
            "type": set(SHIP_TYPES),
            "name": str,
            "description": str,
            "supply": set(Supply),
            "activity?": set(Activity),
            "purchasePrice": Whole,
            "frame": FRAME,
            "reactor": REACTOR,
            "engine": ENGINE,
            "modules": [MODULE],
            "mounts": [MOUNT],
            "crew": {"required": Whole, "capacity": Whole},
        }
    ],
}
SERVICE = {"waypointSymbol": str, "shipSymbol": str, "totalPrice": Whole, "timestamp": Moment}
MODIFICATION = {**SERVICE, "tradeSymbol": str}
SURVEY = {
    "signature": str,
    "symbol": str,
    "deposits": [{"symbol": str}],
    "expiration": Moment,
    "size": {"SMALL", "MODERATE", "LARGE"},
}
YIELD = {"shipSymbol": str, "yield": {"symbol": str, "units": Whole}}
_AMOUNTS = [{"tradeSymbol": str, "units": Whole}]
_TRADE = {"agent": AGENT, "cargo": CARGO, "transaction": MARKET_TRANSACTION}
_EXTRACTION = {"cooldown": COOLDOWN, "extraction": YIELD, "cargo": CARGO, "events": [EVENT]}

#: For each operation the status of a success and the shape of its ``data`` (of the whole answer where it has none).
ANSWERS: dict[str, tuple[int, Any]] = {
    "GET /": (
        200,
        {
            "status": str,
            "version": str,
            "resetDate": str,
            "description": str,
            "stats": {"accounts?": Whole, "agents": Whole, "ships": Whole, "systems": Whole, "waypoints": Whole},
            "health": {"lastMarketUpdate": Moment},
            "leaderboards": {
                "mostCredits": [{"agentSymbol": str, "credits": int}],
                "mostSubmittedCharts": [{"agentSymbol": str, "chartCount": Whole}],
            },
            "serverResets": {"next": Moment, "frequency": str},
            "announcements": [{"title": str, "body": str}],
            "links": [{"name": str, "url": str}],
        },
    ),
    "GET /error-codes": (200, {"errorCodes": [{"code": Whole, "name": str}]}),
    "POST /register": (
        201,
        {"agent": AGENT, "contract": CONTRACT, "faction": FACTION, "ships": [SHIP], "token": str},
    ),
    "GET /systems": (200, [SYSTEM]),
    "GET /systems/{}": (200, SYSTEM),
    "GET /systems/{}/waypoints": (200, [WAYPOINT]),
    "GET /systems/{}/waypoints/{}": (200, WAYPOINT),
    "GET /systems/{}/waypoints/{}/market": (200, MARKET),
    "GET /systems/{}/waypoints/{}/shipyard": (200, YARD),
    "GET /systems/{}/waypoints/{}/jump-gate": (200, {"symbol": str, "connections": [str]}),
    "GET /systems/{}/waypoints/{}/construction": (200, CONSTRUCTION),
    "POST /systems/{}/waypoints/{}/construction/supply": (201, {"construction": CONSTRUCTION, "cargo": CARGO}),
    "GET /factions": (200, [FACTION]),
    "GET /factions/{}": (200, FACTION),
    "GET /my/agent": (200, AGENT),
    "GET /my/account": (
        200,
        {"account": {"id": str, "email": (str, type(None)), "token": (str, type(None)), "createdAt": Moment}},
    ),
    "GET /agents": (200, [AGENT_IN_PUBLIC]),
    "GET /agents/{}": (200, AGENT_IN_PUBLIC),
    "GET /my/contracts": (200, [CONTRACT]),
    "GET /my/contracts/{}": (200, CONTRACT),
    "POST /my/contracts/{}/accept": (200, {"agent": AGENT, "contract": CONTRACT}),
    "POST /my/contracts/{}/deliver": (200, {"contract": CONTRACT, "cargo": CARGO}),
    "POST /my/contracts/{}/fulfill": (200, {"agent": AGENT, "contract": CONTRACT}),
    "GET /my/ships": (200, [SHIP]),
    "POST /my/ships": (201, {"agent": AGENT, "ship": SHIP, "transaction": YARD_TRANSACTION}),
    "GET /my/ships/{}": (200, SHIP),
    "GET /my/ships/{}/cargo": (200, CARGO),
    "GET /my/ships/{}/nav": (200, NAV),
    "GET /my/ships/{}/cooldown": (200, COOLDOWN),
    "GET /my/ships/{}/mounts": (200, [MOUNT]),
    "GET /my/ships/{}/modules": (200, [MODULE]),
    "GET /my/ships/{}/repair": (200, {"transaction": SERVICE}),
    "GET /my/ships/{}/scrap": (200, {"transaction": SERVICE}),
    "PATCH /my/ships/{}/nav": (200, {"nav": NAV, "fuel": FUEL, "events": [EVENT]}),
    "POST /my/ships/{}/orbit": (200, {"nav": NAV}),
    "POST /my/ships/{}/dock": (200, {"nav": NAV}),
    "POST /my/ships/{}/navigate": (200, {"nav": NAV, "fuel": FUEL, "events": [EVENT]}),
    "POST /my/ships/{}/warp": (200, {"nav": NAV, "fuel": FUEL}),
    "POST /my/ships/{}/jump": (
        200,
        {"nav": NAV, "cooldown": COOLDOWN, "transaction": MARKET_TRANSACTION, "agent": AGENT},
    ),
    "POST /my/ships/{}/refine": (
        201,
        {"cargo": CARGO, "cooldown": COOLDOWN, "produced": _AMOUNTS, "consumed": _AMOUNTS},
    ),
    "POST /my/ships/{}/chart": (201, {"chart": CHART, "waypoint": WAYPOINT, "agent": AGENT}),
    "POST /my/ships/{}/survey": (201, {"cooldown": COOLDOWN, "surveys": [SURVEY]}),
    "POST /my/ships/{}/extract": (201, {**_EXTRACTION, "modifiers?": [NAMED]}),
    "POST /my/ships/{}/extract/survey": (201, _EXTRACTION),
    "POST /my/ships/{}/siphon": (201, {"cooldown": COOLDOWN, "siphon": YIELD, "cargo": CARGO, "events": [EVENT]}),
    "POST /my/ships/{}/jettison": (200, {"cargo": CARGO}),
    "POST /my/ships/{}/transfer": (200, {"cargo": CARGO}),
    "POST /my/ships/{}/purchase": (201, _TRADE),
    "POST /my/ships/{}/sell": (201, _TRADE),
    "POST /my/ships/{}/refuel": (
        200,
        {"agent": AGENT, "fuel": FUEL, "transaction": MARKET_TRANSACTION, "cargo?": CARGO},
    ),
    "POST /my/ships/{}/scan/systems": (
        201,
        {
            "cooldown": COOLDOWN,
            "systems": [{"symbol": str, "sectorSymbol": str, "type": STARS, "x": int, "y": int, "distance": Whole}],
        },
    ),
    "POST /my/ships/{}/scan/waypoints": (
        201,
        {
            "cooldown": COOLDOWN,
            "waypoints": [
                {
                    "symbol": str,
                    "type": WAYPOINT_TYPES,
                    "systemSymbol": str,
                    "x": int,
                    "y": int,
                    "orbitals": [{"symbol": str}],
                    "faction?": {"symbol": str},
                    "traits": [NAMED],
                    "chart?": CHART,
                }
            ],
        },
    ),
    "POST /my/ships/{}/scan/ships": (
        201,
        {
            "cooldown": COOLDOWN,
            "ships": [
                {
                    "symbol": str,
                    "registration": REGISTRATION,
                    "nav": NAV,
                    "frame?": {"symbol": str},
                    "reactor?": {"symbol": str},
                    "engine": {"symbol": str},
                    "mounts?": [{"symbol": str}],
                }
            ],
        },
    ),
    "POST /my/ships/{}/negotiate/contract": (201, {"contract": CONTRACT}),
    "POST /my/ships/{}/mounts/install": (
        201,
        {"agent": AGENT, "mounts": [MOUNT], "cargo": CARGO, "transaction": MODIFICATION},
    ),
    "POST /my/ships/{}/mounts/remove": (
        201,
        {"agent": AGENT, "mounts": [MOUNT], "cargo": CARGO, "transaction": MODIFICATION},
    ),
    "POST /my/ships/{}/modules/install": (
        201,
        {"agent": AGENT, "modules": [MODULE], "cargo": CARGO, "transaction": MODIFICATION},
    ),
    "POST /my/ships/{}/modules/remove": (
        201,
        {"agent": AGENT, "modules": [MODULE], "cargo": CARGO, "transaction": MODIFICATION},
    ),
    "POST /my/ships/{}/repair": (200, {"agent": AGENT, "ship": SHIP, "transaction": SERVICE}),
    "POST /my/ships/{}/scrap": (200, {"agent": AGENT, "transaction": SERVICE}),
    "GET /market/supply-chain": (200, {"exportToImportMap": WordsTo([str])}),
}

#: Lists have ``meta`` beside their ``data``.
META = {"total": Whole, "page": Whole, "limit": Whole}
PAGED = {
    "GET /systems",
    "GET /systems/{}/waypoints",
    "GET /factions",
    "GET /agents",
    "GET /my/contracts",
    "GET /my/ships",
}
#: Answers that are no envelope.
BARE = {"GET /", "GET /error-codes"}
