// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Item, ITrustLedger} from "../interfaces/ITrustLedger.sol";

/// @title Many actions in one transaction.
/// @dev `multicall` (all or nothing) is for one's own actions: a counterparty who acts first can make it fail. `tryEach` is
/// for a relayer's.
abstract contract Batches is ITrustLedger, Multicall {
    /// What a call costs beside the gas that it hands on: less than this.
    uint256 private constant GAS_MARGIN = 3_000;

    /// @inheritdoc ITrustLedger
    function tryEach(Item[] calldata items) external returns (bool[] memory done) {
        done = new bool[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 gasLimit = items[i].gasLimit;
            bytes memory call = items[i].call;
            // A call gets 63/64 of the gas at most (EIP-150).
            uint256 available = gasleft();
            if (available - available / 64 < gasLimit + GAS_MARGIN) revert NotEnoughGas(i, gasLimit);

            // To itself, by the caller: as in Multicall, no item may do more than the caller could do alone. What the items
            // reach from here changes nothing that this loop reads.
            // slither-disable-next-line calls-loop,low-level-calls,reentrancy-events
            (bool success, bytes memory reason) = address(this).delegatecall{gas: gasLimit}(call);
            done[i] = success || _isDone(reason);
            if (!done[i]) emit ItemFailed(i, reason);
        }
    }

    /// @dev Whether an item failed only because its effect is there already.
    function _isDone(bytes memory reason) private pure returns (bool) {
        bytes4 selector = bytes4(reason);
        return selector == AlreadyDone.selector || selector == NonceUsed.selector;
    }
}
