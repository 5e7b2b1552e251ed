"""Makes up a starter system from a seed, in the shape real ones have (docs/game.md, "A starter system").

Industries are dealt to planets, moons and stations by chance, but never so that a chain breaks: every ordinary export
is made somewhere, every input of every recipe is sold somewhere, and every final good is wanted somewhere.
"""

import math
import random
import string
from dataclasses import dataclass, field
from typing import Final

from manufacturing.domain.facts import base_prices, recipes
from manufacturing.domain.prices import ListingType
from manufacturing.simulator.blueprint import ListingPlan, SystemPlan, UniversePlan, WaypointPlan, YardPlan
from manufacturing.simulator.economy import draw_margin, draw_rest
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.randomness import stream

#: Goods every starter system makes somewhere in its middle.
INDUSTRIES: Final = (
    "IRON",
    "ALUMINUM",
    "COPPER",
    "FUEL",
    "PLASTICS",
    "FERTILIZERS",
    "POLYNUCLEOTIDES",
    "EXPLOSIVES",
    "AMMUNITION",
    "FAB_MATS",
    "FOOD",
    "FABRICS",
    "ELECTRONICS",
    "MACHINERY",
    "EQUIPMENT",
    "MICROPROCESSORS",
    "JEWELRY",
    "CLOTHING",
    "FIREARMS",
    "ASSAULT_RIFLES",
    "MEDICINE",
    "BIOCOMPOSITES",
    "SHIP_PLATING",
    "SHIP_PARTS",
    "ADVANCED_CIRCUITRY",
    "LAB_INSTRUMENTS",
)
#: One of these is made as well, for the few who can pay.
_SPECIALTIES: Final = ("BOTANICAL_SPECIMENS", "MOOD_REGULATORS", "NANOBOTS", "MODULE_MICRO_REFINERY_I")
#: Industries that stay together, as they do in real systems.
_TOGETHER: Final = (("IRON", "ALUMINUM", "COPPER"), ("FUEL", "PLASTICS", "FERTILIZERS"))

#: Smaller systems around the one where agents start.
_NEIGHBOURS: Final = 4

_MINERALS: Final = ("ICE_WATER", "AMMONIA_ICE", "QUARTZ_SAND", "SILICON_CRYSTALS")
_GASES: Final = ("HYDROCARBON", "LIQUID_HYDROGEN", "LIQUID_NITROGEN")
_NEAR_BASE_GOODS: Final = (
    *_MINERALS,
    "IRON_ORE",
    "COPPER_ORE",
    "ALUMINUM_ORE",
    "URANITE_ORE",
    "MERITIUM_ORE",
    "PRECIOUS_STONES",
    "DIAMONDS",
)
_FAR_BASE_ORES: Final = (
    "IRON_ORE",
    "COPPER_ORE",
    "ALUMINUM_ORE",
    "GOLD_ORE",
    "SILVER_ORE",
    "PLATINUM_ORE",
    "PRECIOUS_STONES",
)
_CITY_WANTS: Final = ("FOOD", "MEDICINE", "CLOTHING", "EQUIPMENT", "JEWELRY")
_PIRATE_WANTS: Final = ("FOOD", "MEDICINE", "CLOTHING", "ASSAULT_RIFLES", "FIREARMS")

#: Goods that trade few at a time, and those that trade many; the rest is in between.
_FEW: Final = frozenset({"SHIP_PLATING", "SHIP_PARTS", "EXOTIC_MATTER", *_SPECIALTIES})
_MANY: Final = frozenset(
    {"FOOD", "FABRICS", "FERTILIZERS", "PLASTICS", "FUEL", "IRON", "ALUMINUM", "COPPER", "GOLD", "SILVER", "PLATINUM"}
)
_RAW: Final = frozenset({*_MINERALS, *_GASES, *_NEAR_BASE_GOODS, *_FAR_BASE_ORES})

