// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Auth,
    Fulfilment,
    ITrustLedger,
    Item,
    Matter,
    Promise,
    Status
} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";
import {Vm} from "./Vm.sol";

/// @notice A verifier that never comes to an end.
contract Endless {
    fallback() external {
        while (true) {}
    }
}

/// @notice Many actions in one transaction: what one bad item does to the others.
contract BatchesTest is Base {
    uint256 private constant ENOUGH = 200_000;

    function test_one_bad_item_is_reported_and_the_rest_goes_through(uint8 bad) public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        bad = bad % 3;
        // Signed by somebody else.
        items[bad].call =
            abi.encodeCall(ledger.makeBy, (signed(STRANGER_KEY, Typed.make(ids[bad])), renumbered(aPromise(), bad)));
        vm.recordLogs();
        bool[] memory done = ledger.tryEach(items);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 reported;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != ITrustLedger.ItemFailed.selector) continue;
            ++reported;
            require(uint256(logs[i].topics[1]) == bad, "another item is reported");
            bytes memory reason = abi.decode(logs[i].data, (bytes));
            require(keccak256(reason) == keccak256(notTheCompany(vm.addr(STRANGER_KEY))), "another reason");
        }
        require(reported == 1, "one report");
        for (uint256 i = 0; i < 3; ++i) {
            require(done[i] == (i != bad), "what was done differs");
            assertEq(statusOf(ids[i]), i == bad ? Status.None : Status.Open);
        }
    }

    function test_an_item_that_somebody_sent_first_counts_as_done() public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        (bool sent,) = address(ledger).call(items[1].call);
        require(sent, "sent first");
        bytes32 head = ledger.headOf(company);
        vm.recordLogs();
        bool[] memory done = ledger.tryEach(items);
        require(done[0] && done[1] && done[2], "all are done");
        require(vm.getRecordedLogs().length == 2, "and nothing is reported");
        assertTrue(ledger.headOf(company) != head, "the others are recorded");
        assertEq(statusOf(ids[1]), Status.Open);
    }

    function test_a_hostile_verifier_burns_its_own_item_s_gas_alone() public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        bytes memory endless = abi.encodePacked(new Endless(), "key");
        items[1].call = abi.encodeCall(ledger.makeBy, (Auth(endless, "signature"), renumbered(aPromise(), 1)));
        uint256 before = gasleft();
        bool[] memory done = ledger.tryEach{gas: 1_000_000}(items);
        require(before - gasleft() < 4 * ENOUGH, "no more gas than the items name");
        require(done[0] && !done[1] && done[2], "what was done differs");
        assertEq(statusOf(ids[2]), Status.Open);
    }

    function test_too_little_gas_fails_the_whole_rather_than_an_item(uint256 gas) public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        // From where a first item can be tried to where the last can't.
        gas = 220_000 + gas % 130_000;
        (bool success,) = address(ledger).call{gas: gas}(abi.encodeCall(ledger.tryEach, (items)));
        if (success) return;
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(statusOf(ids[i]), Status.None);
        }
    }

    function test_it_says_which_item_lacks_gas() public {
        (Item[] memory items,) = threePromises();
        items[2].gasLimit = 100_000_000_000;
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotEnoughGas.selector, 2, items[2].gasLimit));
        ledger.tryEach(items);
    }

    function test_an_item_that_names_too_little_gas_fails_alone() public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        items[0].gasLimit = 10_000;
        bool[] memory done = ledger.tryEach(items);
        require(!done[0] && done[1] && done[2], "what was done differs");
        assertEq(statusOf(ids[0]), Status.None);
    }

    function test_items_of_different_signers_and_actions_go_together() public {
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        Item[] memory items = new Item[](4);
        items[0].call = abi.encodeCall(ledger.makeBy, (signed(COMPANY_KEY, Typed.make(id)), promised));
        items[1].call = abi.encodeCall(ledger.accept, (signed(CUSTOMER_KEY, Typed.accept(id)), promised, SALT));
        items[2].call = abi.encodeCall(ledger.fulfilBy, (signed(COMPANY_KEY, Typed.fulfil(id, EVIDENCE)), id, EVIDENCE));
        items[3].call = abi.encodeCall(
            ledger.confirm,
            (signed(CUSTOMER_KEY, Typed.confirm(id, Matter.Fulfilment, 5)), promised, SALT, Matter.Fulfilment, 5)
        );
        for (uint256 i = 0; i < 4; ++i) {
            items[i].gasLimit = ENOUGH;
        }
        vm.prank(vm.addr(STRANGER_KEY));
        ledger.tryEach(items);
        assertState(id, Status.Confirmed, START, START, COUNTERSIGNED | 5 * RATING);
    }

    function test_an_item_can_do_no_more_than_its_sender() public {
        Item[] memory items = new Item[](1);
        items[0] = Item(ENOUGH, abi.encodeCall(ledger.make, (aPromise())));
        vm.prank(vm.addr(STRANGER_KEY));
        require(!ledger.tryEach(items)[0], "a stranger's item is refused");
        vm.prank(company);
        require(ledger.tryEach(items)[0], "the company's is done");
    }

    function test_a_batch_in_a_batch_is_refused_whose_reports_would_be_taken_for_the_outer_one_s(bool deeper) public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        Item[] memory outer = new Item[](2);
        bytes memory inner = abi.encodeCall(ledger.tryEach, (items));
        if (deeper) {
            bytes[] memory calls = new bytes[](1);
            calls[0] = inner;
            inner = abi.encodeCall(ledger.multicall, (calls));
        }
        (outer[0], outer[1]) = (Item(4 * ENOUGH, inner), items[1]);
        vm.recordLogs();
        bool[] memory done = ledger.tryEach(outer);
        require(!done[0] && done[1], "what was done differs");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs.length == 2 && logs[0].topics[0] == ITrustLedger.ItemFailed.selector, "one report, one promise");
        require(bytes4(abi.decode(logs[0].data, (bytes))) == ITrustLedger.Nested.selector, "by name");
        assertEq(statusOf(ids[0]), Status.None);
        // One after the other is another matter.
        require(ledger.tryEach(items)[2], "done");
    }

    function test_several_actions_in_one_item_are_done_only_if_all_are() public {
        Promise[] memory promises = new Promise[](3);
        Fulfilment[] memory fulfilments = new Fulfilment[](3);
        for (uint64 i = 0; i < 3; ++i) {
            promises[i] = renumbered(aPromise(), i);
            fulfilments[i] = Fulfilment(idOf(promises[i]), EVIDENCE);
        }
        Auth memory making = signed(COMPANY_KEY, Typed.make(fulfilments[1].id));
        ledger.makeBy(making, promises[1]);
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(ledger.makeBy, (making, promises[1]));
        both[1] =
            abi.encodeCall(ledger.accept, (signed(CUSTOMER_KEY, Typed.accept(fulfilments[1].id)), promises[1], SALT));
        Item[] memory items = new Item[](3);
        items[0] = Item(4 * ENOUGH, abi.encodeCall(ledger.makeAll, (promises)));
        items[1] = Item(4 * ENOUGH, abi.encodeCall(ledger.multicall, (both)));
        vm.startPrank(company);
        bool[] memory done = ledger.tryEach(items);
        require(!done[0] && !done[1], "one was made, and the rest was not");
        assertEq(statusOf(fulfilments[0].id), Status.None);
        assertState(fulfilments[1].id, Status.Open, 0, START, 0);
        // Side by side, nobody can make them fail.
        (items[0].call, items[1].call) = (both[0], both[1]);
        done = ledger.tryEach(items);
        require(done[0] && done[1], "made, and countersigned");
        assertState(fulfilments[1].id, Status.Open, 0, START, COUNTERSIGNED);
        ledger.fulfil(fulfilments[1].id, EVIDENCE);
        items[0].call = abi.encodeCall(ledger.fulfilAll, (fulfilments));
        require(!ledger.tryEach(items)[0], "one was fulfilled, and the rest was not");
    }

    function test_no_gas_limit_makes_the_batch_panic(uint256 gasLimit) public {
        (Item[] memory items,) = threePromises();
        items[2].gasLimit = type(uint256).max - gasLimit % 10_000;
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotEnoughGas.selector, 2, items[2].gasLimit));
        ledger.tryEach(items);
    }

    function test_a_multicall_is_all_or_nothing_and_bubbles_the_reason() public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        bytes[] memory calls = new bytes[](2);
        (calls[0], calls[1]) = (items[0].call, items[0].call);
        bytes32 head = ledger.headOf(company);
        expectRefusal(ids[0], Status.Open, true);
        ledger.multicall(calls);
        assertEq(statusOf(ids[0]), Status.None);
        assertEq(ledger.headOf(company), head);
    }

    function threePromises() private view returns (Item[] memory items, bytes32[] memory ids) {
        (items, ids) = (new Item[](3), new bytes32[](3));
        for (uint64 i = 0; i < 3; ++i) {
            Promise memory promised = renumbered(aPromise(), i);
            ids[i] = idOf(promised);
            items[i] = Item(ENOUGH, abi.encodeCall(ledger.makeBy, (signed(COMPANY_KEY, Typed.make(ids[i])), promised)));
        }
    }
}
