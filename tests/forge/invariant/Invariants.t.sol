// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TrustLedger} from "../../../contracts/TrustLedger.sol";
import {Vm} from "../Vm.sol";
import {Handler} from "./Handler.sol";

/// @notice Whatever is done, by whomever, in whatever order: the ledger and its rules stay one.
/// @dev The handler compares each action with the model as it is done: whether it must succeed, as many events as actions,
/// heads by replay, signatures used twice or elsewhere, batches against single actions.
contract InvariantsTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    Handler private handler;

    function setUp() public {
        vm.warp(1_700_000_000);
        handler = new Handler(new TrustLedger(), new TrustLedger());
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_the_ledger_is_where_its_rules_say() public view {
        handler.checkLast();
    }

    function afterInvariant() public view {
        handler.checkEverything();
    }
}
