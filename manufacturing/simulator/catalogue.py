"""What ships are made of and what places are called: the fixed things of the universe (docs/game.md, "A starter
system").

Names are derived from the game's symbols; descriptions are ours.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a part needs of the ship; a negative power or crew is provided instead. None where it does not matter."""

    power: int | None = None
    crew: int | None = None
    slots: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """A hull."""

    module_slots: int
    mounting_points: int
    fuel_capacity: int
    requirements: Requirements


@dataclass(frozen=True, slots=True)
class Reactor:
    """A source of power."""

    power_output: int
    requirements: Requirements


@dataclass(frozen=True, slots=True)
class Engine:
    """What moves a ship."""

    speed: int
    requirements: Requirements


@dataclass(frozen=True, slots=True)
class Module:
    """An internal part. Capacity and range are None where the module has none."""

    requirements: Requirements
    capacity: int | None = None
    range: int | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """An external part. Strength is None where the mount has none."""

    requirements: Requirements
    strength: int | None = None
    deposits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShipTypeFacts:
    """How a ship of a type leaves the yard."""

    role: str
    frame: str
    reactor: str
    engine: str
    price: int
    """What yards ask for it in the middle of their price range, in credits."""
    crew: int
    crew_capacity: int
    modules: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()


FRAMES: Final = {
    "FRAME_PROBE": Frame(0, 0, 0, Requirements(power=1, crew=0)),
    "FRAME_DRONE": Frame(3, 2, 80, Requirements(power=1, crew=-4)),
    "FRAME_INTERCEPTOR": Frame(2, 2, 200, Requirements(power=1, crew=5)),
    "FRAME_RACER": Frame(2, 1, 300, Requirements(power=2, crew=5)),
    "FRAME_FIGHTER": Frame(3, 3, 300, Requirements(power=2, crew=5)),
    "FRAME_FRIGATE": Frame(8, 5, 400, Requirements(power=8, crew=25)),
    "FRAME_SHUTTLE": Frame(3, 1, 300, Requirements(power=2, crew=5)),
    "FRAME_EXPLORER": Frame(8, 2, 800, Requirements(power=3, crew=18)),
    "FRAME_MINER": Frame(5, 3, 600, Requirements(power=4, crew=20)),
    "FRAME_LIGHT_FREIGHTER": Frame(6, 2, 600, Requirements(power=5, crew=25)),
    "FRAME_HEAVY_FREIGHTER": Frame(9, 3, 2300, Requirements(power=6, crew=60)),
    "FRAME_TRANSPORT": Frame(6, 1, 600, Requirements(power=4, crew=30)),
    "FRAME_DESTROYER": Frame(10, 8, 1200, Requirements(power=12, crew=80)),
    "FRAME_CRUISER": Frame(12, 10, 1600, Requirements(power=15, crew=120)),
    "FRAME_CARRIER": Frame(16, 12, 2400, Requirements(power=20, crew=200)),
    "FRAME_BULK_FREIGHTER": Frame(14, 3, 3000, Requirements(power=8, crew=80)),
}

REACTORS: Final = {
    "REACTOR_SOLAR_I": Reactor(3, Requirements(crew=0)),
    "REACTOR_CHEMICAL_I": Reactor(15, Requirements(crew=3)),
    "REACTOR_FISSION_I": Reactor(31, Requirements(crew=8)),
    "REACTOR_FUSION_I": Reactor(50, Requirements(crew=12)),
    "REACTOR_ANTIMATTER_I": Reactor(90, Requirements(crew=18)),
}

ENGINES: Final = {
    "ENGINE_IMPULSE_DRIVE_I": Engine(9, Requirements(power=1, crew=0)),
    "ENGINE_ION_DRIVE_I": Engine(15, Requirements(power=3, crew=4)),
    "ENGINE_ION_DRIVE_II": Engine(36, Requirements(power=6, crew=8)),
    "ENGINE_HYPER_DRIVE_I": Engine(36, Requirements(power=8, crew=10)),
}

