from collections.abc import Iterator
from uuid import uuid4

import pytest

from pipeline.access.api_keys import Caller, Scope, Unauthenticated, authenticate
from pipeline.kernel.database import Database, engine
from pipeline.policy.sign_in import Speaker
from schemas.submissions import Member
from tests.support.faults import closed_port

NOBODY = "01a20ae2c8ef73598ecddd7fd2c70749"


@pytest.fixture
def nowhere() -> Iterator[Database]:
    """A database that fails whoever asks it."""
    made = Database(engine(f"postgresql+psycopg://u:p@127.0.0.1:{closed_port()}/x"), after_commit=lambda _: None)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        ([], []),
        ([Scope.SUBMIT], [Scope.SUBMIT]),
        ([Scope.REVIEW], [Scope.REVIEW]),
        ([Scope.SUBMIT, Scope.REVIEW], [Scope.SUBMIT, Scope.REVIEW]),
        ([Scope.ADMIN], [Scope.SUBMIT, Scope.REVIEW, Scope.ADMIN]),
    ],
)
def test_a_caller_may_what_the_scopes_say(scopes: list[Scope], may: list[Scope]) -> None:
    caller = Caller(uuid4(), "test", frozenset(scopes), None)

    assert [scope for scope in Scope if caller.may(scope)] == may


ANA = Speaker("m-1", Member(name="Ana Lima", email="ana@example.com"))


@pytest.mark.parametrize(
    ("scopes", "speaker", "acts"),
    [
        ([Scope.SUBMIT], None, ["m-1", "m-2"]),
        ([Scope.ADMIN], None, ["m-1", "m-2"]),
        ([Scope.REVIEW], None, []),
        ([], None, []),
        ([], ANA, ["m-1"]),
    ],
)
def test_a_service_acts_for_every_member_and_a_session_for_its_own(
    scopes: list[Scope], speaker: Speaker | None, acts: list[str]
) -> None:
    caller = Caller(uuid4(), "test", frozenset(scopes), None, speaker)

    assert [member for member in ("m-1", "m-2") if caller.may_act_for(member)] == acts


def test_a_session_may_nothing_by_scope() -> None:
    caller = Caller(uuid4(), ANA.name, frozenset(), None, ANA)

    assert [scope for scope in Scope if caller.may(scope)] == []


def test_idempotency_keys_belong_to_the_key_of_a_service_or_to_the_member() -> None:
    one, another = (Caller(uuid4(), "test", frozenset(), None, speaker) for speaker in (None, ANA))

    assert one.owner == str(one.key_id)
    assert another.owner == Caller(uuid4(), "test", frozenset(), None, ANA).owner == "member:m-1"


@pytest.mark.parametrize(
    "presented",
    [
        None,
        "",
        "pd",
        "pd_",
        "pd__",
        f"pd_{NOBODY}",
        f"pd_{NOBODY}_",
        f"sk_{NOBODY}_secret",
        f"PD_{NOBODY}_secret",
        "pd_not-an-id_secret",
        f"{NOBODY}_secret",
    ],
)
def test_what_is_no_key_is_refused_before_anything_is_asked(nowhere: Database, presented: str | None) -> None:
    with pytest.raises(Unauthenticated, match="Send an API key"):
        authenticate(presented, db=nowhere)
