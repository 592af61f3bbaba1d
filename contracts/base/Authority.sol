// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Auth, Consent, ITrustLedger, Once, Promise, Rights} from "../interfaces/ITrustLedger.sol";
import {Terms} from "../libraries/Terms.sol";
import {Typed} from "../libraries/Typed.sol";

/// @title Who acts, and what they may do: signatures, nonces, delegates, and the parties of a promise.
abstract contract Authority is ITrustLedger {
    using Terms for Promise;

    mapping(address company => mapping(bytes32 delegate => Rights rights)) internal _rights;

    /// @dev One bit for each nonce, 256 to a word.
    mapping(bytes32 actor => mapping(uint256 word => uint256 bits)) private _nonces;

    /// @inheritdoc ITrustLedger
    function rightsOf(address company, bytes32 delegate) external view returns (Rights memory) {
        return _rights[company][delegate];
    }

    /// @inheritdoc ITrustLedger
    function isNonceUsed(bytes32 actor, uint256 nonce) external view returns (bool) {
        return _nonces[actor][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
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

    // ── who acts ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Whoever has the caller's or a signer's authority for what `structHash` says, by keccak256 of its signer.
    function _actor(Auth calldata auth, bytes32 structHash) internal view returns (bytes32) {
        bytes calldata signer = auth.signer;
        if (signer.length == 0) return _caller();
        bytes32 digest = MessageHashUtils.toTypedDataHash(Typed.domainSeparator(), structHash);
        if (!_isValid(signer, digest, auth.signature)) revert InvalidSignature(signer);
        return signer.length == 20 ? _signerHash(address(bytes20(signer))) : keccak256(signer);
    }

    /// @dev As above, and the signature works once. A caller needs no nonce: its transaction has one.
    function _actorOnce(Auth calldata auth, Once calldata once, bytes32 structHash) internal returns (bytes32 actor) {
        actor = _actor(auth, structHash);
        if (auth.signer.length == 0) return actor;
        if (block.timestamp > once.deadline) revert Expired(once.deadline, block.timestamp);
        uint256 bit = 1 << (once.nonce & 0xff);
        uint256 bits = _nonces[actor][once.nonce >> 8];
        if (bits & bit != 0) revert NonceUsed(actor, once.nonce);
        _nonces[actor][once.nonce >> 8] = bits | bit;
    }

    function _caller() internal view returns (bytes32) {
        return _signerHash(msg.sender);
    }

    /// @dev An account's own key comes first, in 65 bytes or 64 (ERC-2098): it rules the account even where the account has
    /// delegated itself to code (EIP-7702), and asking for code first would cost 2,600 gas. The rest is OpenZeppelin's. No
    /// signature is a key to anything here, so that it can be written in two ways does no harm.
    function _isValid(bytes calldata signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signer.length == 20) {
            // The third value says more of a fault, of which only the fact counts.
            // slither-disable-next-line unused-return
            (address recovered, ECDSA.RecoverError fault,) = signature.length == 64
                ? ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]))
                : ECDSA.tryRecoverCalldata(digest, signature);
            if (fault == ECDSA.RecoverError.NoError && recovered == address(bytes20(signer))) return true;
        }
        return SignatureChecker.isValidSignatureNow(signer, digest, signature);
    }

    /// @dev ERC-7913: an account's signer is its 20 bytes. In assembly because Solidity would allocate memory for them: 80 gas
    /// more, up to three times in an action, and the more the longer a batch is.
    function _signerHash(address account) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, shl(96, account))
            hash := keccak256(0, 20)
        }
    }

    // ── what they may do ────────────────────────────────────────────────────────────────────────────────────────────

    function _is(bytes32 actor, address account) internal pure returns (bool) {
        return actor == _signerHash(account);
    }

    function _requireCompany(bytes32 actor, address company) internal pure {
        if (!_is(actor, company)) revert NotTheCompany(actor, company);
    }

    /// @param action A bit of `Rights.actions`.
    function _requireMay(bytes32 actor, address company, uint8 action) internal view {
        if (_is(actor, company)) return;
        Rights memory rights = _rights[company][actor];
        if (block.timestamp > rights.until || rights.actions & action == 0) revert NotTheCompany(actor, company);
    }

    function _isCustomer(bytes32 actor, Promise calldata promised, bytes32 salt) internal pure returns (bool) {
        return Hashes.efficientKeccak256(salt, actor) == promised.customer;
    }

    function _isArbiter(bytes32 actor, Promise calldata promised) internal pure returns (bool) {
        return _is(actor, promised.arbiter());
    }

    function _requireCustomer(bytes32 actor, bytes32 id, Promise calldata promised, bytes32 salt) internal pure {
        if (!_isCustomer(actor, promised, salt)) revert NotTheCounterparty(actor, id);
    }

    /// @return Whether the customer agreed to what `structHash` says.
    function _consents(Consent calldata consent, bytes32 structHash, bytes32 id, Promise calldata promised)
        internal
        view
        returns (bool)
    {
        if (consent.given) _requireCustomer(_actor(consent.auth, structHash), id, promised, consent.salt);
        return consent.given;
    }
}
