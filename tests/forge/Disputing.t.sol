// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Auth,
    Fulfilment,
    ITrustLedger,
    Matter,
    Once,
    Promise,
    Status
} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";

/// @notice That it was not done, and what follows: dispute, answer, rule, remedy.
contract DisputingTest is Base {
    function test_each_matter_is_disputed_where_it_stands() public {
        for (uint8 i = 0; i <= uint8(type(Status).max); ++i) {
            for (uint8 m = 0; m < 3; ++m) {
                (Status status, Matter matter) = (Status(i), Matter(m));
                setUp();
                Promise memory promised = aPromise();
                bytes32 id = inStatus(status, promised);
                vm.warp(dueAtOf(promised) + 1);
                // What was fulfilled here was fulfilled in time, so no miss can be disputed.
                bool stands = (status == Status.Fulfilled && matter == Matter.Fulfilment)
                    || (status == Status.Remedied && matter != Matter.Fulfilment)
                    || (status == Status.Open && matter == Matter.Miss);
                bool wasDisputed = status == Status.Disputed || status == Status.Upheld || status == Status.Dismissed;
                if (status == Status.Fulfilled && matter == Matter.Miss) {
                    vm.expectRevert(
                        abi.encodeWithSelector(ITrustLedger.NotYetMissed.selector, id, dueAtOf(promised), START)
                    );
                } else if (!stands) {
                    expectRefusal(id, status, wasDisputed && matter != Matter.Remedy);
                }
                vm.prank(customer);
                ledger.dispute(itself(), promised, SALT, matter, REASON);
                assertEq(statusOf(id), stands ? Status.Disputed : status);
            }
        }
    }

    function test_a_miss_is_one_only_after_the_due_time(uint32 late) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        uint40 dueAt = dueAtOf(promised);
        vm.warp(dueAt);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotYetMissed.selector, id, dueAt, dueAt));
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Miss, REASON);
        late = late % 1 days;
        vm.warp(uint256(dueAt) + 1 + late);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Miss, REASON);
        assertState(id, Status.Disputed, 0, uint256(dueAt) + 1 + late, DISPUTED);
    }

    function test_a_late_fulfilment_does_not_void_the_dispute_of_the_miss() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        uint256 late = dueAtOf(promised) + 1;
        vm.warp(late);
        fulfil(id);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Miss, REASON);
        assertState(id, Status.Disputed, late, late, DISPUTED);
    }

    function test_an_early_fulfilment_does_not_shorten_the_window(uint32 window, bool inTime) public {
        vm.assume(window >= 1 days);
        Promise memory promised = aPromise();
        uint256 dueAt = START + 10 days;
        promised.schedule = schedule(arbiter, uint40(dueAt), window, 0, 0);
        bytes32 id = fulfilled(promised);
        disputesAt(promised, id, Matter.Fulfilment, dueAt + window, inTime);
    }

    function test_a_late_fulfilment_starts_the_window(uint32 late, bool inTime) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        uint256 fulfilledAt = uint256(dueAtOf(promised)) + 1 + late;
        vm.warp(fulfilledAt);
        fulfil(id);
        disputesAt(promised, id, Matter.Miss, fulfilledAt + 1 days, inTime);
    }

    function test_a_miss_is_disputed_within_the_window_after_the_due_time(bool inTime) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        disputesAt(promised, id, Matter.Miss, uint256(dueAtOf(promised)) + 1 days, inTime);
    }

    function test_a_remedy_starts_the_window(uint32 later, bool inTime) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        uint256 moment = uint256(dueAtOf(promised)) + 1 + later;
        vm.warp(moment);
        remedy(promised, 2);
        assertState(id, Status.Remedied, 0, moment, REMEDIED);
        disputesAt(promised, id, Matter.Remedy, moment + 1 days, inTime);
    }

    function test_the_arbiter_disputes_for_the_public_and_for_nobody_else() public {
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        vm.expectRevert(notTheCounterparty(arbiter, id));
        vm.prank(arbiter);
        ledger.dispute(itself(), promised, SALT, Matter.Fulfilment, REASON);
        promised.customer = 0;
        id = fulfilled(promised);
        vm.prank(arbiter);
        ledger.dispute(itself(), promised, 0, Matter.Fulfilment, REASON);
        assertEq(statusOf(id), Status.Disputed);
    }

    function test_dispute_refuses_strangers_and_wrong_salts(address stranger, bytes32 salt) public {
        vm.assume(stranger != customer && salt != SALT);
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        vm.expectRevert(notTheCounterparty(stranger, id));
        vm.prank(stranger);
        ledger.dispute(itself(), promised, SALT, Matter.Fulfilment, REASON);
        vm.expectRevert(notTheCounterparty(customer, id));
        vm.prank(customer);
        ledger.dispute(itself(), promised, salt, Matter.Fulfilment, REASON);
    }

    function test_answer_is_the_company_s_once_and_changes_no_time() public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Disputed, promised);
        vm.warp(START + 60);
        vm.expectRevert(notTheCompany(customer));
        vm.prank(customer);
        ledger.answer(itself(), id, EVIDENCE, never());
        vm.prank(company);
        ledger.answer(itself(), id, EVIDENCE, never());
        assertState(id, Status.Disputed, START, START, DISPUTED | ANSWERED);
        expectRefusal(id, Status.Disputed, true);
        vm.prank(company);
        ledger.answer(itself(), id, EVIDENCE, never());
    }

    function test_answer_rule_only_what_is_disputed() public {
        for (uint8 i = 0; i <= uint8(type(Status).max); ++i) {
            Status status = Status(i);
            if (status == Status.Disputed) continue;
            setUp();
            Promise memory promised = aPromise();
            bytes32 id = inStatus(status, promised);
            expectRefusal(id, status, false);
            vm.prank(company);
            ledger.answer(itself(), id, EVIDENCE, never());
            expectRefusal(id, status, status == Status.Upheld);
            vm.prank(arbiter);
            ledger.rule(itself(), promised, true, EVIDENCE, never());
            expectRefusal(id, status, status == Status.Dismissed);
            vm.prank(arbiter);
            ledger.rule(itself(), promised, false, EVIDENCE, never());
        }
    }

    function test_rule_is_the_arbiter_s(address stranger, bool upheld) public {
        vm.assume(stranger != arbiter);
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Disputed, promised);
        vm.expectRevert(notTheCounterparty(stranger, id));
        vm.prank(stranger);
        ledger.rule(itself(), promised, upheld, EVIDENCE, never());
        vm.warp(START + 60);
        vm.prank(arbiter);
        ledger.rule(itself(), promised, upheld, EVIDENCE, never());
        assertState(id, upheld ? Status.Upheld : Status.Dismissed, START, START + 60, DISPUTED);
    }

    function test_signed_answers_and_rulings_work_once() public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Disputed, promised);
        Once memory once = Once(11, START + 60);
        bytes32 hash = keccak256(abi.encode(Typed.ANSWER_TYPEHASH, id, EVIDENCE, once.nonce, once.deadline));
        Auth memory auth = signed(COMPANY_KEY, hash);
        ledger.answer(auth, id, EVIDENCE, once);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NonceUsed.selector, hashOf(company), once.nonce));
        ledger.answer(auth, id, EVIDENCE, once);
        hash = keccak256(abi.encode(Typed.RULE_TYPEHASH, id, true, REASON, once.nonce, once.deadline));
        auth = signed(ARBITER_KEY, hash);
        ledger.rule(auth, promised, true, REASON, once);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NonceUsed.selector, hashOf(arbiter), once.nonce));
        ledger.rule(auth, promised, true, REASON, once);
        assertState(id, Status.Upheld, START, START, DISPUTED | ANSWERED);
    }

    function test_remedy_follows_a_miss_a_dispute_or_an_upheld_one() public {
        for (uint8 i = 0; i <= uint8(type(Status).max); ++i) {
            Status status = Status(i);
            setUp();
            Promise memory promised = aPromise();
            bytes32 id = inStatus(status, promised);
            vm.warp(dueAtOf(promised) + 1);
            bool stands = status == Status.Open || status == Status.Disputed || status == Status.Upheld;
            if (!stands) expectRefusal(id, status, status == Status.Remedied);
            vm.prank(company);
            ledger.remedy(itself(), promised, 3, REASON);
            Status after_ = !stands ? status : status == Status.Disputed ? Status.Disputed : Status.Remedied;
            assertEq(statusOf(id), after_);
        }
    }

    function test_remedy_refuses_what_is_not_yet_missed() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        uint40 dueAt = dueAtOf(promised);
        vm.warp(dueAt);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotYetMissed.selector, id, dueAt, dueAt));
        vm.prank(company);
        ledger.remedy(itself(), promised, 0, REASON);
    }

    function test_remedy_refuses_everybody_else_and_kinds_above_three(address stranger, uint8 kind) public {
        vm.assume(stranger != company && kind > 3);
        Promise memory promised = aPromise();
        inStatus(Status.Disputed, promised);
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.remedy(itself(), promised, 0, REASON);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.KindOutOfRange.selector, kind));
        vm.prank(company);
        ledger.remedy(itself(), promised, kind, REASON);
    }

    function test_a_remedy_leaves_the_dispute_open_and_is_given_once(bool upheld) public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Disputed, promised);
        vm.warp(START + 60);
        remedy(promised, 1);
        assertState(id, Status.Disputed, START, START, DISPUTED | REMEDIED);
        vm.prank(arbiter);
        ledger.rule(itself(), promised, upheld, EVIDENCE, never());
        expectRefusal(id, upheld ? Status.Upheld : Status.Dismissed, true);
        vm.prank(company);
        ledger.remedy(itself(), promised, 1, REASON);
    }

    function test_the_customer_takes_a_remedy_whatever_became_of_the_dispute() public {
        for (uint8 ruling = 0; ruling < 3; ++ruling) {
            setUp();
            Promise memory promised = aPromise();
            bytes32 id = inStatus(Status.Disputed, promised);
            remedy(promised, 1);
            if (ruling > 0) {
                vm.prank(arbiter);
                ledger.rule(itself(), promised, ruling == 1, EVIDENCE, never());
            }
            expectRefusal(id, statusOf(id), false);
            vm.prank(arbiter);
            ledger.confirm(itself(), promised, SALT, Matter.Remedy, 2);
            vm.prank(customer);
            ledger.confirm(itself(), promised, SALT, Matter.Remedy, 2);
            assertState(id, Status.Confirmed, START, START, DISPUTED | REMEDIED | 2 * RATING);
        }
    }

    function test_a_remedy_after_an_upheld_dispute_may_be_disputed_once_more() public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Disputed, promised);
        vm.prank(company);
        ledger.answer(itself(), id, EVIDENCE, never());
        vm.prank(arbiter);
        ledger.rule(itself(), promised, true, EVIDENCE, never());
        remedy(promised, 1);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Remedy, REASON);
        // The new dispute has no answer yet.
        assertState(id, Status.Disputed, START, START, DISPUTED | REMEDIED);
        vm.prank(arbiter);
        ledger.rule(itself(), promised, false, EVIDENCE, never());
        expectRefusal(id, Status.Dismissed, false);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Remedy, REASON);
    }

    function test_a_remedy_that_was_not_given_is_not_disputed_already() public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Disputed, promised);
        expectRefusal(id, Status.Disputed, false);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Remedy, REASON);
        expectRefusal(id, Status.Disputed, true);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Fulfilment, REASON);
    }

    function test_an_arbiter_s_confirmation_of_a_remedy_leaves_the_customer_its_word(bool agrees) public {
        Promise memory promised = aPromise();
        bytes32 id = inStatus(Status.Remedied, promised);
        vm.prank(arbiter);
        ledger.confirm(itself(), promised, 0, Matter.Remedy, 5);
        vm.prank(customer);
        if (agrees) {
            ledger.confirm(itself(), promised, SALT, Matter.Remedy, 1);
            assertEq(statusOf(id), Status.Confirmed);
        } else {
            ledger.dispute(itself(), promised, SALT, Matter.Remedy, REASON);
            assertEq(statusOf(id), Status.Disputed);
        }
    }

    function remedy(Promise memory promised, uint8 kind) private {
        vm.prank(company);
        ledger.remedy(itself(), promised, kind, REASON);
    }

    /// @dev At the window's end, or a second after.
    function disputesAt(Promise memory promised, bytes32 id, Matter matter, uint256 end, bool inTime) private {
        vm.warp(inTime ? end : end + 1);
        if (!inTime) vm.expectRevert(abi.encodeWithSelector(ITrustLedger.WindowClosed.selector, id, end, end + 1));
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, matter, REASON);
        require((statusOf(id) == Status.Disputed) == inTime, "the window ends otherwise");
    }
}
