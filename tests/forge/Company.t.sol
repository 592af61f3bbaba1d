// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Auth, ITrustLedger, Once, Promise, Rights, Status} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";

/// @notice What a company does for itself: register and appoint, and what its delegates may do.
contract CompanyTest is Base {
    function test_register_opens_and_continues_a_history(address account, bytes32 profile, string calldata uri) public {
        vm.assume(account != company);
        assertEq(ledger.headOf(account), bytes32(0));
        vm.prank(account);
        ledger.register(itself(), account, profile, uri, never());
        bytes32 head = keccak256(abi.encode(block.chainid, address(ledger), account));
        for (uint256 i = 0; i < 2; ++i) {
            head = keccak256(
                abi.encode(
                    head,
                    block.timestamp,
                    ITrustLedger.Registered.selector,
                    account,
                    hashOf(account),
                    profile,
                    keccak256(bytes(uri))
                )
            );
            assertEq(ledger.headOf(account), head);
            vm.prank(account);
            ledger.register(itself(), account, profile, uri, never());
        }
    }

    function test_nobody_registers_or_appoints_for_another(address stranger) public {
        vm.assume(stranger != company);
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.register(itself(), company, 0, "", never());
        vm.expectRevert(notTheCompany(stranger));
        vm.prank(stranger);
        ledger.appoint(itself(), company, hashOf(stranger), 7, type(uint40).max, never());
    }

    function test_appoint_needs_a_history() public {
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotRegistered.selector, customer));
        vm.prank(customer);
        ledger.appoint(itself(), customer, 0, 7, type(uint40).max, never());
    }

    function test_a_delegate_may_what_it_was_appointed_for(uint8 actions, uint40 until) public {
        vm.assume(until >= START);
        address delegate = vm.addr(STRANGER_KEY);
        Promise memory promised = aPromise();
        Promise memory other = renumbered(promised, 2);
        bytes32 id = made(promised);
        appoint(delegate, actions, until);
        Rights memory rights = ledger.rightsOf(company, hashOf(delegate));
        require(rights.until == until && rights.actions == actions, "rights differ");

        Auth memory toMake = signed(STRANGER_KEY, Typed.make(idOf(other)));
        Auth memory toFulfil = signed(STRANGER_KEY, Typed.fulfil(id, EVIDENCE));
        if (actions & 1 == 0) vm.expectRevert(notTheCompany(delegate));
        ledger.makeBy(toMake, other);
        if (actions & 2 == 0) vm.expectRevert(notTheCompany(delegate));
        vm.prank(delegate);
        ledger.handOff(itself(), id, 1, 2, 3, never());
        if (actions & 4 == 0) vm.expectRevert(notTheCompany(delegate));
        ledger.fulfilBy(toFulfil, id, EVIDENCE);
    }

    function test_a_delegate_s_time_ends(uint32 length) public {
        address delegate = vm.addr(STRANGER_KEY);
        Promise memory promised = aPromise();
        promised.schedule = schedule(arbiter, type(uint40).max, 1 days, 0, 0);
        Promise memory other = renumbered(promised, 2);
        appoint(delegate, 1, uint40(START + length));
        vm.warp(START + length);
        ledger.makeBy(signed(STRANGER_KEY, Typed.make(idOf(promised))), promised);
        vm.warp(START + length + 1);
        Auth memory auth = signed(STRANGER_KEY, Typed.make(idOf(other)));
        vm.expectRevert(notTheCompany(delegate));
        ledger.makeBy(auth, other);
    }

    function test_a_dismissed_delegate_may_nothing_signed_or_sent() public {
        address delegate = vm.addr(STRANGER_KEY);
        Promise memory promised = aPromise();
        Auth memory auth = signed(STRANGER_KEY, Typed.make(idOf(promised)));
        appoint(delegate, 7, type(uint40).max);
        appoint(delegate, 7, 0);
        vm.expectRevert(notTheCompany(delegate));
        ledger.makeBy(auth, promised);
    }

    function test_a_delegate_of_one_company_is_none_of_another() public {
        address delegate = vm.addr(STRANGER_KEY);
        vm.prank(customer);
        ledger.register(itself(), customer, 0, "", never());
        appoint(delegate, 7, type(uint40).max);
        Promise memory promised = aPromise();
        promised.company = customer;
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotTheCompany.selector, hashOf(delegate), customer));
        vm.prank(delegate);
        ledger.makeBy(itself(), promised);
    }

    function test_a_signed_appointment_works_once() public {
        Once memory once = Once(3, START + 10);
        bytes32 delegate = hashOf(arbiter);
        Auth memory auth = signed(
            COMPANY_KEY,
            keccak256(abi.encode(Typed.APPOINT_TYPEHASH, company, delegate, 5, START + 100, once.nonce, once.deadline))
        );
        ledger.appoint(auth, company, delegate, 5, uint40(START + 100), once);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NonceUsed.selector, hashOf(company), once.nonce));
        ledger.appoint(auth, company, delegate, 5, uint40(START + 100), once);
        vm.warp(START + 11);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.Expired.selector, once.deadline, START + 11));
        ledger.appoint(auth, company, delegate, 5, uint40(START + 100), once);
    }

    function appoint(address delegate, uint8 actions, uint40 until) private {
        vm.prank(company);
        ledger.appoint(itself(), company, hashOf(delegate), actions, until, never());
    }
}
