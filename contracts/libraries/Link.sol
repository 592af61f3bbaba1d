// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The links of a company's hash chain.
library Link {
    /// @notice What the first link of a company binds: this chain, this contract, this company.
    function genesis(address company) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), company));
    }

    /// @notice The head after an event.
    /// @param head The head before it.
    /// @param kind The event's topic: its name and types.
    /// @param actor keccak256 of the signer that acted.
    /// @param subject The promise's id, which binds all of its terms; the profile's digest when a company registers.
    /// @param detail What the event says beside that, in one word.
    function extend(bytes32 head, bytes32 kind, bytes32 actor, bytes32 subject, bytes32 detail)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(head, kind, block.timestamp, actor, subject, detail));
    }
}
