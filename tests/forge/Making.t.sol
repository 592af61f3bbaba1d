// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Auth, Consent, ITrustLedger, Once, Promise, Status} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";

/// @notice From a promise's making to its due time: make, accept, handOff, amend, withdraw.
contract MakingTest is Base {
    function test_make_opens_the_promise(uint40 dueAt, uint32 window, uint16 cohort, uint64 nonce, uint8 code) public {
        vm.assume(dueAt > START && window >= 1 days);
        code = code % 4;
        Promise memory promised = aPromise();
        promised.schedule = schedule(arbiter, dueAt, window, cohort, code);
        promised.labels = labels(nonce, bytes8(keccak256("x")), 3 - code, code);
        bytes32 id = made(promised);
        assertState(id, Status.Open, 0, START, 0);
    }

    function test_make_refuses_a_due_time_that_is_not_ahead(uint40 dueAt) public {
        Promise memory promised = aPromise();
        promised.schedule = schedule(arbiter, uint40(dueAt % (START + 1)), 1 days, 0, 0);
        refuses(promised, abi.encodeWithSelector(ITrustLedger.DueInThePast.selector, dueAt % (START + 1), START));
    }

    function test_make_refuses_a_window_under_a_day(uint32 window) public {
        Promise memory promised = aPromise();
        window = window % 1 days;
        promised.schedule = schedule(arbiter, uint40(START + 1), window, 0, 0);
        refuses(promised, abi.encodeWithSelector(ITrustLedger.DisputeWindowTooShort.selector, window, 1 days));
    }

    function test_make_refuses_the_company_as_arbiter() public {
        Promise memory promised = aPromise();
        promised.schedule = schedule(company, uint40(START + 1), 1 days, 0, 0);
        refuses(promised, abi.encodeWithSelector(ITrustLedger.ArbiterIsCompany.selector, company));
    }

    function test_make_refuses_what_nobody_could_contest() public {
        Promise memory promised = aPromise();
        promised.schedule = schedule(address(0), uint40(START + 1), 1 days, 0, 0);
        made(promised);
        promised.customer = 0;
        refuses(promised, abi.encodeWithSelector(ITrustLedger.Uncontestable.selector, idOf(promised)));
    }

    function test_make_refuses_codes_above_three(uint8 code) public {
        vm.assume(code > 3);
        Promise memory promised = aPromise();
        (uint256 sound, uint256 alsoSound) = (promised.schedule, promised.labels);
        promised.schedule = schedule(arbiter, uint40(START + 1), 1 days, 0, code);
        refuses(promised, outOfRange(promised));
        promised.schedule = sound;
        promised.labels = labels(1, 0, code, 0);
        refuses(promised, outOfRange(promised));
        promised.labels = labels(1, 0, 0, code);
        refuses(promised, outOfRange(promised));
        promised.labels = alsoSound;
        made(promised);
    }

    function test_make_refuses_bits_that_mean_nothing(uint256 bit) public {
        Promise memory promised = aPromise();
        promised.labels |= 1 << (144 + bit % 112);
        refuses(promised, outOfRange(promised));
    }

    function test_make_refuses_a_company_that_has_not_registered() public {
        Promise memory promised = aPromise();
        promised.company = customer;
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotRegistered.selector, customer));
        vm.prank(customer);
        ledger.make(promised);
    }

    function test_make_refuses_everybody_else(address stranger) public {
        vm.assume(stranger != company);
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.make(aPromise());
    }

    function test_makeAll_refuses_everybody_else(address stranger) public {
        vm.assume(stranger != company);
        Promise[] memory promises = new Promise[](1);
        promises[0] = aPromise();
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.makeAll(promises);
    }

    function test_makeAll_is_all_or_none() public {
        Promise[] memory promises = new Promise[](2);
        (promises[0], promises[1]) = (aPromise(), aPromise());
        bytes32 head = ledger.headOf(company);
        expectRefusal(idOf(promises[0]), Status.Open, true);
        vm.prank(company);
        ledger.makeAll(promises);
        assertEq(ledger.headOf(company), head);
        promises[1] = renumbered(promises[0], 2);
        vm.prank(company);
        ledger.makeAll(promises);
        assertEq(statusOf(idOf(promises[0])), Status.Open);
        assertEq(statusOf(idOf(promises[1])), Status.Open);
    }

    function test_the_customer_sends_what_the_company_signed_and_countersigns_it_at_once() public {
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ledger.makeBy, (signed(COMPANY_KEY, Typed.make(id)), promised));
        calls[1] = abi.encodeCall(ledger.accept, (itself(), promised, SALT));
        vm.prank(customer);
        ledger.multicall(calls);
        assertState(id, Status.Open, 0, START, COUNTERSIGNED);
    }

    function test_both_signatures_countersign_from_birth(address relayer) public {
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ledger.makeBy, (signed(COMPANY_KEY, Typed.make(id)), promised));
        calls[1] = abi.encodeCall(ledger.accept, (signed(CUSTOMER_KEY, Typed.accept(id)), promised, SALT));
        vm.prank(relayer);
        ledger.multicall(calls);
        assertState(id, Status.Open, 0, START, COUNTERSIGNED);
    }

    function test_accept_countersigns_once() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        vm.warp(START + 60);
        vm.prank(customer);
        ledger.accept(itself(), promised, SALT);
        assertState(id, Status.Open, 0, START, COUNTERSIGNED);
        expectRefusal(id, Status.Open, true);
        vm.prank(customer);
        ledger.accept(itself(), promised, SALT);
    }

    function test_accept_refuses_all_but_the_customer_with_its_salt(address stranger, bytes32 salt) public {
        vm.assume(stranger != customer && salt != SALT);
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        vm.expectRevert(notTheCounterparty(stranger, id));
        vm.prank(stranger);
        ledger.accept(itself(), promised, SALT);
        vm.expectRevert(notTheCounterparty(customer, id));
        vm.prank(customer);
        ledger.accept(itself(), promised, salt);
        vm.expectRevert(notTheCounterparty(arbiter, id));
        vm.prank(arbiter);
        ledger.accept(itself(), promised, SALT);
    }

    function test_accept_hands_off_amend_withdraw_only_what_is_open() public {
        for (uint8 i = 0; i <= uint8(type(Status).max); ++i) {
            Status status = Status(i);
            if (status == Status.Open) continue;
            setUp();
            Promise memory promised = aPromise();
            bytes32 id = inStatus(status, promised);
            expectRefusal(id, status, false);
            vm.prank(customer);
            ledger.accept(itself(), promised, SALT);
            expectRefusal(id, status, false);
            vm.prank(company);
            ledger.handOff(itself(), id, 1, 2, 3, never());
            expectRefusal(id, status, false);
            vm.prank(company);
            ledger.amend(itself(), promised, renumbered(promised, 7), refused());
            expectRefusal(id, status, status == Status.Withdrawn);
            vm.prank(company);
            ledger.withdraw(itself(), promised, REASON, refused());
        }
    }

    function test_handing_off_leaves_the_state_as_it_is(uint16 from, uint16 to, uint8 channel) public {
        bytes32 id = made(aPromise());
        bytes32 head = ledger.headOf(company);
        vm.warp(START + 5 days);
        vm.prank(company);
        ledger.handOff(itself(), id, from, to, channel, never());
        assertState(id, Status.Open, 0, START, 0);
        assertTrue(ledger.headOf(company) != head, "recorded");
    }

    function test_a_signed_hand_off_names_who_acts_and_works_once() public {
        bytes32 id = made(aPromise());
        Once memory once = Once(7, START + 1 hours);
        bytes32 hash =
            keccak256(abi.encode(Typed.HAND_OFF_TYPEHASH, hashOf(company), id, 1, 2, 3, once.nonce, once.deadline));
        Auth memory auth = signed(COMPANY_KEY, hash);
        ledger.handOff(auth, id, 1, 2, 3, once);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NonceUsed.selector, hashOf(company), once.nonce));
        ledger.handOff(auth, id, 1, 2, 3, once);
        bytes32 another = keccak256(
            abi.encode(Typed.HAND_OFF_TYPEHASH, hashOf(customer), id, 1, 2, 3, once.nonce + 1, once.deadline)
        );
        auth = signed(COMPANY_KEY, another);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, auth.signer));
        ledger.handOff(auth, id, 1, 2, 3, Once(once.nonce + 1, once.deadline));
    }

    function test_amend_puts_another_in_its_place(uint32 later) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        vm.warp(START + 60);
        Promise memory next = renumbered(promised, 2);
        next.schedule = schedule(arbiter, uint40(START + 61 + later), 2 days, 8, 1);
        vm.prank(company);
        ledger.amend(itself(), promised, next, refused());
        assertState(id, Status.Superseded, 0, START + 60, 0);
        assertState(idOf(next), Status.Open, 0, START + 60, 0);
    }

    function test_amend_with_the_customer_s_consent_is_countersigned() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        Promise memory next = renumbered(promised, 2);
        Consent memory consent = agreed(CUSTOMER_KEY, Typed.consentToAmend(id, idOf(next)));
        Consent memory forged = agreed(ARBITER_KEY, Typed.consentToAmend(id, idOf(next)));
        vm.expectRevert(notTheCounterparty(arbiter, id));
        vm.prank(company);
        ledger.amend(itself(), promised, next, forged);
        vm.prank(company);
        ledger.amend(itself(), promised, next, consent);
        assertState(idOf(next), Status.Open, 0, START, COUNTERSIGNED);
    }

    function test_a_consent_to_one_amendment_is_not_one_to_another() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        Consent memory consent = agreed(CUSTOMER_KEY, Typed.consentToAmend(id, idOf(renumbered(promised, 2))));
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, consent.auth.signer));
        vm.prank(company);
        ledger.amend(itself(), promised, renumbered(promised, 3), consent);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, consent.auth.signer));
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, consent);
    }

    function test_amend_keeps_the_parties() public {
        Promise memory promised = aPromise();
        made(promised);
        Promise memory next = renumbered(promised, 2);
        next.customer = keccak256("another");
        refusesToAmend(promised, next);
        next = renumbered(promised, 2);
        next.company = customer;
        refusesToAmend(promised, next);
        next = renumbered(promised, 2);
        next.schedule = schedule(address(0), uint40(START + 1), 1 days, 0, 0);
        refusesToAmend(promised, next);
    }

    function test_amend_refuses_an_unsound_successor_and_one_that_was_made() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        Promise memory next = renumbered(promised, 2);
        next.schedule = schedule(arbiter, uint40(START), 1 days, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.DueInThePast.selector, START, START));
        vm.prank(company);
        ledger.amend(itself(), promised, next, refused());
        expectRefusal(id, Status.Open, false);
        vm.prank(company);
        ledger.amend(itself(), promised, promised, refused());
        next = renumbered(promised, 2);
        made(next);
        expectRefusal(idOf(next), Status.Open, false);
        vm.prank(company);
        ledger.amend(itself(), promised, next, refused());
    }

    function test_an_amendment_is_done_already_only_if_its_successor_is_there() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        Promise memory next = renumbered(promised, 2);
        vm.startPrank(company);
        ledger.amend(itself(), promised, next, refused());
        expectRefusal(id, Status.Superseded, true);
        ledger.amend(itself(), promised, next, refused());
        expectRefusal(id, Status.Superseded, false);
        ledger.amend(itself(), promised, renumbered(promised, 3), refused());
    }

    function test_nobody_can_take_the_customer_s_consent_from_what_the_company_signed(bool withConsent) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        Promise memory next = renumbered(promised, 2);
        bytes32 successor = idOf(next);
        Auth memory withdrawal = signed(COMPANY_KEY, Typed.withdraw(id, REASON, withConsent));
        Auth memory amendment = signed(COMPANY_KEY, Typed.amend(id, successor, withConsent));
        Consent memory toWithdraw = agreed(CUSTOMER_KEY, Typed.consentToWithdraw(id, REASON));
        Consent memory toAmend = agreed(CUSTOMER_KEY, Typed.consentToAmend(id, successor));
        // Neither is it added where the company signed without.
        bytes memory refusal = abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, withdrawal.signer);
        vm.expectRevert(refusal);
        ledger.withdraw(withdrawal, promised, REASON, withConsent ? refused() : toWithdraw);
        vm.expectRevert(refusal);
        ledger.amend(amendment, promised, next, withConsent ? refused() : toAmend);
        assertEq(statusOf(id), Status.Open);
        ledger.amend(amendment, promised, next, withConsent ? toAmend : refused());
        assertState(successor, Status.Open, 0, START, withConsent ? COUNTERSIGNED : 0);
    }

    function test_withdraw_takes_it_back_with_consent_or_without(bool consented) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        vm.warp(START + 60);
        Consent memory consent = agreed(CUSTOMER_KEY, Typed.consentToWithdraw(id, REASON));
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, consented ? consent : refused());
        assertState(id, Status.Withdrawn, 0, START + 60, 0);
    }

    function test_withdraw_refuses_a_consent_of_nobody_s() public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        Consent memory forged = agreed(STRANGER_KEY, Typed.consentToWithdraw(id, REASON));
        vm.expectRevert(notTheCounterparty(vm.addr(STRANGER_KEY), id));
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, forged);
        // A promise to the public has nobody who could consent.
        promised.customer = 0;
        id = made(promised);
        Consent memory byArbiter = agreed(ARBITER_KEY, Typed.consentToWithdraw(id, REASON));
        vm.expectRevert(notTheCounterparty(arbiter, id));
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, byArbiter);
    }

    function test_amend_and_withdraw_end_with_the_due_time(uint32 after_) public {
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        uint256 late = uint256(dueAtOf(promised)) + 1 + after_;
        vm.warp(late);
        bytes memory missed = abi.encodeWithSelector(ITrustLedger.AlreadyMissed.selector, id, dueAtOf(promised), late);
        vm.expectRevert(missed);
        vm.prank(company);
        ledger.amend(itself(), promised, renumbered(promised, 2), refused());
        vm.expectRevert(missed);
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, refused());
        vm.warp(dueAtOf(promised));
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, refused());
    }

    function test_amend_and_withdraw_are_the_company_s_own() public {
        Promise memory promised = aPromise();
        made(promised);
        // Even a delegate with all rights can't.
        vm.prank(company);
        ledger.appoint(itself(), company, hashOf(arbiter), 255, type(uint40).max, never());
        vm.expectRevert(notTheCompany(arbiter));
        vm.prank(arbiter);
        ledger.amend(itself(), promised, renumbered(promised, 2), refused());
        vm.expectRevert(notTheCompany(arbiter));
        vm.prank(arbiter);
        ledger.withdraw(itself(), promised, REASON, refused());
    }

    function agreed(uint256 key, bytes32 structHash) private view returns (Consent memory) {
        return Consent(true, SALT, signed(key, structHash));
    }

    function refuses(Promise memory promised, bytes memory why) private {
        vm.expectRevert(why);
        vm.prank(company);
        ledger.make(promised);
    }

    function outOfRange(Promise memory promised) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustLedger.CodeOutOfRange.selector, promised.schedule, promised.labels);
    }

    function refusesToAmend(Promise memory promised, Promise memory next) private {
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.PartiesDiffer.selector, idOf(promised), idOf(next)));
        vm.prank(company);
        ledger.amend(itself(), promised, next, refused());
    }
}
