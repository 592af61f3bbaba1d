// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Promise} from "../interfaces/ITrustLedger.sol";

/// @notice The fields that a promise packs into its last two words.
library Terms {
    function arbiter(Promise calldata promised) internal pure returns (address) {
        return address(uint160(promised.schedule));
    }

    function dueAt(Promise calldata promised) internal pure returns (uint40) {
        return uint40(promised.schedule >> 160);
    }

    function disputeWindow(Promise calldata promised) internal pure returns (uint32) {
        return uint32(promised.schedule >> 200);
    }

    function cohort(Promise calldata promised) internal pure returns (uint16) {
        return uint16(promised.schedule >> 232);
    }

    function stakes(Promise calldata promised) internal pure returns (uint8) {
        return uint8(promised.schedule >> 248);
    }

    function nonce(Promise calldata promised) internal pure returns (uint64) {
        return uint64(promised.labels);
    }

    function service(Promise calldata promised) internal pure returns (bytes8) {
        return bytes8(uint64(promised.labels >> 64));
    }

    function experience(Promise calldata promised) internal pure returns (uint8) {
        return uint8(promised.labels >> 128);
    }

    function stage(Promise calldata promised) internal pure returns (uint8) {
        return uint8(promised.labels >> 136);
    }
}
