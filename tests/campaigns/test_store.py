"""Campaigns in the database: two persons, one text, one winner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from campaigns.states import Action, Move, NotAllowed, Standing, State, move
from campaigns.store import Conflict, Refused, Store, Unknown
from storage.campaign_tables import campaign_log

NOW = 1_795_000_000.0  # 2026-11-18, before the small campaign's wave


def fine(_):
    return []


@pytest.fixture
def store(any_engine):
    return Store(any_engine)


def reviewed(store: Store, campaign) -> str:
    store.save(campaign, "ann", NOW)
    store.previewed(campaign.id, "ann", NOW)
    return store.submit(campaign.id, "ann", fine, NOW).digest


def test_a_campaign_from_draft_to_scheduled(store, small) -> None:
    digest = reviewed(store, small())
    found = store.approve("try", "bob", digest, fine, NOW + 1)
    assert (found.state, found.approver, found.authors) == (State.SCHEDULED, "bob", ("ann",))
    assert [line.action for line in store.log("try")] == ["create", "preview", "submit", "approve"]
    assert found.campaign == small()


def test_an_author_cannot_approve_even_if_another_author_submits(store, small) -> None:
    store.save(small(), "ann", NOW)
    store.save(small(title="改了一点"), "bob", NOW)
    store.previewed("try", "bob", NOW)
    digest = store.submit("try", "bob", fine, NOW).digest
    for author in ("ann", "bob", ""):
        with pytest.raises(NotAllowed, match="approver_is_author"):
            store.approve("try", author, digest, fine, NOW)
    assert store.get("try").state is State.REVIEW


def test_approval_is_for_one_text(store, small) -> None:
    digest = reviewed(store, small())
    with pytest.raises(NotAllowed, match="text_changed"):
        store.approve("try", "bob", "0" * 64, fine, NOW)
    store.save(small(title="又改了"), "ann", NOW)
    with pytest.raises(NotAllowed, match="approve_from_draft"):
        store.approve("try", "bob", digest, fine, NOW)


def test_nobody_approves_what_nobody_looked_at(store, small) -> None:
    store.save(small(), "ann", NOW)
    store.previewed("try", "ann", NOW)
    store.save(small(title="改了之后"), "ann", NOW)
    digest = store.submit("try", "ann", fine, NOW).digest
    with pytest.raises(NotAllowed, match="not_previewed"):
        store.approve("try", "bob", digest, fine, NOW)


def test_changing_an_approved_campaign_takes_the_approval_back(store, small) -> None:
    store.approve("try", "bob", reviewed(store, small()), fine, NOW)
    found = store.save(small(title="改了之后"), "carl", NOW)
    assert (found.state, found.approver, found.previewed) == (State.DRAFT, "", False)
    assert set(found.authors) == {"ann", "carl"}


def test_saving_the_same_text_changes_nothing(store, small) -> None:
    store.approve("try", "bob", reviewed(store, small()), fine, NOW)
    assert store.save(small(), "carl", NOW + 9).state is State.SCHEDULED


def test_what_is_being_sent_cannot_be_changed(store, small) -> None:
    store.approve("try", "bob", reviewed(store, small()), fine, NOW)
    store.act("try", Action.START, "", NOW)
    with pytest.raises(NotAllowed, match="edit_from_sending"):
        store.save(small(title="改了之后"), "ann", NOW)


def test_faults_refuse_submit_and_approve(store, small) -> None:
    digest = reviewed(store, small())
    with pytest.raises(Refused) as refused:
        store.approve("try", "bob", digest, lambda _: ["bulletin_withdrawn"], NOW)
    assert refused.value.codes == ("bulletin_withdrawn",)
    assert store.get("try").state is State.REVIEW
    store.act("try", Action.REJECT, "bob", NOW)
    with pytest.raises(Refused):
        store.submit("try", "ann", lambda _: ["in_the_past"], NOW)


def test_two_approvers_at_once_one_wins(store, small) -> None:
    digest = reviewed(store, small())

    def approve(name: str) -> str:
        try:
            return store.approve("try", name, digest, fine, NOW).approver
        except (NotAllowed, Conflict):
            return ""

    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(approve, ["bob", "carl", "dora", "emil"]))
    winners = [name for name in names if name]
    assert winners == [store.get("try").approver]
    assert [line.action for line in store.log("try")].count("approve") == 1


def test_unknown_campaigns_and_unclear_notes(store, small) -> None:
    with pytest.raises(Unknown):
        store.get("none")
    with pytest.raises(Unknown):
        store.act("none", Action.STOP, "ann", NOW)
    store.save(small(), "ann", NOW)
    for words in ("", "  ", "x" * 201, "a\nb"):
        with pytest.raises(Refused):
            store.note("try", "ann", words, NOW)
    store.note("try", "ann", "下次提前三天", NOW)
    assert store.log("try")[-1].note == "下次提前三天"


def test_the_log_is_only_added_to(any_engine, store, small) -> None:
    store.save(small(), "ann", NOW)
    for statement in (campaign_log.update().values(operator="x"), campaign_log.delete()):
        with pytest.raises(DBAPIError), any_engine.begin() as connection:
            connection.execute(statement)


NAMES = st.sampled_from(["ann", "bob", ""])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(Action)), NAMES, st.booleans()), max_size=25))
def test_nothing_is_ever_sent_without_a_second_person(moves) -> None:
    """Over any order of moves: sending is reached only after another person than the authors approved this text."""
    state, authors, previewed, approved, text = State.DRAFT, {"ann"}, False, False, 0
    for action, by, current in moves:
        previewed = previewed or current
        standing = Standing(state, str(text), frozenset(authors), previewed)
        try:
            state = move(standing, Move(action, by, str(text) if current else "other"))
        except NotAllowed:
            continue
        if action is Action.EDIT:
            text, previewed, approved = text + 1, False, False
            authors.add(by)
        if action is Action.APPROVE:
            assert by
            assert by not in authors
            approved = True
        if action in {Action.WITHDRAW, Action.REJECT}:
            approved = False
        assert approved or state not in {State.SCHEDULED, State.SENDING, State.FINISHED}