_PLANET_TRAITS: Final = (
    "ROCKY", "FROZEN", "BARREN", "TEMPERATE", "JUNGLE", "SALT_FLATS", "MAGMA_SEAS", "FOSSILS", "THIN_ATMOSPHERE",
    "BREATHABLE_ATMOSPHERE", "CORROSIVE_ATMOSPHERE", "TOXIC_ATMOSPHERE", "STRONG_MAGNETOSPHERE", "DRY_SEABEDS",
    "VIBRANT_AURORAS", "PERPETUAL_DAYLIGHT", "EXTREME_PRESSURE", "EXTREME_TEMPERATURES", "TERRAFORMED",
)  # fmt: skip
_SETTLEMENTS: Final = ("OUTPOST", "SCATTERED_SETTLEMENTS", "SPRAWLING_CITIES", "MEGA_STRUCTURES")
_STARS: Final = ("BLUE_STAR", "ORANGE_STAR", "RED_STAR", "YOUNG_STAR", "WHITE_DWARF")
_ASTEROID_EXTRAS: Final = ("RADIOACTIVE", "SHALLOW_CRATERS", "EXPLOSIVE_GASES", "DEEP_CRATERS", "DEBRIS_CLUSTER")


@dataclass(slots=True, kw_only=True)
class _Site:
    """A place on its way to becoming a waypoint."""

    letter: str
    type: str
    x: int
    y: int
    parent: "_Site | None" = None
    symbol: str = ""
    traits: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    wants: list[str] = field(default_factory=list)
    exchange: list[str] = field(default_factory=list)
    yard: tuple[str, ...] = ()
    market: bool = True
    under_construction: bool = False
    charted: bool = True

    def imports(self) -> list[str]:
        """What it buys: the inputs of what it makes, and what its people want."""
        needed = [good for export in self.exports for good in recipes()[export]]
        return list(dict.fromkeys([*needed, *self.wants]))

    def contradicts_itself(self) -> bool:
        """Whether it would buy what it makes or passes on."""
        return bool(set(self.imports()) & {*self.exports, *self.exchange})


def generate_universe(seed: int, parameters: EconomyParameters | None = None) -> UniversePlan:
    """The universe of a seed: a starter system and a few smaller ones that its jump gate leads to, once it is built."""
    parameters = parameters or EconomyParameters()
    home = generate_system(seed, parameters)
    others = [_generate_neighbour(seed, index, home, parameters) for index in range(1, _NEIGHBOURS + 1)]
    systems = (home, *others)
    gates = [next(w.symbol for w in system.waypoints if w.type == "JUMP_GATE") for system in systems]
    connections = {gate: tuple(other for other in gates if other != gate) for gate in gates}
    return UniversePlan(systems=systems, headquarters=f"{home.symbol}-A1", connections=connections)


