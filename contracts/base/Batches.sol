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

    bool private transient _trying;

    /// @inheritdoc ITrustLedger
    function tryEach(Item[] calldata items) external returns (bool[] memory done) {
        if (_trying) revert Nested();
        _trying = true;
        done = new bool[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 gasLimit = items[i].gasLimit;
            bytes memory call = items[i].call;
            // A call gets 63/64 of the gas at most (EIP-150).
            uint256 available = gasleft();
            available -= available / 64;
            if (available < gasLimit || available - gasLimit < GAS_MARGIN) revert NotEnoughGas(i, gasLimit);

            // To itself, by the caller: as in Multicall, no item may do more than the caller could do alone. What the items
            // reach from here changes nothing that this loop reads: another tryEach is refused until `_trying` is false again.
            // slither-disable-next-line calls-loop,low-level-calls,reentrancy-events,reentrancy-no-eth
            (bool success, bytes memory reason) = address(this).delegatecall{gas: gasLimit}(call);
            done[i] = success || (_isOne(bytes4(call)) && _isDone(bytes4(reason)));
            if (!done[i]) emit ItemFailed(i, reason);
        }
        _trying = false;
    }

    /// @dev Whether a call is one action: of several, that one was done already says nothing of the others.
    function _isOne(bytes4 action) private pure returns (bool) {
        return action != this.multicall.selector && action != this.makeAll.selector && action != this.fulfilAll.selector;
    }

    /// @dev Whether an action failed only because its effect is there already.
    function _isDone(bytes4 reason) private pure returns (bool) {
        return reason == AlreadyDone.selector || reason == NonceUsed.selector;
    }
}
