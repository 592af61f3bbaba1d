// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ITrustLedger, Promise, State, Status} from "./interfaces/ITrustLedger.sol";
import {Link} from "./libraries/Link.sol";
import {PromiseHash} from "./libraries/PromiseHash.sol";

/// @title The ledger: the only state there is.
/// @dev Every action has one rhythm: check, change, link, emit. What each means stands in the interface.
/// `multicall` (all or nothing) runs several actions of one caller in one transaction.
contract TrustLedger is ITrustLedger, Multicall {
    using PromiseHash for Promise;

    uint32 private constant MIN_DISPUTE_WINDOW = 1 days;
    uint8 private constant CODE_MAX = 3;
    uint8 private constant RATING_MAX = 5;

    uint8 private constant BY_CUSTOMER = 1 << 3;
    uint8 private constant BY_ARBITER = 1 << 4;
    uint8 private constant RATING_SHIFT = 5;

    /// @inheritdoc ITrustLedger
    mapping(address company => bytes32 head) public headOf;

    mapping(bytes32 id => State state) private _states;

    /// @inheritdoc ITrustLedger
    function register(bytes32 profile, string calldata uri) external {
        bytes32 head = headOf[msg.sender];
        if (head == 0) head = Link.genesis(msg.sender);

        bytes32 actor = _actor();
        head = _extend(msg.sender, head, Registered.selector, actor, profile, keccak256(bytes(uri)));
        emit Registered(msg.sender, actor, profile, uri, head);
    }

    /// @inheritdoc ITrustLedger
    function make(Promise calldata promised) external returns (bytes32 id) {
        id = promised.hash();
        bytes32 head = headOf[promised.company];
        if (msg.sender != promised.company) revert NotTheCompany(msg.sender, promised.company);
        if (head == 0) revert NotRegistered(promised.company);
        _requireSound(promised, id);
        _requireStatus(id, _states[id].status, Status.None);

        _states[id] = State(promised.company, 0, uint40(block.timestamp), Status.Open, 0);

        bytes32 actor = _actor();
        head = _extend(promised.company, head, Made.selector, actor, id, 0);
        _emitMade(id, promised, actor, head);
    }

    /// @inheritdoc ITrustLedger
    function fulfil(bytes32 id, bytes32 evidence) external {
        State memory state = _states[id];
        _requireStatus(id, state.status, Status.Open);
        if (msg.sender != state.company) revert NotTheCompany(msg.sender, state.company);

        uint40 time = uint40(block.timestamp);
        _states[id] = State(state.company, time, time, Status.Fulfilled, state.flags);

        bytes32 actor = _actor();
        bytes32 head = _extend(state.company, headOf[state.company], Fulfilled.selector, actor, id, evidence);
        emit Fulfilled(id, state.company, actor, evidence, head);
    }

    /// @inheritdoc ITrustLedger
    function confirm(Promise calldata promised, bytes32 salt, uint8 rating) external {
        bytes32 id = promised.hash();
        State memory state = _states[id];
        _requireStatus(id, state.status, Status.Fulfilled);
        if (rating > RATING_MAX) revert RatingOutOfRange(rating);
        bool byArbiter = msg.sender == promised.arbiter;
        if (!byArbiter && keccak256(abi.encodePacked(salt, msg.sender)) != promised.customer) {
            revert NotACounterparty(msg.sender, id);
        }

        uint8 flags = state.flags | (byArbiter ? BY_ARBITER : BY_CUSTOMER) | (rating << RATING_SHIFT);
        _states[id] = State(state.company, state.fulfilledAt, uint40(block.timestamp), Status.Confirmed, flags);

        bytes32 actor = _actor();
        bytes32 detail = bytes32((byArbiter ? 1 << 8 : 0) | uint256(rating));
        bytes32 head = _extend(state.company, headOf[state.company], Confirmed.selector, actor, id, detail);
        emit Confirmed(id, state.company, actor, byArbiter, rating, head);
    }

    /// @inheritdoc ITrustLedger
    function stateOf(bytes32 id) external view returns (State memory) {
        return _states[id];
    }

    /// @inheritdoc ITrustLedger
    function idOf(Promise calldata promised) external pure returns (bytes32) {
        return promised.hash();
    }

    /// @dev What must hold of a promise whoever makes it.
    function _requireSound(Promise calldata promised, bytes32 id) private view {
        if (promised.dueAt <= block.timestamp) revert DueInThePast(promised.dueAt, block.timestamp);
        if (promised.disputeWindow < MIN_DISPUTE_WINDOW) {
            revert DisputeWindowTooShort(promised.disputeWindow, MIN_DISPUTE_WINDOW);
        }
        if (promised.arbiter == promised.company) revert ArbiterIsCompany(promised.company);
        if (promised.customer == 0 && promised.arbiter == address(0)) revert Uncontestable(id);
        // A bitwise or is above 3 exactly when one of its operands is.
        if ((promised.experience | promised.stage | promised.stakes) > CODE_MAX) {
            revert CodeOutOfRange(promised.experience, promised.stage, promised.stakes);
        }
    }

    function _requireStatus(bytes32 id, Status actual, Status needed) private pure {
        if (actual != needed) revert WrongStatus(id, actual, needed);
    }

    /// @dev ERC-7913: an account's signer is its 20 bytes.
    function _actor() private view returns (bytes32) {
        return keccak256(abi.encodePacked(msg.sender));
    }

    function _extend(address company, bytes32 head, bytes32 kind, bytes32 actor, bytes32 subject, bytes32 detail)
        private
        returns (bytes32 next)
    {
        next = Link.extend(head, kind, actor, subject, detail);
        headOf[company] = next;
    }

    function _emitMade(bytes32 id, Promise calldata promised, bytes32 actor, bytes32 head) private {
        emit Made(
            id,
            promised.company,
            promised.customer,
            promised.terms,
            promised.dueAt,
            promised.disputeWindow,
            promised.arbiter,
            promised.service,
            promised.experience,
            promised.stage,
            promised.stakes,
            promised.cohort,
            promised.nonce,
            actor,
            head
        );
    }
}
