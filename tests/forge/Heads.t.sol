// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Consent, ITrustLedger, Matter, Promise, Status} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";
import {Vm} from "./Vm.sol";

/// @notice The hash chain: every kind of event word by word, and what stands on a head.
contract HeadsTest is Base {
    function test_appointed() public {
        bytes32[] memory words = new bytes32[](6);
        words[0] = ITrustLedger.Appointed.selector;
        (words[1], words[2], words[3]) = (word(company), EVIDENCE, hashOf(company));
        (words[4], words[5]) = (bytes32(uint256(5)), bytes32(uint256(START + 9)));
        bytes32 before = ledger.headOf(company);
        vm.recordLogs();
        vm.prank(company);
        ledger.appoint(itself(), company, EVIDENCE, 5, uint40(START + 9), never());
        linked(before, words, 3);
    }

    function test_made() public {
        Promise memory promised = aPromise();
        bytes32[] memory words = new bytes32[](8);
        words[0] = ITrustLedger.Made.selector;
        (words[1], words[2], words[3]) = (idOf(promised), word(company), promised.customer);
        (words[4], words[5]) = (hashOf(company), promised.terms);
        (words[6], words[7]) = (bytes32(promised.schedule), bytes32(promised.labels));
        bytes32 before = ledger.headOf(company);
        vm.recordLogs();
        made(promised);
        linked(before, words, 4);
    }

    function test_accepted() public {
        Promise memory promised = aPromise();
        bytes32[] memory words = start(ITrustLedger.Accepted.selector, made(promised), hashOf(customer), 0);
        vm.prank(customer);
        ledger.accept(itself(), promised, SALT);
        linked(_before, words, 3);
    }

    function test_handed_off() public {
        bytes32[] memory words = start(ITrustLedger.HandedOff.selector, made(aPromise()), hashOf(company), 3);
        (words[4], words[5], words[6]) = (bytes32(uint256(11)), bytes32(uint256(12)), bytes32(uint256(13)));
        vm.prank(company);
        ledger.handOff(itself(), words[1], 11, 12, 13, never());
        linked(_before, words, 3);
    }

    function test_amended(bool consented) public {
        Promise memory promised = aPromise();
        Promise memory next = renumbered(promised, 2);
        bytes32 id = made(promised);
        Consent memory consent = refused();
        if (consented) consent = Consent(true, SALT, signed(CUSTOMER_KEY, Typed.consentToAmend(id, idOf(next))));
        bytes32[] memory words = start(ITrustLedger.Amended.selector, id, idOf(next), 2);
        (words[4], words[5]) = (hashOf(company), flag(consented));
        vm.prank(company);
        ledger.amend(itself(), promised, next, consent);
        linked(_before, words, 4);
    }

    function test_withdrawn(bool consented) public {
        Promise memory promised = aPromise();
        bytes32[] memory words = start(ITrustLedger.Withdrawn.selector, made(promised), hashOf(company), 2);
        (words[4], words[5]) = (REASON, flag(consented));
        Consent memory consent = refused();
        if (consented) consent = Consent(true, SALT, signed(CUSTOMER_KEY, Typed.consentToWithdraw(words[1], REASON)));
        vm.prank(company);
        ledger.withdraw(itself(), promised, REASON, consent);
        linked(_before, words, 3);
    }

    function test_fulfilled() public {
        bytes32[] memory words = start(ITrustLedger.Fulfilled.selector, made(aPromise()), hashOf(company), 1);
        words[4] = EVIDENCE;
        fulfil(words[1]);
        linked(_before, words, 3);
    }

    function test_confirmed(bool byArbiter) public {
        Promise memory promised = aPromise();
        address who = byArbiter ? arbiter : customer;
        bytes32[] memory words = start(ITrustLedger.Confirmed.selector, fulfilled(promised), hashOf(who), 3);
        (words[4], words[5], words[6]) = (flag(byArbiter), bytes32(uint256(1)), bytes32(uint256(4)));
        vm.prank(who);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 4);
        linked(_before, words, 3);
    }

    function test_disputed_answered_ruled_remedied(bool upheld) public {
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        bytes32[] memory words = start(ITrustLedger.Disputed.selector, id, hashOf(customer), 2);
        (words[4], words[5]) = (bytes32(uint256(1)), REASON);
        vm.prank(customer);
        ledger.dispute(itself(), promised, SALT, Matter.Fulfilment, REASON);
        linked(_before, words, 3);

        words = start(ITrustLedger.Answered.selector, id, hashOf(company), 1);
        words[4] = EVIDENCE;
        vm.prank(company);
        ledger.answer(itself(), id, EVIDENCE, never());
        linked(_before, words, 3);

        words = start(ITrustLedger.Remedied.selector, id, hashOf(company), 2);
        (words[4], words[5]) = (bytes32(uint256(2)), REASON);
        vm.prank(company);
        ledger.remedy(itself(), promised, 2, REASON);
        linked(_before, words, 3);

        words = start(ITrustLedger.Ruled.selector, id, hashOf(arbiter), 2);
        (words[4], words[5]) = (flag(upheld), EVIDENCE);
        vm.prank(arbiter);
        ledger.rule(itself(), promised, upheld, EVIDENCE, never());
        linked(_before, words, 3);
    }

    function test_the_first_link_binds_chain_contract_and_company(address account) public {
        vm.assume(account != company);
        vm.recordLogs();
        vm.prank(account);
        ledger.register(itself(), account, EVIDENCE, "data:,", never());
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes32 first = keccak256(abi.encode(block.chainid, address(ledger), account));
        bytes32 head = keccak256(
            abi.encode(
                first, START, ITrustLedger.Registered.selector, account, hashOf(account), EVIDENCE, keccak256("data:,")
            )
        );
        assertEq(ledger.headOf(account), head);
        require(logs.length == 1 && logs[0].topics.length == 2, "one event");
        require(logs[0].topics[1] == word(account), "company differs");
        bytes memory data = abi.encode(hashOf(account), EVIDENCE, "data:,", head);
        require(keccak256(logs[0].data) == keccak256(data), "data differs");
    }

    function test_a_link_binds_the_block_s_time(uint32 later) public {
        vm.assume(later > 0);
        uint256 snapshot = vm.snapshotState();
        made(aPromise());
        bytes32 now_ = ledger.headOf(company);
        vm.revertToState(snapshot);
        Promise memory promised = aPromise();
        vm.warp(START + later % 1 hours);
        if (later % 1 hours == 0) return;
        made(promised);
        assertTrue(ledger.headOf(company) != now_, "another time gives another head");
    }

    function test_a_checkpoint_says_the_head_and_extends_no_chain(address anybody) public {
        bytes32 head = ledger.headOf(company);
        vm.recordLogs();
        vm.prank(anybody);
        ledger.checkpoint(company);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs[0].topics[0] == ITrustLedger.Checkpoint.selector, "kind differs");
        require(logs[0].topics[1] == word(company), "company differs");
        require(keccak256(logs[0].data) == keccak256(abi.encode(head)), "head differs");
        assertEq(ledger.headOf(company), head);
    }

    function test_a_statement_is_anchored_at_the_present_head_alone(bytes32 other, address anybody) public {
        bytes32 head = ledger.headOf(company);
        vm.assume(other != head);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotTheHead.selector, company, other, head));
        ledger.anchor(company, other, REASON, EVIDENCE);
        vm.recordLogs();
        vm.prank(anybody);
        ledger.anchor(company, head, REASON, EVIDENCE);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs[0].topics[0] == ITrustLedger.Anchored.selector, "kind differs");
        require(logs[0].topics[1] == word(company) && logs[0].topics[2] == word(anybody), "parties differ");
        require(keccak256(logs[0].data) == keccak256(abi.encode(head, REASON, EVIDENCE)), "content differs");
        assertEq(ledger.headOf(company), head);
        made(aPromise());
        bytes32 next = ledger.headOf(company);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotTheHead.selector, company, head, next));
        ledger.anchor(company, head, REASON, EVIDENCE);
    }

    function test_what_has_no_history_has_no_head(address nobody) public {
        vm.assume(nobody != company);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotRegistered.selector, nobody));
        ledger.checkpoint(nobody);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotRegistered.selector, nobody));
        ledger.anchor(nobody, 0, REASON, EVIDENCE);
    }

    bytes32 private _before;

    /// @dev The words of a promise's event that are alike in all: kind, id, company, and the next.
    function start(bytes32 kind, bytes32 id, bytes32 fourth, uint256 more) private returns (bytes32[] memory words) {
        words = new bytes32[](4 + more);
        (words[0], words[1], words[2], words[3]) = (kind, id, word(company), fourth);
        _before = ledger.headOf(company);
        vm.recordLogs();
    }

    /// @dev That the first log has these words, and the head that they give.
    function linked(bytes32 before, bytes32[] memory words, uint256 topics) private {
        Vm.Log memory log = vm.getRecordedLogs()[0];
        bytes32 head = keccak256(abi.encodePacked(before, START, words));
        bytes memory data;
        for (uint256 i = topics; i < words.length; ++i) {
            data = bytes.concat(data, words[i]);
        }
        require(log.topics.length == topics, "topics differ in number");
        for (uint256 i = 0; i < topics; ++i) {
            require(log.topics[i] == words[i], "a topic differs");
        }
        require(keccak256(log.data) == keccak256(bytes.concat(data, head)), "data differ");
        if (words[0] != ITrustLedger.Amended.selector) assertEq(ledger.headOf(company), head);
    }

    function word(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function flag(bool value) private pure returns (bytes32) {
        return bytes32(uint256(value ? 1 : 0));
    }
}
