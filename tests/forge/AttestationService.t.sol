// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Auth, ITrustLedger, Item, Matter, Promise, Status} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";

/// @notice What the Ethereum Attestation Service 1.9.0 accepts and a ledger of promises must not, case by case.
contract AttestationServiceTest is Base {
    function test_the_same_promise_twice_is_refused() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        expectRefusal(id, Status.Open, true);
        vm.prank(company);
        ledger.makeBy(itself(), promised);
    }

    function test_a_promise_due_in_the_past_is_refused() public {
        Promise memory promised = aPromise();
        promised.schedule = schedule(arbiter, uint40(START - 1), 1 days, 7, 3);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.DueInThePast.selector, START - 1, START));
        vm.prank(company);
        ledger.makeBy(itself(), promised);
    }

    function test_data_that_does_not_decode_is_refused(bytes calldata junk) public {
        (bool one_,) = address(ledger).call(bytes.concat(ITrustLedger.make.selector, junk));
        require(!one_, "junk was accepted");
        (bool made_,) = address(ledger).call(bytes.concat(ITrustLedger.makeAll.selector, junk));
        // Nothing at all decodes only where it says that there is nothing to make.
        if (made_) require(ledger.headOf(company) == headBefore(), "junk was recorded");
        (bool fulfilled_,) = address(ledger).call(bytes.concat(ITrustLedger.fulfilBy.selector, junk));
        require(!fulfilled_, "junk was accepted");
    }

    function test_a_stranger_s_word_that_it_was_fulfilled_is_refused(address stranger) public {
        vm.assume(stranger != company);
        bytes32 id = made(aPromise());
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.fulfilBy(itself(), id, EVIDENCE);
    }

    function test_a_second_fulfilment_is_refused() public {
        bytes32 id = fulfilled(aPromise());
        expectRefusal(id, Status.Fulfilled, true);
        vm.prank(company);
        ledger.fulfilBy(itself(), id, EVIDENCE);
    }

    function test_lateness_is_marked_for_ever() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        vm.warp(dueAtOf(promised) + 1);
        fulfil(id);
        assertTrue(ledger.stateOf(id).fulfilledAt > dueAtOf(promised), "late");
        vm.prank(customer);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 5);
        assertTrue(ledger.stateOf(id).fulfilledAt > dueAtOf(promised), "still late");
    }

    function test_a_company_can_t_revoke_what_it_missed() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        vm.warp(dueAtOf(promised) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ITrustLedger.AlreadyMissed.selector, id, dueAtOf(promised), dueAtOf(promised) + 1)
        );
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, refused());
    }

    function test_what_was_taken_back_can_t_be_fulfilled() public {
        bytes32 id = inStatus(Status.Withdrawn, aPromise());
        expectRefusal(id, Status.Withdrawn, false);
        vm.prank(company);
        ledger.fulfilBy(itself(), id, EVIDENCE);
    }

    function test_a_stranger_who_sends_one_item_first_voids_no_batch() public {
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        Item[] memory items = new Item[](2);
        items[0] = Item(200_000, abi.encodeCall(ledger.makeBy, (signed(COMPANY_KEY, Typed.make(id)), promised)));
        items[1] =
            Item(200_000, abi.encodeCall(ledger.accept, (signed(CUSTOMER_KEY, Typed.accept(id)), promised, SALT)));
        vm.prank(vm.addr(STRANGER_KEY));
        (bool first,) = address(ledger).call(items[0].call);
        bool[] memory done = ledger.tryEach(items);
        require(first && done[0] && done[1], "all is done");
        assertState(id, Status.Open, 0, START, COUNTERSIGNED);
    }

    function test_no_signature_waits_for_another() public {
        Promise memory promised = aPromise();
        Promise memory other = renumbered(promised, 2);
        Auth memory first = signed(COMPANY_KEY, Typed.make(idOf(promised)));
        Auth memory second = signed(COMPANY_KEY, Typed.make(idOf(other)));
        ledger.makeBy(second, other);
        ledger.makeBy(first, promised);
        assertEq(statusOf(idOf(promised)), Status.Open);
    }

    function test_an_id_depends_on_content_alone(uint32 later, uint64 blocks, uint64 chain) public {
        vm.assume(chain > 0);
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        vm.warp(START + later % 1 hours);
        vm.roll(uint256(blocks) + 1);
        vm.chainId(chain);
        assertEq(idOf(promised), id);
        made(aPromise());
        assertEq(idOf(promised), id);
    }

    function headBefore() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(abi.encode(block.chainid, address(ledger), company)),
                START,
                ITrustLedger.Registered.selector,
                company,
                hashOf(company),
                keccak256("profile"),
                keccak256("ipfs://profile")
            )
        );
    }
}
