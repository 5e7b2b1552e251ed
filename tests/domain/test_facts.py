"""The facts of the game that come with the package hang together."""

from manufacturing.domain.facts import base_prices, is_base_price_certain, raw_goods, recipes


def test_every_input_of_a_recipe_is_itself_made_somewhere() -> None:
    inputs = {needed for recipe in recipes().values() for needed in recipe}
    assert inputs <= set(recipes())


def test_there_are_129_recipes() -> None:
    assert len(recipes()) == 129


def test_raw_goods_end_every_recipe() -> None:
    def ends(good: str, above: frozenset[str]) -> bool:
        if good in raw_goods():
            return True
        return good not in above and all(ends(needed, above | {good}) for needed in recipes()[good])

    assert [good for good in recipes() if not ends(good, frozenset())] == []


def test_base_prices_say_whether_they_are_certain() -> None:
    assert is_base_price_certain("IRON")
    assert base_prices()["IRON"] == 120
    assert not is_base_price_certain("QUANTUM_DRIVES")
    assert base_prices()["QUANTUM_DRIVES"] > 0
