// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Auth, Fulfilment, ITrustLedger, Matter, Promise, Status} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";

/// @notice That it was done, and who agrees: fulfil, confirm.
contract FulfillingTest is Base {
    function test_fulfil_records_the_block_s_time_late_or_not(uint32 later) public {
        bytes32 id = made(aPromise());
        vm.warp(START + later);
        fulfil(id);
        assertState(id, Status.Fulfilled, START + later, START + later, 0);
    }

    function test_fulfil_keeps_that_it_was_countersigned() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        vm.prank(customer);
        ledger.accept(itself(), promised, SALT);
        fulfil(id);
        assertState(id, Status.Fulfilled, START, START, COUNTERSIGNED);
    }

    function test_fulfilAll_is_all_or_none() public {
        Fulfilment[] memory both = new Fulfilment[](2);
        both[0] = Fulfilment(made(aPromise()), EVIDENCE);
        both[1] = Fulfilment(EVIDENCE, EVIDENCE);
        expectRefusal(EVIDENCE, Status.None, false);
        vm.prank(company);
        ledger.fulfilAll(both);
        assertEq(statusOf(both[0].id), Status.Open);
        both[1].id = made(renumbered(aPromise(), 2));
        vm.prank(company);
        ledger.fulfilAll(both);
        assertEq(statusOf(both[0].id), Status.Fulfilled);
        assertEq(statusOf(both[1].id), Status.Fulfilled);
    }

    function test_fulfil_refuses_everybody_else(address stranger) public {
        vm.assume(stranger != company);
        bytes32 id = made(aPromise());
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.fulfil(id, EVIDENCE);
    }

    function test_fulfilAll_refuses_everybody_else(address stranger) public {
        vm.assume(stranger != company);
        Fulfilment[] memory one = new Fulfilment[](1);
        one[0] = Fulfilment(made(aPromise()), EVIDENCE);
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.fulfilAll(one);
    }

    function test_fulfil_only_what_is_open() public {
        for (uint8 i = 0; i <= uint8(type(Status).max); ++i) {
            Status status = Status(i);
            if (status == Status.Open) continue;
            setUp();
            bytes32 id = inStatus(status, aPromise());
            bool wasFulfilled = ledger.stateOf(id).fulfilledAt != 0;
            expectRefusal(id, status, wasFulfilled);
            vm.prank(company);
            ledger.fulfilBy(itself(), id, EVIDENCE);
        }
    }

    function test_the_customer_confirms_with_a_rating(uint8 rating, uint32 later) public {
        rating = rating % 6;
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        vm.warp(START + later);
        vm.prank(customer);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, rating);
        assertState(id, Status.Confirmed, START, START + later, rating * RATING);
    }

    function test_the_arbiter_confirms_whatever_the_salt(bytes32 salt) public {
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        vm.prank(arbiter);
        ledger.confirm(itself(), promised, salt, Matter.Fulfilment, 3);
        assertState(id, Status.Confirmed, START, START, BY_ARBITER | 3 * RATING);
    }

    function test_the_customer_has_the_last_word_over_the_arbiter(bool agrees) public {
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        vm.prank(arbiter);
        ledger.confirm(itself(), promised, 0, Matter.Fulfilment, 5);
        vm.prank(customer);
        if (agrees) {
            ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 1);
            assertState(id, Status.Confirmed, START, START, RATING);
        } else {
            ledger.dispute(itself(), promised, SALT, Matter.Fulfilment, REASON);
            assertState(id, Status.Disputed, START, START, DISPUTED);
        }
    }

    function test_a_customer_s_confirmation_is_final() public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Confirmed, promised);
        expectRefusal(id, Status.Confirmed, true);
        vm.prank(customer);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 5);
        expectRefusal(id, Status.Confirmed, true);
        vm.prank(arbiter);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 5);
        expectRefusal(id, Status.Confirmed, false);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Fulfilment, REASON);
    }

    function test_an_arbiter_confirms_once() public {
        Promise memory promised = aPromise();
        promised.customer = 0;
        bytes32 id = fulfilled(promised);
        vm.prank(arbiter);
        ledger.confirm(itself(), promised, 0, Matter.Fulfilment, 5);
        expectRefusal(id, Status.Confirmed, true);
        vm.prank(arbiter);
        ledger.confirm(itself(), promised, 0, Matter.Fulfilment, 5);
        // To the public, that is final.
        expectRefusal(id, Status.Confirmed, false);
        vm.prank(arbiter);
        ledger.dispute(itself(), promised, 0, Matter.Fulfilment, REASON);
    }

    function test_confirm_refuses_strangers_and_wrong_salts(address stranger, bytes32 salt) public {
        vm.assume(stranger != customer && stranger != arbiter && salt != SALT);
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        vm.expectRevert(notTheCounterparty(stranger, id));
        vm.prank(stranger);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 5);
        vm.expectRevert(notTheCounterparty(customer, id));
        vm.prank(customer);
        ledger.confirm(itself(), promised, salt, Matter.Fulfilment, 5);
    }

    function test_confirm_refuses_ratings_above_five(uint8 rating) public {
        vm.assume(rating > 5);
        Promise memory promised = aPromise();
        fulfilled(promised);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.RatingOutOfRange.selector, rating));
        vm.prank(customer);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, rating);
    }

    function test_each_matter_is_confirmed_where_it_stands() public {
        for (uint8 i = 0; i <= uint8(type(Status).max); ++i) {
            for (uint8 m = 0; m < 3; ++m) {
                (Status status, Matter matter) = (Status(i), Matter(m));
                setUp();
                Promise memory promised = aPromise();
                bytes32 id = inStatus(status, promised);
                bool stands = (status == Status.Fulfilled && matter == Matter.Fulfilment)
                    || (status == Status.Remedied && matter == Matter.Remedy);
                if (!stands) expectRefusal(id, status, status == Status.Confirmed);
                vm.prank(customer);
                ledger.confirm(itself(), promised, SALT, matter, 5);
                assertEq(statusOf(id), stands ? Status.Confirmed : status);
            }
        }
    }

    function test_a_signature_about_a_fulfilment_is_none_about_a_remedy() public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Remedied, promised);
        Auth memory auth = signed(CUSTOMER_KEY, Typed.confirm(id, Matter.Fulfilment, 5));
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, auth.signer));
        ledger.confirm(auth, promised, SALT, Matter.Remedy, 5);
    }
}