def _generate_neighbour(seed: int, index: int, home: SystemPlan, parameters: EconomyParameters) -> SystemPlan:
    """A small system: a finished gate, a trading planet, a few others, and places nobody has charted."""
    symbol = system_symbol(seed, index)
    if symbol == home.symbol:
        symbol += "X"
    chance = stream(seed, "map", symbol)
    trader = _Site(letter="A", type="PLANET", x=chance.randrange(-40, 41), y=chance.randrange(-40, 41))
    trader.exports = [chance.choice(("MACHINERY", "FABRICS", "PLASTICS", "FERTILIZERS"))]
    trader.wants = chance.sample(_CITY_WANTS, 3)
    gate = _Site(letter="I", type="JUMP_GATE", x=chance.randrange(-300, 301), y=chance.randrange(-300, 301))
    gate.exchange = ["ANTIMATTER", "FUEL"]
    fuel = _Site(letter="C", type="FUEL_STATION", x=gate.x // 2, y=gate.y // 2, exchange=["FUEL"])
    trader.exchange = ["FUEL"]
    sites = [trader, _orbiting(trader, "MOON"), fuel, gate]
    for kind in ("PLANET", "GAS_GIANT", *["ASTEROID"] * chance.randrange(4, 9)):
        x, y = _polar(chance.uniform(100, 700), chance.uniform(0, 2 * math.pi))
        sites.append(_Site(letter="B", type=kind, x=x, y=y, charted=False))
    for site in sites:
        site.market = bool(site.exports or site.exchange)
    _name(sites, symbol, chance)
    x, y = _polar(chance.uniform(300, 1900), 2 * math.pi * (index + chance.uniform(-0.3, 0.3)) / _NEIGHBOURS)
    return SystemPlan(
        symbol=symbol,
        type=chance.choice(_STARS),
        x=home.x + x,
        y=home.y + y,
        waypoints=tuple(_waypoint(site, seed, parameters, chance) for site in sites),
    )


def system_symbol(seed: int, index: int) -> str:
    """The name of the ``index``-th system of a seed."""
    chance = stream(seed, "system name", index)
    letters = "".join(chance.choice(string.ascii_uppercase) for _ in range(2))
    return f"X1-{letters}{chance.randrange(1, 100)}"


def generate_system(seed: int, parameters: EconomyParameters) -> SystemPlan:
    """A starter system: 82 to 93 waypoints, 25 to 30 markets, every chain closed."""
    symbol = system_symbol(seed, 0)
    chance = stream(seed, "map", symbol)
    sites = _lay_out(chance)
    _deal_industries(sites, chance)
    _name(sites, symbol, chance)
    return SystemPlan(
        symbol=symbol,
        type=chance.choice(_STARS),
        x=chance.randrange(-30_000, 30_000),
        y=chance.randrange(-30_000, 30_000),
        waypoints=tuple(_waypoint(site, seed, parameters, chance) for site in sites),
    )


def _polar(radius: float, angle: float) -> tuple[int, int]:
    return round(radius * math.cos(angle)), round(radius * math.sin(angle))


def _lay_out(chance: random.Random) -> list[_Site]:
    """Where everything is: an inner system, two belts of asteroids, and bases and stations on the way out."""
    sites: list[_Site] = []
    angles = _spread_angles(8, chance)
    radii = (25, 55, 45, 67, 76, 87, 104)
    planets = []
    for letter, radius, angle in zip("ADEFGHK", radii, angles, strict=False):
        x, y = _polar(radius * chance.uniform(0.85, 1.15), angle)
        planets.append(_Site(letter=letter, type="PLANET", x=x, y=y))
    giant_x, giant_y = _polar(chance.uniform(135, 157), angles[7])
    giant = _Site(letter="C", type="GAS_GIANT", x=giant_x, y=giant_y, market=False)
    sites += [*planets, giant]

    for parent in (planets[0], giant, planets[3]):
        sites.append(_orbiting(parent, "ORBITAL_STATION"))
    home = planets[0]
    moons = [_orbiting(home, "MOON"), _orbiting(home, "MOON")]
    moons += [_orbiting(planet, "MOON") for planet in planets[1:]]
    for _ in range(chance.randrange(1, 8)):
        moons.append(_orbiting(chance.choice(planets[1:]), "MOON"))
    for moon in moons[2 + 6 :]:
        moon.market = False
    sites += moons

    x, y = _polar(chance.uniform(20, 40), angles[0] + math.pi * chance.uniform(0.6, 1.4))
    sites.append(_Site(letter="X", type="ENGINEERED_ASTEROID", x=x, y=y))
    sites.append(_Site(letter="C", type="FUEL_STATION", x=round(giant_x * 0.75), y=round(giant_y * 0.75)))

    near = chance.uniform(0, 2 * math.pi)
    for away, kind in ((190.0, "FUEL_STATION"), (345.0, "ASTEROID_BASE")):
        x, y = _polar(away, near + chance.uniform(-0.1, 0.1))
        sites.append(_Site(letter="B", type=kind, x=x, y=y))
    out = near + chance.uniform(1.8, 4.4)
    for letter, away, kind in (
        ("I", 228.0, "FUEL_STATION"),
        ("I", 448.0, "JUMP_GATE"),
        ("J", 601.0, "FUEL_STATION"),
        ("J", chance.uniform(705, 745), "ASTEROID_BASE"),
    ):
        x, y = _polar(away, out)
        sites.append(_Site(letter=letter, type=kind, x=x, y=y))

    room = 93 - len(sites)
    asteroids = max(82 - len(sites), min(chance.randrange(52, 60), room))
    inner = round(asteroids * 0.58)
    for i in range(asteroids):
        low, high = (300, 400) if i < inner else (700, 935)
        x, y = _polar(chance.uniform(low, high), chance.uniform(0, 2 * math.pi))
        letter = "B" if i < inner else "J"
        sites.append(_Site(letter=letter, type="ASTEROID", x=x, y=y, market=False))
    return sites


def _spread_angles(count: int, chance: random.Random) -> list[float]:
    """Directions that keep apart, in no order."""
    step = 2 * math.pi / count
    angles = [step * (i + chance.uniform(-0.3, 0.3)) for i in range(count)]
    chance.shuffle(angles)
    return angles


def _orbiting(parent: _Site, kind: str) -> _Site:
    return _Site(letter=parent.letter, type=kind, x=parent.x, y=parent.y, parent=parent)


def _of(sites: list[_Site], kind: str) -> list[_Site]:
    return [site for site in sites if site.type == kind]


def _deal_industries(sites: list[_Site], chance: random.Random) -> None:
    """Gives every market what it makes, wants and passes on."""
    planets, moons, stations = _of(sites, "PLANET"), _of(sites, "MOON"), _of(sites, "ORBITAL_STATION")
    near_base, far_base = _of(sites, "ASTEROID_BASE")
    home, settled = planets[0], [moon for moon in moons if moon.market]

    home.wants = [*_CITY_WANTS, "EXOTIC_MATTER"]
    home_yard, other_yard, gas_station = settled[0], settled[2], stations[1]
    home_yard.yard = ("SHIP_PROBE", "SHIP_LIGHT_HAULER", "SHIP_LIGHT_SHUTTLE")
    gas_station.yard = ("SHIP_PROBE", "SHIP_SIPHON_DRONE")
    other_yard.yard = ("SHIP_MINING_DRONE", "SHIP_SURVEYOR", "SHIP_HEAVY_FREIGHTER")
    for yard in (home_yard, other_yard, gas_station):
        yard.wants = ["SHIP_PLATING", "SHIP_PARTS"]
    gas_station.exchange = list(_GASES)
    mineral_moon = settled[3]
    mineral_moon.exchange = list(_MINERALS)

    near_base.exchange = list(_NEAR_BASE_GOODS)
    near_base.exports = ["GOLD", "SILVER", "PLATINUM"]
    far_base.exports = [*_FAR_BASE_ORES, "DRUGS"]
    far_base.wants = list(_PIRATE_WANTS)
    _of(sites, "JUMP_GATE")[0].exchange = ["ANTIMATTER"]
    _of(sites, "JUMP_GATE")[0].under_construction = True
    _of(sites, "FUEL_STATION")[2].exchange = ["ANTIMATTER"]

    workshops = [*planets[1:], stations[0], stations[2], settled[1], *settled[4:]]
    stations[1].exports = ["LAB_INSTRUMENTS"]
    specialty = chance.choice(_SPECIALTIES)
    bundles = [list(bundle) for bundle in _TOGETHER]
    bundled = {good for bundle in bundles for good in bundle}
    bundles += [[good] for good in INDUSTRIES if good not in bundled and good != "LAB_INSTRUMENTS"]
    bundles.append([specialty])
    for _ in range(1000):
        for site in workshops:
            site.exports = []
        if _dealt(bundles, workshops, chance):
            break
    else:
        raise AssertionError("no way to deal the industries was found")
    makers = [site for site in workshops if "DRUGS" not in site.imports()]
    chance.choice(makers).wants.append("DRUGS")
    for site in sites:
        if site.market and "FUEL" not in site.exports and "FUEL" not in site.imports():
            site.exchange.append("FUEL")


def _dealt(bundles: list[list[str]], workshops: list[_Site], chance: random.Random) -> bool:
    """Deals the bundles so that no workshop stays empty, is overloaded or buys what it makes."""
    order = bundles[:]
    chance.shuffle(order)
    empty = workshops[:]
    chance.shuffle(empty)
    for bundle in order:
        candidates = [*empty, *(site for site in workshops if site not in empty)]
        for site in candidates:
            if len(site.exports) + len(bundle) > 4:
                continue
            site.exports.extend(bundle)
            if not site.contradicts_itself():
                if site in empty:
                    empty.remove(site)
                else:
                    workshops.append(workshops.pop(workshops.index(site)))
                break
            del site.exports[-len(bundle) :]
        else:
            return False
    return not empty


def _name(sites: list[_Site], system: str, chance: random.Random) -> None:
    """Numbers the sites letter by letter, each body followed by what orbits it, and sorts them that way."""
    ranks = {"PLANET": 0, "GAS_GIANT": 0, "FUEL_STATION": 1, "JUMP_GATE": 2, "ASTEROID_BASE": 3}
    ordered: list[_Site] = []
    tops = sorted(
        (site for site in sites if site.parent is None and site.letter != "X"),
        key=lambda site: (site.letter, ranks.get(site.type, 4)),
    )
    for top in tops:
        ordered.append(top)
        ordered += [site for site in sites if site.parent is top]
    for number, site in enumerate(ordered, start=1):
        site.symbol = f"{system}-{site.letter}{number}"
    for site in sites:
        if site.letter == "X":
            site.symbol = f"{system}-X{chance.choice('ABCDEF')}{chance.randrange(10)}{chance.choice('ABCDEF')}"
            ordered.append(site)
    sites[:] = ordered


def _waypoint(site: _Site, seed: int, parameters: EconomyParameters, chance: random.Random) -> WaypointPlan:
    listings: tuple[ListingPlan, ...] = ()
    if site.market:
        goods = [(ListingType.EXPORT, good) for good in site.exports]
        goods += [(ListingType.IMPORT, good) for good in site.imports()]
        goods += [(ListingType.EXCHANGE, good) for good in site.exchange]
        listings = tuple(made_up_listing(kind, good, site.symbol, seed, parameters) for kind, good in goods)
    return WaypointPlan(
        symbol=site.symbol,
        type=site.type,
        x=site.x,
        y=site.y,
        orbits=site.parent.symbol if site.parent else None,
        traits=tuple(_traits(site, chance)),
        listings=listings,
        yard=tuple(YardPlan(ship_type=ship_type) for ship_type in site.yard),
        under_construction=site.under_construction,
        charted=site.charted,
    )


def _traits(site: _Site, chance: random.Random) -> list[str]:
    traits: list[str] = []
    if site.type in {"PLANET", "MOON"}:
        traits = chance.sample(_PLANET_TRAITS, 3)
        traits.insert(1, chance.choice(_SETTLEMENTS))
        if site.exports:
            traits.append("INDUSTRIAL")
    elif site.type == "ASTEROID":
        kinds = ("MINERAL_DEPOSITS", "COMMON_METAL_DEPOSITS", "RARE_METAL_DEPOSITS", "PRECIOUS_METAL_DEPOSITS")
        traits = chance.choices(kinds, weights=(52, 37, 7, 4))
        traits += chance.sample(_ASTEROID_EXTRAS, chance.choice((0, 0, 1, 1, 2)))
    elif site.type == "ORBITAL_STATION":
        traits = [chance.choice(("OUTPOST", "MILITARY_BASE", "RESEARCH_FACILITY")), "INDUSTRIAL"]
    elif site.type == "ASTEROID_BASE":
        traits = ["HOLLOWED_INTERIOR", "PIRATE_BASE" if site.letter == "J" else "OUTPOST"]
    elif site.type == "ENGINEERED_ASTEROID":
        traits = ["COMMON_METAL_DEPOSITS"]
    elif site.type == "GAS_GIANT":
        traits = ["STRONG_GRAVITY", "VIBRANT_AURORAS"]
    if site.market:
        traits.append("MARKETPLACE")
    if site.yard:
        traits.append("SHIPYARD")
    return traits


def trade_volume(kind: ListingType, good: str) -> int:
    """The trade volume a listing begins with."""
    if kind is ListingType.EXCHANGE:
        return 18 if good == "ANTIMATTER" else 180
    if good in _FEW:
        return 6
    return 60 if good in _MANY or good in _RAW else 20


def made_up_listing(
    kind: ListingType, good: str, waypoint: str, seed: int, parameters: EconomyParameters
) -> ListingPlan:
    """A good at a market as it may be when nobody has meddled with it. KeyError when its base price is not known."""
    volume = trade_volume(kind, good)
    rest = draw_rest(seed, waypoint, good, kind, volume, parameters)
    chance = stream(seed, "stock", waypoint, good)
    if kind is ListingType.EXCHANGE:
        s = max(-2.5, min(2.8, chance.gauss(0, 0.1)))
    elif kind is ListingType.EXPORT:
        s = rest - abs(chance.gauss(0, 0.5))
    else:
        s = rest + abs(chance.gauss(0, 0.7))
    return ListingPlan(
        good=good,
        type=kind,
        base_price=float(base_prices()[good]),
        trade_volume=volume,
        margin=draw_margin(seed, waypoint, good, volume, 0, parameters),
        net_supply=round(s * volume),
        rest=rest,
    )
