"""Answers of the game as it gives them, with fields we do not read among those we do."""

from typing import Any

JSON = dict[str, Any]

AGENT: JSON = {
    "accountId": "cl0hok34m0003ks0jjql5q8f2",
    "symbol": "TRADER",
    "headquarters": "X1-AB12-A1",
    "credits": 175000,
    "startingFaction": "COSMIC",
    "shipCount": 2,
}

NAV: JSON = {
    "systemSymbol": "X1-AB12",
    "waypointSymbol": "X1-AB12-F55",
    "route": {
        "departure": {"symbol": "X1-AB12-A1", "type": "PLANET", "systemSymbol": "X1-AB12", "x": 1, "y": 2},
        "origin": {"symbol": "X1-AB12-A1", "type": "PLANET", "systemSymbol": "X1-AB12", "x": 1, "y": 2},
        "destination": {"symbol": "X1-AB12-F55", "type": "MOON", "systemSymbol": "X1-AB12", "x": 30, "y": -4},
        "departureTime": "2026-01-04T10:00:00.000Z",
        "arrival": "2026-01-04T10:01:40.250Z",
    },
    "status": "IN_TRANSIT",
    "flightMode": "CRUISE",
}

FUEL: JSON = {
    "current": 371,
    "capacity": 400,
    "consumed": {"amount": 29, "timestamp": "2026-01-04T10:00:00.000Z"},
}

CARGO: JSON = {
    "capacity": 40,
    "units": 23,
    "inventory": [
        {"symbol": "IRON", "name": "Iron", "description": "Metal.", "units": 20},
        {"symbol": "FUEL", "name": "Fuel", "description": "Burns.", "units": 3},
    ],
}

SHIP: JSON = {
    "symbol": "TRADER-1",
    "registration": {"name": "TRADER-1", "factionSymbol": "COSMIC", "role": "COMMAND"},
    "nav": NAV,
    "crew": {"current": 57, "capacity": 80, "required": 57, "rotation": "STRICT", "morale": 100, "wages": 0},
    "fuel": FUEL,
    "cooldown": {"shipSymbol": "TRADER-1", "totalSeconds": 0, "remainingSeconds": 0},
    "frame": {"symbol": "FRAME_FRIGATE", "name": "Frigate", "condition": 0.97, "fuelCapacity": 400},
    "reactor": {"symbol": "REACTOR_FISSION_I", "powerOutput": 31},
    "engine": {"symbol": "ENGINE_ION_DRIVE_II", "speed": 36},
    "modules": [],
    "mounts": [],
    "cargo": CARGO,
}

TRANSACTION: JSON = {
    "waypointSymbol": "X1-AB12-F55",
    "shipSymbol": "TRADER-1",
    "tradeSymbol": "IRON",
    "type": "PURCHASE",
    "units": 20,
    "pricePerUnit": 48,
    "totalPrice": 960,
    "timestamp": "2026-01-04T10:02:00.123Z",
}

MARKET_FROM_FAR: JSON = {
    "symbol": "X1-AB12-F55",
    "exports": [{"symbol": "IRON", "name": "Iron", "description": "Metal."}],
    "imports": [{"symbol": "IRON_ORE", "name": "Iron ore", "description": "Ore."}],
    "exchange": [{"symbol": "FUEL", "name": "Fuel", "description": "Burns."}],
}

MARKET: JSON = {
    **MARKET_FROM_FAR,
    "transactions": [TRANSACTION],
    "tradeGoods": [
        {
            "symbol": "IRON",
            "type": "EXPORT",
            "tradeVolume": 60,
            "supply": "HIGH",
            "activity": "STRONG",
            "purchasePrice": 48,
            "sellPrice": 21,
        },
        {
            "symbol": "FUEL",
            "type": "EXCHANGE",
            "tradeVolume": 180,
            "supply": "MODERATE",
            "purchasePrice": 72,
            "sellPrice": 68,
        },
    ],
}

WAYPOINT: JSON = {
    "symbol": "X1-AB12-F55",
    "systemSymbol": "X1-AB12",
    "type": "MOON",
    "x": 30,
    "y": -4,
    "orbitals": [],
    "orbits": "X1-AB12-F54",
    "traits": [{"symbol": "MARKETPLACE", "name": "Marketplace", "description": "Trade."}],
    "isUnderConstruction": False,
}

STATUS: JSON = {
    "status": "SpaceTraders is currently online and available to play",
    "version": "v2.3.0",
    "resetDate": "2026-01-04",
    "description": "A game.",
    "stats": {"agents": 1, "ships": 2, "systems": 3, "waypoints": 4},
    "health": {"lastMarketUpdate": "2026-01-04T09:45:00.000Z"},
    "leaderboards": {"mostCredits": [], "mostSubmittedCharts": []},
    "serverResets": {"next": "2026-01-18T13:00:00.000Z", "frequency": "fortnightly"},
    "announcements": [],
    "links": [],
}