MODULES: Final = {
    "MODULE_MINERAL_PROCESSOR_I": Module(Requirements(power=1, crew=0, slots=1)),
    "MODULE_GAS_PROCESSOR_I": Module(Requirements(power=1, crew=0, slots=1)),
    "MODULE_CARGO_HOLD_I": Module(Requirements(power=1, crew=0, slots=1), capacity=15),
    "MODULE_CARGO_HOLD_II": Module(Requirements(power=2, crew=2, slots=2), capacity=40),
    "MODULE_CARGO_HOLD_III": Module(Requirements(power=3, crew=4, slots=3), capacity=75),
    "MODULE_CREW_QUARTERS_I": Module(Requirements(power=1, crew=2, slots=1), capacity=40),
    "MODULE_ENVOY_QUARTERS_I": Module(Requirements(power=1, crew=2, slots=1), capacity=4),
    "MODULE_PASSENGER_CABIN_I": Module(Requirements(power=1, crew=2, slots=1), capacity=8),
    "MODULE_MICRO_REFINERY_I": Module(Requirements(power=4, crew=8, slots=1)),
    "MODULE_ORE_REFINERY_I": Module(Requirements(power=6, crew=12, slots=2)),
    "MODULE_FUEL_REFINERY_I": Module(Requirements(power=6, crew=12, slots=2)),
    "MODULE_SCIENCE_LAB_I": Module(Requirements(power=4, crew=6, slots=2)),
    "MODULE_JUMP_DRIVE_I": Module(Requirements(power=4, crew=10, slots=1), range=500),
    "MODULE_JUMP_DRIVE_II": Module(Requirements(power=6, crew=12, slots=2), range=1000),
    "MODULE_JUMP_DRIVE_III": Module(Requirements(power=8, crew=14, slots=2), range=2500),
    "MODULE_WARP_DRIVE_I": Module(Requirements(power=3, crew=2, slots=1), range=2000),
    "MODULE_WARP_DRIVE_II": Module(Requirements(power=5, crew=4, slots=2), range=6000),
    "MODULE_WARP_DRIVE_III": Module(Requirements(power=7, crew=6, slots=2), range=12000),
    "MODULE_SHIELD_GENERATOR_I": Module(Requirements(power=3, crew=4, slots=1)),
    "MODULE_SHIELD_GENERATOR_II": Module(Requirements(power=5, crew=6, slots=2)),
}

MOUNTS: Final = {
    "MOUNT_GAS_SIPHON_I": Mount(Requirements(power=1, crew=0), strength=10),
    "MOUNT_GAS_SIPHON_II": Mount(Requirements(power=2, crew=2), strength=20),
    "MOUNT_GAS_SIPHON_III": Mount(Requirements(power=4, crew=4), strength=40),
    "MOUNT_SURVEYOR_I": Mount(
        Requirements(power=1, crew=0),
        1,
        (
            "QUARTZ_SAND",
            "SILICON_CRYSTALS",
            "PRECIOUS_STONES",
            "ICE_WATER",
            "AMMONIA_ICE",
            "IRON_ORE",
            "COPPER_ORE",
            "SILVER_ORE",
            "ALUMINUM_ORE",
            "GOLD_ORE",
            "PLATINUM_ORE",
        ),
    ),
    "MOUNT_SURVEYOR_II": Mount(
        Requirements(power=2, crew=2),
        2,
        (
            "QUARTZ_SAND",
            "SILICON_CRYSTALS",
            "PRECIOUS_STONES",
            "ICE_WATER",
            "AMMONIA_ICE",
            "IRON_ORE",
            "COPPER_ORE",
            "SILVER_ORE",
            "ALUMINUM_ORE",
            "GOLD_ORE",
            "PLATINUM_ORE",
            "DIAMONDS",
            "URANITE_ORE",
        ),
    ),
    "MOUNT_SURVEYOR_III": Mount(
        Requirements(power=3, crew=3),
        3,
        (
            "QUARTZ_SAND",
            "SILICON_CRYSTALS",
            "PRECIOUS_STONES",
            "ICE_WATER",
            "AMMONIA_ICE",
            "IRON_ORE",
            "COPPER_ORE",
            "SILVER_ORE",
            "ALUMINUM_ORE",
            "GOLD_ORE",
            "PLATINUM_ORE",
            "DIAMONDS",
            "URANITE_ORE",
            "MERITIUM_ORE",
        ),
    ),
    "MOUNT_SENSOR_ARRAY_I": Mount(Requirements(power=1, crew=0), strength=1),
    "MOUNT_SENSOR_ARRAY_II": Mount(Requirements(power=2, crew=2), strength=4),
    "MOUNT_SENSOR_ARRAY_III": Mount(Requirements(power=3, crew=3), strength=6),
    "MOUNT_MINING_LASER_I": Mount(Requirements(power=1, crew=0), strength=5),
    "MOUNT_MINING_LASER_II": Mount(Requirements(power=2, crew=2), strength=12),
    "MOUNT_MINING_LASER_III": Mount(Requirements(power=4, crew=4), strength=30),
    "MOUNT_LASER_CANNON_I": Mount(Requirements(power=2, crew=1)),
    "MOUNT_MISSILE_LAUNCHER_I": Mount(Requirements(power=1, crew=2)),
    "MOUNT_TURRET_I": Mount(Requirements(power=1, crew=1)),
}

