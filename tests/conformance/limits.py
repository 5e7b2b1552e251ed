"""What the clients cannot do, and why: a step that fails without being named here fails the suite, and so does one that
is named here and works."""

from typing import Final

_OLDER: Final = "it is older than the operation"
_NO_METHOD: Final = "it has no method for it"
_NAV_ALONE: Final = (
    "it expects the navigation alone as the answer, as earlier versions of the API gave it, instead of navigation, "
    "fuel and events; the mode is set all the same"
)
_SYSTEM_TO_JUMP_TO: Final = "it names a system to jump to, as earlier versions of the API wanted, instead of a gate"
_UPKEEP: Final = ("the price of a repair", "repair", "the price of scrap", "scrap")

#: By client and step of the game, on a server that is not strict.
LIMITS: Final[dict[str, dict[str, str]]] = {
    "spacetraders": {
        "set the flight mode": _NAV_ALONE,
        "extract with a survey": "it cannot write the expiration of a survey, which it has read as a date, as JSON",
        "supply a construction site": "it takes a 200 for success, where the API answers 201; the goods are "
        "delivered all the same",
        "wait for arrival": "it has no waiting of its own",
        "the supply chain": _OLDER,
        **dict.fromkeys(_UPKEEP, _OLDER),
    },
    "spacetraders-sdk": {
        "jettison": "it sends no number of units, which the API requires",
        "jump (refused: the gate is being built)": _SYSTEM_TO_JUMP_TO,
        "waypoints with a trait": "its list of waypoints cannot be filtered",
        "wait for arrival": "it has no waiting of its own",
        **dict.fromkeys(("a construction site", "supply a construction site", "siphon", "the supply chain"), _OLDER),
        **dict.fromkeys(_UPKEEP, _OLDER),
    },
    "SnakesInSpace": {
        "set the flight mode": _NAV_ALONE,
        "chart (refused: charted already)": "it takes that refusal for an empty chart",
        "navigate to where the ship is (refused)": "it sees by itself that the ship is there, and asks nothing",
        **dict.fromkeys(("status", "list agents", "an agent", "the supply chain"), _NO_METHOD),
    },
    "autotraders": {
        "a jump gate": "it takes the gates that a gate leads to for systems, as earlier versions of the API named them",
        "set the flight mode": _NAV_ALONE,
        "cooldown": "it reads JSON where the API answers 204 without a body",
        **dict.fromkeys(
            ("scan for systems", "scan for waypoints"), "it looks for what was found outside the `data` of the answer"
        ),
        "jump (refused: the gate is being built)": _SYSTEM_TO_JUMP_TO,
        "the supply chain": _NO_METHOD,
        **dict.fromkeys(_UPKEEP, _NO_METHOD),
    },
}

#: By client and what a strict server refuses of it: the steps that fail for it which otherwise work.
STRICT: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "spacetraders": {
        "every body has an `additional_properties` of its own in it": (
            "register",
            "navigate",
            "refuel",
            "buy",
            "navigate with cargo",
            "sell",
            "deliver",
            "transfer cargo",
            "jettison",
            "buy a ship",
            "extract",
            "remove a mount",
            "install a mount",
            "jump (refused: the gate is being built)",
            "warp (refused: no warp drive)",
            "buy what is not sold (refused)",
            "sell what is not aboard (refused)",
            "refine (refused: no refinery)",
            "navigate to where the ship is (refused)",
        ),
    },
    "spacetraders-sdk": {
        "bodies are forms instead of JSON": (
            "register",
            "navigate",
            "refuel",
            "buy",
            "navigate with cargo",
            "sell",
            "deliver",
            "transfer cargo",
            "buy a ship",
            "remove a mount",
            "install a mount",
            "warp (refused: no warp drive)",
            "buy what is not sold (refused)",
            "sell what is not aboard (refused)",
            "refine (refused: no refinery)",
            "navigate to where the ship is (refused)",
        ),
        "it changes the flight mode with POST instead of PATCH": ("set the flight mode",),
    },
    "SnakesInSpace": {
        "it registers with a form instead of JSON": ("register",),
        "bodies name the ship again": ("repair", "scrap"),
        "a body is said to be JSON and empty": ("extract",),
    },
    "autotraders": {
        "a body is said to be JSON and empty": ("extract",),
    },
}
