"""What real clients send although nobody documents it is accepted, and refused when the simulator is strict."""

from typing import Any

import pytest

from tests.simulator.players import Player, a_player

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(params=[False, True], ids=["tolerant", "strict"])
def player(request: pytest.FixtureRequest) -> Player:
    player = a_player(strict=request.param)
    player.post(player.me + "/orbit")
    return player


def _is_strict(player: Player) -> bool:
    return player.api._strict


def _expect(player: Player, tolerant: int, strict: int) -> int:
    return strict if _is_strict(player) else tolerant


def test_a_form_with_numbers_as_text(player: Player) -> None:
    player.post(player.me + "/dock")
    response = player.call("POST", player.me + "/purchase", b"symbol=FUEL&units=3", **{"content-type": FORM})
    assert response.status == _expect(player, 201, 415)
    assert player.ship().cargo_units == _expect(player, 3, 0)


def test_a_form_that_claims_to_be_json(player: Player) -> None:
    player.post(player.me + "/dock")
    response = player.call("POST", player.me + "/purchase", b"symbol=FUEL&units=3")
    assert response.status == _expect(player, 201, 400)


def test_numbers_as_text_in_json(player: Player) -> None:
    player.post(player.me + "/dock")
    response = player.call("POST", player.me + "/purchase", {"symbol": "FUEL", "units": "3"})
    assert response.status == _expect(player, 201, 422)


def test_unknown_keys(player: Player) -> None:
    player.post(player.me + "/dock")
    response = player.call("POST", player.me + "/purchase", {"symbol": "FUEL", "units": 3, "why": "fun"})
    assert response.status == _expect(player, 201, 422)
    if _is_strict(player):
        assert list(response.json()["error"]["data"]) == ["why"]


def test_an_empty_body_that_claims_to_be_json(player: Player) -> None:
    player.post(player.me + "/dock")
    response = player.call("POST", player.me + "/refuel", b"", **{"content-type": "application/json"})
    assert response.status == _expect(player, 200, 400)


@pytest.mark.parametrize("path", ["/my/agent/", "//my//agent"])
def test_slashes_too_many(player: Player, path: str) -> None:
    assert player.call("GET", path).status == _expect(player, 200, 404)


def test_a_post_where_a_patch_belongs(player: Player) -> None:
    response = player.call("POST", player.me + "/nav", {"flightMode": "DRIFT"})
    assert response.status == _expect(player, 200, 405)


def test_clients_of_earlier_versions_find_their_first_ship(player: Player) -> None:
    ships = player.registration["ships"]
    assert player.registration.get("ship") == (None if _is_strict(player) else ships[0])


def test_an_untouched_ship_shows_whole_numbers_for_its_condition(player: Player) -> None:
    body = player.call("GET", player.me).body
    assert b'"condition":1,"integrity":1,' in body


@pytest.mark.parametrize("path", ["/", ""])
def test_the_root_is_the_status_with_or_without_a_slash(player: Player, path: str) -> None:
    response: Any = player.call("GET", path)
    assert response.status == 200
    assert response.json()["version"] == "v2.3.0"
