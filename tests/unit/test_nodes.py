"""Which node is asked next, by how the nodes did."""

from __future__ import annotations

from random import Random

import pytest

from ledger.chain.node import Node, secrets_of
from ledger.chain.nodes import DISTRUST_S, FIRST_REST_S, LONGEST_REST_S, QUIET, Nodes
from ledger.errors import NodeRefused, NodeUnreachable
from tests.support.simulator import Clock


def three() -> tuple[Nodes, Clock, list[Node]]:
    clock = Clock()
    nodes = Nodes([Node(f"http://node{number}") for number in range(3)], lambda: clock.now, clock.sleep, Random(1))
    return nodes, clock, list(nodes.all)


def test_the_least_busy_of_those_that_failed_least_is_next() -> None:
    nodes, _, (one, two, three_) = three()
    assert nodes.next() is one
    with nodes.asking(one):
        assert nodes.next() is two
        with nodes.asking(two):
            assert nodes.next() is three_
    assert nodes.other([one, two]) is three_
    assert nodes.other([one, two, three_]) is None


@pytest.mark.parametrize(
    "error", [NodeUnreachable("http://node0", "no answer"), NodeRefused("http://node0", "x", "no")]
)
def test_a_node_that_fails_rests_and_comes_back(error: Exception) -> None:
    nodes, clock, (one, two, _) = three()
    with pytest.raises(type(error)), nodes.asking(one):
        raise error
    assert nodes.next() is two
    before = clock.now
    assert nodes.other(nodes.all[1:]) is one, "it is waited for"
    assert 0 < clock.now - before <= 2 * FIRST_REST_S
    assert nodes.next() is two, "one that did not fail comes first"
    with nodes.asking(one):
        pass
    assert nodes.next() is one, "an answer makes good for failures"


def test_rest_grows_to_a_limit_and_is_never_longer() -> None:
    nodes, clock, (one, *others) = three()
    rests = []
    for _ in range(2000):
        nodes.failed(one)
        began = clock.now
        assert nodes.other(others) is one
        rests.append(clock.now - began)
    assert max(rests[:3]) <= FIRST_REST_S * 2**3
    assert 1.0 < max(rests) <= LONGEST_REST_S
    assert len({round(rest, 1) for rest in rests}) > 10, "those that fail together should not come back together"


def test_where_all_rest_the_first_to_be_ready_is_waited_for() -> None:
    nodes, clock, all_ = three()
    for node in all_:
        nodes.failed(node)
    before = clock.now
    assert nodes.next() in all_
    assert 0 < clock.now - before <= 2 * FIRST_REST_S


def test_a_node_that_gave_false_answers_is_left_alone_for_long() -> None:
    nodes, clock, all_ = three()
    nodes.distrust(all_[0])
    assert nodes.next() is all_[1]
    assert nodes.trusted
    for node in all_[1:]:
        nodes.distrust(node)
    assert not nodes.trusted
    before = clock.now
    nodes.next()
    assert clock.now == before, "nobody waits for an hour: who asks is told"
    with nodes.asking(all_[0]):
        pass
    assert not nodes.trusted, "an answer does not make good for a false one"
    clock.now += 1
    nodes.distrust(all_[0])
    assert nodes.next() is all_[1], "each gets its turn"
    clock.now += DISTRUST_S
    assert nodes.trusted
    assert nodes.next() is all_[0]
    clock.now = before
    assert nodes.trusted, "that is over"


def test_a_node_that_has_nothing_new_for_long_may_stand_still() -> None:
    nodes, _, (one, two, three_) = three()
    for _ in range(QUIET):
        assert nodes.next() is one, "others have nothing either, as a rule"
        nodes.heard(one, news=False)
    assert nodes.next() is two
    nodes.failed(two)
    assert nodes.next() is three_
    for _ in range(3 * QUIET):
        nodes.heard(three_, news=False)
    assert nodes.next() is one, "where all are quiet, each gets its turn"
    nodes.heard(three_, news=True)
    assert nodes.next() is three_


URL = "https://someone:pass%20word@node.example/v3/0123456789abcdef/eth?apikey=fedcba9876543210&x=1"


def test_what_a_node_repeats_of_its_url_is_not_told() -> None:
    assert secrets_of(URL) >= {"0123456789abcdef", "fedcba9876543210", "pass word", "pass%20word"}
    node = Node(URL)
    with pytest.raises(NodeRefused) as refused:
        node._result("eth_call", {"error": {"message": "no key 0123456789abcdef, nor fedcba9876543210"}})
    assert "no key …, nor …" in str(refused.value)
    assert "0123456789abcdef" not in str(refused.value)
    assert secrets_of("http://node.example/?0123456789abcdef") == {"0123456789abcdef"}


def test_a_node_s_address_is_shown_as_a_url_has_it() -> None:
    assert Node("http://[::1]:8545").url == "http://[::1]:8545"


def test_what_a_node_says_is_cut_short() -> None:
    with pytest.raises(NodeRefused) as refused:
        Node("http://node0")._result("eth_call", {"error": {"message": "x" * 200_000}})
    assert len(str(refused.value)) < 1000
