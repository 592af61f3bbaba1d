// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Auth, ITrustLedger, Once, Promise, State, Status} from "./interfaces/ITrustLedger.sol";
import {Typed} from "./libraries/Typed.sol";

/// @title The ledger: the only state there is.
/// @dev Every action has one rhythm: check, change, link, emit. What each means stands in the interface.
/// `multicall` (all or nothing) runs several actions in one transaction.
contract TrustLedger is ITrustLedger, Multicall {
    using Typed for Promise;

    uint32 private constant MIN_DISPUTE_WINDOW = 1 days;
    uint8 private constant CODE_MAX = 3;
    uint8 private constant RATING_MAX = 5;

    uint8 private constant BY_ARBITER = 1 << 4;
    uint8 private constant RATING_SHIFT = 5;

    /// @inheritdoc ITrustLedger
    mapping(address company => bytes32 head) public headOf;

    mapping(bytes32 id => State state) private _states;

    /// One bit for each nonce, 256 to a word.
    mapping(bytes32 actor => mapping(uint256 word => uint256 bits)) private _nonces;

    /// @inheritdoc ITrustLedger
    function register(bytes32 profile, string calldata uri) external {
        _register(_caller(), msg.sender, profile, uri);
    }

    /// @inheritdoc ITrustLedger
    function registerBy(Auth calldata auth, address company, bytes32 profile, string calldata uri, Once calldata once)
        external
    {
        bytes32 actor = _actor(auth, Typed.register(company, profile, uri, once));
        _requireCompany(actor, company);
        _use(actor, once);
        _register(actor, company, profile, uri);
    }

    /// @inheritdoc ITrustLedger
    function make(Promise calldata promised) external returns (bytes32 id) {
        id = promised.id();
        _make(_caller(), id, promised);
    }

    /// @inheritdoc ITrustLedger
    function makeBy(Auth calldata auth, Promise calldata promised) external returns (bytes32 id) {
        id = promised.id();
        _make(_actor(auth, Typed.make(id)), id, promised);
    }

    /// @inheritdoc ITrustLedger
    function fulfil(bytes32 id, bytes32 evidence) external {
        _fulfil(_caller(), id, evidence);
    }

    /// @inheritdoc ITrustLedger
    function fulfilBy(Auth calldata auth, bytes32 id, bytes32 evidence) external {
        _fulfil(_actor(auth, Typed.fulfil(id, evidence)), id, evidence);
    }

    /// @inheritdoc ITrustLedger
    function confirm(Promise calldata promised, bytes32 salt, uint8 rating) external {
        _confirm(_caller(), promised.id(), promised, salt, rating);
    }

    /// @inheritdoc ITrustLedger
    function confirmBy(Auth calldata auth, Promise calldata promised, bytes32 salt, uint8 rating) external {
        bytes32 id = promised.id();
        _confirm(_actor(auth, Typed.confirm(id, rating)), id, promised, salt, rating);
    }

    /// @inheritdoc ITrustLedger
    function stateOf(bytes32 id) external view returns (State memory) {
        return _states[id];
    }

    /// @inheritdoc ITrustLedger
    function isNonceUsed(bytes32 actor, uint256 nonce) external view returns (bool) {
        return _nonces[actor][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @inheritdoc ITrustLedger
    function idOf(Promise calldata promised) external pure returns (bytes32) {
        return promised.id();
    }

    /// @inheritdoc ITrustLedger
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // The first four fields of EIP712Domain are used: bits 0 to 3.
        return (hex"0f", Typed.NAME, Typed.VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    function _register(bytes32 actor, address company, bytes32 profile, string calldata uri) private {
        bytes32 head = headOf[company];
        // The first link binds the chain, this contract and the company.
        if (head == 0) head = keccak256(abi.encode(block.chainid, address(this), company));

        head = keccak256(
            abi.encode(head, block.timestamp, Registered.selector, company, actor, profile, keccak256(bytes(uri)))
        );
        headOf[company] = head;
        emit Registered(company, actor, profile, uri, head);
    }

    function _make(bytes32 actor, bytes32 id, Promise calldata promised) private {
        _requireCompany(actor, promised.company);
        bytes32 head = headOf[promised.company];
        if (head == 0) revert NotRegistered(promised.company);
        _requireSound(promised, id);
        _requireStatus(id, _states[id].status, Status.None);

        _states[id] = State(promised.company, 0, uint40(block.timestamp), Status.Open, 0);

        (uint256 schedule, uint256 labels) = _packed(promised);
        head = keccak256(
            abi.encode(
                head,
                block.timestamp,
                Made.selector,
                id,
                promised.company,
                promised.customer,
                actor,
                promised.terms,
                schedule,
                labels
            )
        );
        headOf[promised.company] = head;
        emit Made(id, promised.company, promised.customer, actor, promised.terms, schedule, labels, head);
    }

    function _fulfil(bytes32 actor, bytes32 id, bytes32 evidence) private {
        State memory state = _states[id];
        _requireStatus(id, state.status, Status.Open);
        _requireCompany(actor, state.company);

        uint40 time = uint40(block.timestamp);
        _states[id] = State(state.company, time, time, Status.Fulfilled, state.flags);

        bytes32 head = keccak256(
            abi.encode(headOf[state.company], block.timestamp, Fulfilled.selector, id, state.company, actor, evidence)
        );
        headOf[state.company] = head;
        emit Fulfilled(id, state.company, actor, evidence, head);
    }

    function _confirm(bytes32 actor, bytes32 id, Promise calldata promised, bytes32 salt, uint8 rating) private {
        State memory state = _states[id];
        _requireStatus(id, state.status, Status.Fulfilled);
        if (rating > RATING_MAX) revert RatingOutOfRange(rating);
        bool byArbiter = _is(actor, promised.arbiter);
        if (!byArbiter && keccak256(abi.encode(salt, actor)) != promised.customer) {
            revert NotACounterparty(actor, id);
        }

        uint8 flags = state.flags | (byArbiter ? BY_ARBITER : 0) | (rating << RATING_SHIFT);
        _states[id] = State(state.company, state.fulfilledAt, uint40(block.timestamp), Status.Confirmed, flags);

        bytes32 head = keccak256(
            abi.encode(
                headOf[state.company], block.timestamp, Confirmed.selector, id, state.company, actor, byArbiter, rating
            )
        );
        headOf[state.company] = head;
        emit Confirmed(id, state.company, actor, byArbiter, rating, head);
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

    function _requireCompany(bytes32 actor, address company) private pure {
        if (!_is(actor, company)) revert NotTheCompany(actor, company);
    }

    /// @dev Whoever has the caller's or a signer's authority for what `structHash` says, by keccak256 of its signer.
    function _actor(Auth calldata auth, bytes32 structHash) private view returns (bytes32) {
        if (auth.signer.length == 0) return _caller();
        bytes32 digest = MessageHashUtils.toTypedDataHash(Typed.domainSeparator(), structHash);
        if (!_isValid(auth.signer, digest, auth.signature)) revert InvalidSignature(auth.signer);
        return keccak256(auth.signer);
    }

    /// @dev OpenZeppelin's checker, and an account's short signature of 64 bytes (ERC-2098) beside it. No signature is a
    /// key to anything here, so that it can be written in two ways does no harm.
    function _isValid(bytes calldata signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signer.length == 20 && signature.length == 64 && address(bytes20(signer)).code.length == 0) {
            (address recovered, ECDSA.RecoverError fault,) =
                ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
            return fault == ECDSA.RecoverError.NoError && recovered == address(bytes20(signer));
        }
        return SignatureChecker.isValidSignatureNow(signer, digest, signature);
    }

    function _caller() private view returns (bytes32) {
        return keccak256(abi.encodePacked(msg.sender));
    }

    /// @dev ERC-7913: an account's signer is its 20 bytes.
    function _is(bytes32 actor, address account) private pure returns (bool) {
        return actor == keccak256(abi.encodePacked(account));
    }

    function _use(bytes32 actor, Once calldata once) private {
        if (block.timestamp > once.deadline) revert Expired(once.deadline, block.timestamp);
        uint256 bit = 1 << (once.nonce & 0xff);
        uint256 bits = _nonces[actor][once.nonce >> 8];
        if (bits & bit != 0) revert NonceUsed(actor, once.nonce);
        _nonces[actor][once.nonce >> 8] = bits | bit;
    }

    /// @dev The small fields of a promise as its event has them: a log costs 256 gas for each word.
    function _packed(Promise calldata promised) private pure returns (uint256 schedule, uint256 labels) {
        schedule = uint256(uint160(promised.arbiter)) | uint256(promised.dueAt) << 160 | uint256(promised.disputeWindow)
            << 200 | uint256(promised.cohort) << 232 | uint256(promised.stakes) << 248;
        labels = uint256(promised.nonce) | uint256(uint64(promised.service)) << 64 | uint256(promised.experience) << 128
            | uint256(promised.stage) << 136;
    }
}