SHIP_TYPES: Final = {
    "SHIP_PROBE": ShipTypeFacts("SATELLITE", "FRAME_PROBE", "REACTOR_SOLAR_I", "ENGINE_IMPULSE_DRIVE_I", 24_500, 0, 0),
    "SHIP_MINING_DRONE": ShipTypeFacts(
        "EXCAVATOR",
        "FRAME_DRONE",
        "REACTOR_CHEMICAL_I",
        "ENGINE_IMPULSE_DRIVE_I",
        44_000,
        0,
        0,
        ("MODULE_CARGO_HOLD_I", "MODULE_MINERAL_PROCESSOR_I"),
        ("MOUNT_MINING_LASER_I",),
    ),
    "SHIP_SIPHON_DRONE": ShipTypeFacts(
        "EXCAVATOR",
        "FRAME_DRONE",
        "REACTOR_CHEMICAL_I",
        "ENGINE_IMPULSE_DRIVE_I",
        42_000,
        0,
        0,
        ("MODULE_CARGO_HOLD_I", "MODULE_GAS_PROCESSOR_I"),
        ("MOUNT_GAS_SIPHON_I",),
    ),
    "SHIP_SURVEYOR": ShipTypeFacts(
        "SURVEYOR",
        "FRAME_DRONE",
        "REACTOR_CHEMICAL_I",
        "ENGINE_IMPULSE_DRIVE_I",
        30_000,
        0,
        0,
        (),
        ("MOUNT_SURVEYOR_I",),
    ),
    "SHIP_INTERCEPTOR": ShipTypeFacts(
        "INTERCEPTOR",
        "FRAME_INTERCEPTOR",
        "REACTOR_CHEMICAL_I",
        "ENGINE_ION_DRIVE_II",
        190_000,
        10,
        20,
        (),
        ("MOUNT_TURRET_I", "MOUNT_MISSILE_LAUNCHER_I"),
    ),
    "SHIP_LIGHT_SHUTTLE": ShipTypeFacts(
        "TRANSPORT",
        "FRAME_SHUTTLE",
        "REACTOR_CHEMICAL_I",
        "ENGINE_ION_DRIVE_I",
        91_500,
        14,
        40,
        ("MODULE_CARGO_HOLD_II", "MODULE_CREW_QUARTERS_I"),
        ("MOUNT_TURRET_I",),
    ),
    "SHIP_LIGHT_HAULER": ShipTypeFacts(
        "HAULER",
        "FRAME_LIGHT_FREIGHTER",
        "REACTOR_CHEMICAL_I",
        "ENGINE_ION_DRIVE_I",
        333_000,
        41,
        80,
        ("MODULE_CARGO_HOLD_II", "MODULE_CARGO_HOLD_II", "MODULE_CREW_QUARTERS_I", "MODULE_CREW_QUARTERS_I"),
        ("MOUNT_TURRET_I",),
    ),
    "SHIP_COMMAND_FRIGATE": ShipTypeFacts(
        "COMMAND",
        "FRAME_FRIGATE",
        "REACTOR_FISSION_I",
        "ENGINE_ION_DRIVE_II",
        1_250_000,
        57,
        80,
        (
            "MODULE_CARGO_HOLD_II",
            "MODULE_CREW_QUARTERS_I",
            "MODULE_CREW_QUARTERS_I",
            "MODULE_MINERAL_PROCESSOR_I",
            "MODULE_GAS_PROCESSOR_I",
        ),
        (
            "MOUNT_SENSOR_ARRAY_II",
            "MOUNT_GAS_SIPHON_II",
            "MOUNT_MINING_LASER_II",
            "MOUNT_SURVEYOR_II",
            "MOUNT_TURRET_I",
        ),
    ),
    "SHIP_EXPLORER": ShipTypeFacts(
        "EXPLORER",
        "FRAME_EXPLORER",
        "REACTOR_FUSION_I",
        "ENGINE_ION_DRIVE_II",
        850_000,
        48,
        80,
        ("MODULE_CARGO_HOLD_II", "MODULE_CREW_QUARTERS_I", "MODULE_CREW_QUARTERS_I", "MODULE_WARP_DRIVE_I"),
        ("MOUNT_SENSOR_ARRAY_II", "MOUNT_SURVEYOR_I"),
    ),
    "SHIP_ORE_HOUND": ShipTypeFacts(
        "EXCAVATOR",
        "FRAME_MINER",
        "REACTOR_FISSION_I",
        "ENGINE_ION_DRIVE_I",
        310_000,
        39,
        40,
        ("MODULE_MINERAL_PROCESSOR_I", "MODULE_CARGO_HOLD_II", "MODULE_CREW_QUARTERS_I"),
        ("MOUNT_MINING_LASER_II", "MOUNT_SURVEYOR_I"),
    ),
    "SHIP_HEAVY_FREIGHTER": ShipTypeFacts(
        "HAULER",
        "FRAME_HEAVY_FREIGHTER",
        "REACTOR_FISSION_I",
        "ENGINE_ION_DRIVE_II",
        1_600_000,
        92,
        120,
        ("MODULE_CARGO_HOLD_III", "MODULE_CARGO_HOLD_III", "MODULE_CARGO_HOLD_III"),
        ("MOUNT_TURRET_I",),
    ),
    "SHIP_REFINING_FREIGHTER": ShipTypeFacts(
        "REFINERY",
        "FRAME_HEAVY_FREIGHTER",
        "REACTOR_FISSION_I",
        "ENGINE_ION_DRIVE_I",
        900_000,
        98,
        120,
        ("MODULE_ORE_REFINERY_I", "MODULE_CARGO_HOLD_III", "MODULE_CARGO_HOLD_II", "MODULE_CREW_QUARTERS_I"),
        ("MOUNT_TURRET_I",),
    ),
    "SHIP_BULK_FREIGHTER": ShipTypeFacts(
        "HAULER",
        "FRAME_BULK_FREIGHTER",
        "REACTOR_FUSION_I",
        "ENGINE_ION_DRIVE_I",
        2_400_000,
        112,
        160,
        (
            "MODULE_CARGO_HOLD_III",
            "MODULE_CARGO_HOLD_III",
            "MODULE_CARGO_HOLD_III",
            "MODULE_CARGO_HOLD_III",
        ),
        ("MOUNT_TURRET_I",),
    ),
}

