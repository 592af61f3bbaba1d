// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Auth, ITrustLedger, Item, Matter, Promise, Status} from "../../contracts/interfaces/ITrustLedger.sol";
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

    function test_a_batch_in_a_batch_is_as_good_as_its_items() public {
        (Item[] memory items, bytes32[] memory ids) = threePromises();
        Item[] memory outer = new Item[](1);
        outer[0] = Item(4 * ENOUGH, abi.encodeCall(ledger.tryEach, (items)));
        require(ledger.tryEach(outer)[0], "done");
        assertEq(statusOf(ids[2]), Status.Open);
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
