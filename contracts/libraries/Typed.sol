// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Once, Promise} from "../interfaces/ITrustLedger.sol";

/// @notice The EIP-712 types: one for each action, each with its promise inside, so that a wallet shows what is signed
/// and no signature means two things.
library Typed {
    bytes internal constant PROMISE = "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)";

    bytes32 internal constant PROMISE_TYPEHASH = keccak256(PROMISE);
    bytes32 internal constant MAKE_TYPEHASH = keccak256(bytes.concat("Make(Promise promise)", PROMISE));
    bytes32 internal constant FULFIL_TYPEHASH =
        keccak256(bytes.concat("Fulfil(Promise promise,bytes32 evidence)", PROMISE));
    bytes32 internal constant CONFIRM_TYPEHASH =
        keccak256(bytes.concat("Confirm(Promise promise,uint8 rating)", PROMISE));
    bytes32 internal constant REGISTER_TYPEHASH =
        keccak256("Register(address company,bytes32 profile,string uri,uint256 nonce,uint256 deadline)");

    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string internal constant NAME = "Troth";
    string internal constant VERSION = "1";

    /// @notice The id of a promise: its struct hash.
    /// @dev Every field is of a static type, so its ABI encoding is its EIP-712 encoding.
    function id(Promise calldata promised) internal pure returns (bytes32) {
        return keccak256(abi.encode(PROMISE_TYPEHASH, promised));
    }

    function register(address company, bytes32 profile, string calldata uri, Once calldata once)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(REGISTER_TYPEHASH, company, profile, keccak256(bytes(uri)), once.nonce, once.deadline)
        );
    }

    /// @dev The struct hash of the promise inside is its id, here and below.
    function make(bytes32 promiseId) internal pure returns (bytes32) {
        return keccak256(abi.encode(MAKE_TYPEHASH, promiseId));
    }

    function fulfil(bytes32 promiseId, bytes32 evidence) internal pure returns (bytes32) {
        return keccak256(abi.encode(FULFIL_TYPEHASH, promiseId, evidence));
    }

    function confirm(bytes32 promiseId, uint8 rating) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONFIRM_TYPEHASH, promiseId, rating));
    }

    /// @dev Computed anew each time: cached, it would make the code differ from chain to chain.
    function domainSeparator() internal view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this))
        );
    }
}
