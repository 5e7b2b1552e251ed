"""What a player can mend is told in a line, and no secret is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from manufacturing.adapters.embedded import EmbeddedServerError
from manufacturing.adapters.postgres import database
from manufacturing.adapters.redis.api_budget import BudgetUnreachable
from manufacturing.adapters.redis.client import connect
from manufacturing.cli.console import CannotDo
from manufacturing.cli.supervisor import HomeInUse, ProcessFailed
from manufacturing.cli.troubles import explained
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.gateway import NotAuthorized, RequestRejected, ServerUnavailable, UniverseReset
from manufacturing.domain.masking import masked
from manufacturing.settings import BadSetting

_WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@/:"), min_size=1)


@given(user=_WORD, password=_WORD)
def test_a_password_in_a_url_is_never_printed(user: str, password: str) -> None:
    text = masked(f"trouble with postgresql://{user}:{password}@host:5432/name and redis://:{password}@host/0")
    assert text == f"trouble with postgresql://{user}:***@host:5432/name and redis://:***@host/0"


def test_a_url_without_a_password_is_left_as_it_is() -> None:
    for url in (
        "postgresql+psycopg2://postgres@:5432/name?host=/tmp/a",
        "unix:///tmp/x.sock?db=0",
        "http://host:80/a:b@c",
    ):
        assert masked(url) == url


def test_a_token_is_never_printed() -> None:
    assert masked("token eyJhbGciOiJI.eyJpZGVudGlmaWVy.abc-_9 is wrong") == "token (token) is wrong"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BadSetting("X must be a number"), "X must be a number"),
        (CannotDo("no such pipeline"), "no such pipeline"),
        (HomeInUse("in use"), "in use"),
        (ProcessFailed("worker: ended"), "worker: ended"),
        (EmbeddedServerError("the disk is full"), "the disk is full"),
        (UnknownThing("there is no player 3"), "there is no player 3"),
        (UniverseReset("4113"), "`manufacturing player renew`"),
        (NotAuthorized("401"), "check SPACETRADERS_TOKEN"),
        (ServerUnavailable("no route"), "check SPACETRADERS_URL"),
        (RequestRejected("odd"), "odd"),
    ],
)
def test_what_went_wrong_is_told(error: Exception, told: str) -> None:
    assert told.lower() in (explained(error) or "").lower()


def test_a_mistake_of_the_program_is_not_explained_away() -> None:
    assert explained(KeyError("mistake")) is None


def test_a_database_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(OperationalError) as caught:
        create_engine("postgresql+psycopg2://me:geheim@127.0.0.1:1/x").connect()
    told = explained(caught.value) or ""
    assert "Connection refused" in told
    assert "DATABASE_URL" in told
    assert "geheim" not in told


def test_nonsense_for_a_url_is_told() -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        database.connect("nonsense")
    assert "DATABASE_URL" in (explained(caught.value) or "")


def test_a_budget_without_its_broker_is_told_as_such() -> None:
    told = explained(BudgetUnreachable("Error 2 connecting.")) or ""
    assert "REDIS_URL" in told
    assert ".." not in told


def test_a_broker_that_does_not_answer_is_told() -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        connect("redis://:geheim@127.0.0.1:1/0").ping()
    told = explained(caught.value) or ""
    assert "REDIS_URL" in told
    assert "geheim" not in told
