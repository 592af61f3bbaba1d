// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Matter, Once, Promise} from "../interfaces/ITrustLedger.sol";
import {Terms} from "./Terms.sol";

/// @notice The EIP-712 types: one for each action, each with its promise inside, so that a wallet shows what is signed
/// and no signature means two things.
/// @dev The struct hash of a promise is its id, which stands for it in the others.
library Typed {
    using Terms for Promise;

    // Each string stands in full: the compiler hashes a literal, but would leave one that is put together to be hashed each
    // time, at 1,300 gas an action.
    bytes32 internal constant PROMISE_TYPEHASH = keccak256(
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant REGISTER_TYPEHASH =
        keccak256("Register(address company,bytes32 profile,string uri,uint256 nonce,uint256 deadline)");
    bytes32 internal constant APPOINT_TYPEHASH = keccak256(
        "Appoint(address company,bytes32 delegate,uint8 actions,uint40 until,uint256 nonce,uint256 deadline)"
    );
    bytes32 internal constant MAKE_TYPEHASH = keccak256(
        "Make(Promise promise)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant ACCEPT_TYPEHASH = keccak256(
        "Accept(Promise promise)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant HAND_OFF_TYPEHASH = keccak256(
        "HandOff(bytes32 actor,Promise promise,uint16 from,uint16 to,uint8 channel,uint256 nonce,uint256 deadline)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant AMEND_TYPEHASH = keccak256(
        "Amend(Promise from,Promise to,bool consented)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant CONSENT_TO_AMEND_TYPEHASH = keccak256(
        "ConsentToAmend(Promise from,Promise to)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant WITHDRAW_TYPEHASH = keccak256(
        "Withdraw(Promise promise,bytes32 reason,bool consented)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant CONSENT_TO_WITHDRAW_TYPEHASH = keccak256(
        "ConsentToWithdraw(Promise promise,bytes32 reason)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant FULFIL_TYPEHASH = keccak256(
        "Fulfil(Promise promise,bytes32 evidence)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant CONFIRM_TYPEHASH = keccak256(
        "Confirm(Promise promise,string matter,uint8 rating)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant DISPUTE_TYPEHASH = keccak256(
        "Dispute(Promise promise,string matter,bytes32 reason)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant ANSWER_TYPEHASH = keccak256(
        "Answer(Promise promise,bytes32 response,uint256 nonce,uint256 deadline)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant RULE_TYPEHASH = keccak256(
        "Rule(Promise promise,bool upheld,bytes32 ruling,uint256 nonce,uint256 deadline)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );
    bytes32 internal constant REMEDY_TYPEHASH = keccak256(
        "Remedy(Promise promise,uint8 kind,bytes32 remedy)"
        "Promise(address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,"
        "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce)"
    );

    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string internal constant NAME = "Troth";
    string internal constant VERSION = "1";
    bytes32 internal constant NAME_HASH = keccak256("Troth");
    bytes32 internal constant VERSION_HASH = keccak256("1");

    /// @notice The id of a promise: the struct hash of its twelve fields.
    function id(Promise calldata promised) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                PROMISE_TYPEHASH,
                promised.company,
                promised.customer,
                promised.terms,
                promised.dueAt(),
                promised.disputeWindow(),
                promised.arbiter(),
                promised.service(),
                promised.experience(),
                promised.stage(),
                promised.stakes(),
                promised.cohort(),
                promised.nonce()
            )
        );
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

    function appoint(address company, bytes32 delegate, uint8 actions, uint40 until, Once calldata once)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(APPOINT_TYPEHASH, company, delegate, actions, until, once.nonce, once.deadline));
    }

    function make(bytes32 promiseId) internal pure returns (bytes32) {
        return Hashes.efficientKeccak256(MAKE_TYPEHASH, promiseId);
    }

    function accept(bytes32 promiseId) internal pure returns (bytes32) {
        return Hashes.efficientKeccak256(ACCEPT_TYPEHASH, promiseId);
    }

    function handOff(bytes32 actor, bytes32 promiseId, uint16 from, uint16 to, uint8 channel, Once calldata once)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(HAND_OFF_TYPEHASH, actor, promiseId, from, to, channel, once.nonce, once.deadline));
    }

    /// @param consented Whether with the customer's consent, so that nobody can send the one without the other.
    function amend(bytes32 from, bytes32 to, bool consented) internal pure returns (bytes32) {
        return keccak256(abi.encode(AMEND_TYPEHASH, from, to, consented));
    }

    function consentToAmend(bytes32 from, bytes32 to) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONSENT_TO_AMEND_TYPEHASH, from, to));
    }

    /// @param consented Whether with the customer's consent, so that nobody can send the one without the other.
    function withdraw(bytes32 promiseId, bytes32 reason, bool consented) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW_TYPEHASH, promiseId, reason, consented));
    }

    function consentToWithdraw(bytes32 promiseId, bytes32 reason) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONSENT_TO_WITHDRAW_TYPEHASH, promiseId, reason));
    }

    function fulfil(bytes32 promiseId, bytes32 evidence) internal pure returns (bytes32) {
        return keccak256(abi.encode(FULFIL_TYPEHASH, promiseId, evidence));
    }

    function confirm(bytes32 promiseId, Matter matter, uint8 rating) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONFIRM_TYPEHASH, promiseId, _inWords(matter), rating));
    }

    function dispute(bytes32 promiseId, Matter matter, bytes32 reason) internal pure returns (bytes32) {
        return keccak256(abi.encode(DISPUTE_TYPEHASH, promiseId, _inWords(matter), reason));
    }

    function answer(bytes32 promiseId, bytes32 response, Once calldata once) internal pure returns (bytes32) {
        return keccak256(abi.encode(ANSWER_TYPEHASH, promiseId, response, once.nonce, once.deadline));
    }

    function rule(bytes32 promiseId, bool upheld, bytes32 ruling, Once calldata once) internal pure returns (bytes32) {
        return keccak256(abi.encode(RULE_TYPEHASH, promiseId, upheld, ruling, once.nonce, once.deadline));
    }

    function remedy(bytes32 promiseId, uint8 kind, bytes32 digest) internal pure returns (bytes32) {
        return keccak256(abi.encode(REMEDY_TYPEHASH, promiseId, kind, digest));
    }

    /// @dev Computed anew each time: cached, it would make the code differ from chain to chain.
    function domainSeparator() internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
    }

    /// @dev The struct hash of a string is its keccak256; a wallet shows the word.
    function _inWords(Matter matter) private pure returns (bytes32) {
        if (matter == Matter.Miss) return keccak256("missed");
        return matter == Matter.Fulfilment ? keccak256("fulfilment") : keccak256("remedy");
    }
}
