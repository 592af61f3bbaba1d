// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITrustLedger} from "../interfaces/ITrustLedger.sol";

/// @title The hash chain over each company's events.
abstract contract History is ITrustLedger {
    /// @dev A struct, so that one reference serves to read and to write.
    struct Chain {
        bytes32 head;
    }

    mapping(address company => Chain chain) private _chains;

    /// @inheritdoc ITrustLedger
    function headOf(address company) external view returns (bytes32) {
        return _chains[company].head;
    }

    /// @inheritdoc ITrustLedger
    function checkpoint(address company) external {
        (, bytes32 head) = _registered(company);
        emit Checkpoint(company, head);
    }

    /// @inheritdoc ITrustLedger
    function anchor(address company, bytes32 head, bytes32 policy, bytes32 statement) external {
        (, bytes32 actual) = _registered(company);
        if (head != actual) revert NotTheHead(company, head, actual);
        emit Anchored(company, msg.sender, head, policy, statement);
    }

    /// @dev `Registered` is the only event with a string, and the only one that may find no head.
    function _recordRegistered(address company, bytes32 actor, bytes32 profile, string calldata uri) internal {
        Chain storage chain = _chains[company];
        bytes32 head = chain.head;
        // The first link binds the chain, this contract and the company.
        if (head == 0) head = keccak256(abi.encode(block.chainid, address(this), company));

        head = keccak256(
            abi.encode(head, block.timestamp, Registered.selector, company, actor, profile, keccak256(bytes(uri)))
        );
        chain.head = head;
        emit Registered(company, actor, profile, uri, head);
    }

    /// @dev Extends a company's head by an event and emits it. `words` is what the link hashes: the head before (filled in
    /// here), the block's time, the event's topics, its data; and then room for the head after, the data's last word. Link
    /// and log are the same memory, so they cannot differ. In assembly because Solidity would copy the words twice.
    /// @param topics How many words are topics: 3 or 4.
    function _record(address company, uint256 topics, bytes memory words) internal {
        (Chain storage chain, bytes32 head) = _registered(company);
        assembly ("memory-safe") {
            let length := mload(words)
            let start := add(words, 32)
            mstore(start, head)
            head := keccak256(start, sub(length, 32))
            mstore(add(words, length), head)
            let topic := add(start, 64)
            let data := add(topic, mul(topics, 32))
            let size := sub(sub(length, 64), mul(topics, 32))
            switch topics
            case 3 { log3(data, size, mload(topic), mload(add(topic, 32)), mload(add(topic, 64))) }
            default {
                log4(data, size, mload(topic), mload(add(topic, 32)), mload(add(topic, 64)), mload(add(topic, 96)))
            }
        }
        chain.head = head;
    }

    function _registered(address company) private view returns (Chain storage chain, bytes32 head) {
        chain = _chains[company];
        head = chain.head;
        if (head == 0) revert NotRegistered(company);
    }
}