#: Modifiers come and go with what happens at a place; recordings list them among its traits.
WAYPOINT_MODIFIERS: Final = frozenset({"STRIPPED", "UNSTABLE", "RADIATION_LEAK", "CRITICAL_LIMIT", "CIVIL_UNREST"})


@dataclass(frozen=True, slots=True)
class FactionFacts:
    """A faction and what it is known for."""

    name: str
    description: str
    traits: tuple[str, ...]
    recruiting: bool


FACTIONS: Final = {
    "COSMIC": FactionFacts(
        "Cosmic Engineers",
        "Builders of stations and gates, glad of every pair of hands.",
        ("INNOVATIVE", "BOLD", "VISIONARY", "CURIOUS"),
        True,
    ),
    "VOID": FactionFacts(
        "Voidfarers",
        "People of the long dark who navigate by memory.",
        ("UNITED", "CURIOUS", "EXPLORATORY"),
        True,
    ),
    "GALACTIC": FactionFacts(
        "Galactic Alliance",
        "A league of worlds that prefers treaties to cannons.",
        ("PEACEFUL", "COOPERATIVE", "DIVERSE"),
        True,
    ),
    "QUANTUM": FactionFacts(
        "Quantum Federation",
        "Scholars who sell what they discover.",
        ("INNOVATIVE", "INTELLIGENT", "TECHNOLOGICALLY_ADVANCED"),
        True,
    ),
    "DOMINION": FactionFacts(
        "Stellar Dominion",
        "A proud realm with strong borders.",
        ("DOMINANT", "IMPERIALISTIC", "MILITARISTIC"),
        True,
    ),
    "ASTRO": FactionFacts(
        "Astro-Salvage Combine",
        "Scrappers who find a use for everything.",
        ("SCAVENGERS", "RESOURCEFUL", "SELF_SUFFICIENT"),
        False,
    ),
    "CORSAIRS": FactionFacts(
        "Free Corsairs",
        "Raiders with a code of their own.",
        ("PIRATES", "AGGRESSIVE", "INDEPENDENT"),
        False,
    ),
    "OBSIDIAN": FactionFacts(
        "Obsidian Syndicate",
        "A quiet house whose favours are never free.",
        ("SECRETIVE", "SMUGGLERS", "ENTREPRENEURIAL"),
        False,
    ),
}


def display_name(symbol: str) -> str:
    """A symbol as people say it: ``MODULE_CARGO_HOLD_II`` is ``Cargo Hold II``."""
    words = symbol.split("_")
    if words[0] in {"FRAME", "REACTOR", "ENGINE", "MODULE", "MOUNT", "SHIP"} and len(words) > 1:
        words = words[1:]
    numerals = {"I", "II", "III"}
    return " ".join(word if word in numerals else word.capitalize() for word in words)


def describe(symbol: str) -> str:
    """One plain sentence on what a symbol stands for."""
    name = display_name(symbol)
    kind = symbol.split("_", 1)[0]
    sentence = {
        "FRAME": "A hull of the {} class.",
        "REACTOR": "A power plant: {}.",
        "ENGINE": "A drive: {}.",
        "MODULE": "A module built into a hull: {}.",
        "MOUNT": "Gear mounted on a hull: {}.",
        "SHIP": "A ship of the {} type.",
    }.get(kind, "{}, as known throughout the systems.")
    return sentence.format(name)
