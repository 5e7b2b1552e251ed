import pytest

from manufacturing.domain.errors import StaleRow, UnknownThing
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player, PlayerStatus
from tests.postgres.builders import a_player
from tests.postgres.opening import Open

NOBODY = PlayerId(999)


def test_a_new_player_has_its_id_at_once(uow: Open) -> None:
    player = a_player()
    assert player.id == 0
    with uow() as work:
        work.players.add(player)
        assert player.id > 0


def test_a_player_comes_back_as_it_was_stored(uow: Open) -> None:
    player = a_player(time_scale="60@a>b", status=PlayerStatus.PAUSED, status_reason="asked to", credits=-5)
    with uow() as work:
        work.players.add(player)
        work.commit()
    with uow() as work:
        found = work.players.get(player.id)
        assert found is not player
        for name in vars(a_player()):
            if not name.startswith("_"):
                assert getattr(found, name) == getattr(player, name), name
        assert found.status is PlayerStatus.PAUSED


def test_an_unknown_player_is_said_to_be_unknown(uow: Open) -> None:
    with uow() as work:
        with pytest.raises(UnknownThing, match="999"):
            work.players.get(NOBODY)
        with pytest.raises(UnknownThing, match="999"):
            work.players.spendable(NOBODY, 0)
        with pytest.raises(UnknownThing, match="999"):
            work.players.move_credits(NOBODY, amount=1, released=0)


def test_a_player_is_found_by_agent_server_and_universe(uow: Open, player: Player, other_player: Player) -> None:
    with uow() as work:
        found = work.players.find(player.agent_symbol, player.server_url, player.reset_date)
        assert found is not None
        assert found.id == player.id
        assert work.players.find(player.agent_symbol, player.server_url, "1999-01-01") is None


def test_all_players_are_listed_newest_last_and_active_ones_apart(
    uow: Open, player: Player, other_player: Player
) -> None:
    with uow() as work:
        work.players.get(player.id).status = PlayerStatus.RESET
        work.commit()
    with uow() as work:
        assert [found.id for found in work.players.all()] == [player.id, other_player.id]
        assert [found.id for found in work.players.active()] == [other_player.id]


def test_credits_are_claimed_down_to_the_floor_and_no_further(uow: Open, player: Player) -> None:
    with uow() as work:
        assert work.players.claim_credits(player.id, 60_000, floor=30_000)
        assert not work.players.claim_credits(player.id, 10_001, floor=30_000)
        assert work.players.claim_credits(player.id, 10_000, floor=30_000)
        assert work.players.spendable(player.id, floor=30_000) == 0
        assert work.players.spendable(player.id, floor=29_000) == 1_000
        assert work.players.spendable(player.id, floor=50_000) == 0


def test_a_claim_shows_in_the_player_already_read(uow: Open, player: Player) -> None:
    with uow() as work:
        read = work.players.get(player.id)
        work.players.claim_credits(player.id, 500, floor=0)
        assert (read.credits_reserved, read.version) == (500, 2)
        work.players.move_credits(player.id, amount=-480, released=500)
        assert (read.credits, read.credits_reserved, read.version) == (99_520, 0, 3)
        read.status_reason = "still mine to change"
        work.commit()
    with uow() as work:
        assert work.players.get(player.id).status_reason == "still mine to change"


def test_a_claim_does_not_lose_what_was_changed_and_not_stored_yet(uow: Open, player: Player) -> None:
    with uow() as work:
        work.players.get(player.id).status = PlayerStatus.PAUSED
        work.players.claim_credits(player.id, 500, floor=0)
        work.commit()
    with uow() as work:
        stored = work.players.get(player.id)
        assert (stored.status, stored.credits_reserved) == (PlayerStatus.PAUSED, 500)


def test_spendable_is_what_it_is_now_not_what_was_read(uow: Open, player: Player) -> None:
    with uow() as work:
        work.players.get(player.id)
        with uow() as other:
            other.players.claim_credits(player.id, 99_000, floor=0)
            other.commit()
        assert work.players.spendable(player.id, floor=0) == 1_000


def test_whoever_saves_credits_read_before_they_moved_is_refused(uow: Open, player: Player) -> None:
    with uow() as work:
        read = work.players.get(player.id)
        with uow() as other:
            other.players.move_credits(player.id, amount=-500, released=0)
            other.commit()
        read.credits = 100_000
        read.status_reason = "overwritten"
        with pytest.raises(StaleRow, match="players"):
            work.commit()
    with uow() as work:
        assert work.players.get(player.id).credits == 99_500


def test_an_agent_is_enrolled_once_per_universe(uow: Open, player: Player) -> None:
    with uow() as work, pytest.raises(StaleRow, match="unique_player"):
        work.players.add(a_player(agent_symbol=player.agent_symbol))
