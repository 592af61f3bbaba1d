// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Promise} from "../interfaces/ITrustLedger.sol";

/// @notice The id of a promise: its EIP-712 struct hash.
library PromiseHash {
    bytes32 internal constant TYPEHASH = keccak256(
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );

    /// @dev Every field is of a static type, so its ABI encoding is its EIP-712 encoding.
    function hash(Promise calldata promised) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, promised));
    }
}
