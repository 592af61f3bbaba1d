// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";
import {
    ERC7913WebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {WebAuthn} from "@openzeppelin/contracts/utils/cryptography/WebAuthn.sol";
import {TrustLedger} from "../../contracts/TrustLedger.sol";
import {Auth, ITrustLedger, Matter, Once, Promise, Status} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Base} from "./Base.sol";

/// @notice A wallet that accepts what its owner has signed.
contract Wallet is IERC1271 {
    address private immutable _OWNER;

    constructor(address owner) {
        _OWNER = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(digest, signature) == _OWNER ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @notice A verifier that fails in every way that it can.
contract Hostile {
    uint256 private immutable _HOW;

    constructor(uint256 how) {
        _HOW = how;
    }

    fallback() external {
        if (_HOW == 0) revert();
        if (_HOW == 1) assembly { return(0, 0) }
        if (_HOW == 2) {
            assembly {
                mstore(0, not(0))
                return(0, 32)
            }
        }
        assembly { return(0, 100000) }
    }
}

/// @notice Signed actions: who may sign, with what key, and that no signature means anything else.
contract SignaturesTest is Base {
    uint256 private constant P256_KEY = 0x256;

    ERC7913P256Verifier private p256 = new ERC7913P256Verifier();
    ERC7913WebAuthnVerifier private webAuthn = new ERC7913WebAuthnVerifier();

    function test_anybody_may_send_what_the_company_signed(address sender) public {
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        vm.prank(sender);
        ledger.makeBy(signed(COMPANY_KEY, Typed.make(id)), promised);
        assertEq(statusOf(id), Status.Open);
        vm.prank(sender);
        ledger.fulfilBy(signed(COMPANY_KEY, Typed.fulfil(id, EVIDENCE)), id, EVIDENCE);
        assertEq(statusOf(id), Status.Fulfilled);
        vm.prank(sender);
        ledger.confirm(
            signed(CUSTOMER_KEY, Typed.confirm(id, Matter.Fulfilment, 5)), promised, SALT, Matter.Fulfilment, 5
        );
        assertEq(statusOf(id), Status.Confirmed);
    }

    function test_an_empty_signer_is_the_caller() public {
        Promise memory promised = aPromise();
        vm.prank(company);
        ledger.makeBy(itself(), promised);
        bytes32 id = idOf(promised);
        vm.prank(company);
        ledger.fulfilBy(itself(), id, EVIDENCE);
        vm.prank(customer);
        ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 0);
        assertEq(statusOf(id), Status.Confirmed);
    }

    function test_signed_or_sent_the_head_is_the_same() public {
        Promise memory promised = aPromise();
        uint256 before = vm.snapshotState();
        made(promised);
        bytes32 sent = ledger.headOf(company);
        vm.revertToState(before);
        assertTrue(ledger.headOf(company) != sent, "as before");
        ledger.makeBy(signed(COMPANY_KEY, Typed.make(idOf(promised))), promised);
        assertEq(ledger.headOf(company), sent);
    }

    function test_a_short_signature_is_accepted() public {
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(COMPANY_KEY, digestOf(Typed.make(id)));
        bytes32 vs = bytes32((uint256(v - 27) << 255) | uint256(s));
        ledger.makeBy(Auth(abi.encodePacked(company), abi.encodePacked(r, vs)), promised);
        assertEq(statusOf(id), Status.Open);
    }

    function test_a_contract_wallet_signs() public {
        bytes memory wallet = abi.encodePacked(new Wallet(vm.addr(STRANGER_KEY)));
        Promise memory promised = aPromiseTo(wallet);
        bytes32 id = fulfilled(promised);
        Auth memory auth = signed(STRANGER_KEY, Typed.confirm(id, Matter.Fulfilment, 4));
        auth.signer = wallet;
        ledger.confirm(auth, promised, SALT, Matter.Fulfilment, 4);
        assertEq(statusOf(id), Status.Confirmed);
    }

    function nothing() external {}

    function test_an_account_that_delegates_to_code_keeps_its_own_key() public {
        vm.signAndAttachDelegation(address(new Hostile(0)), CUSTOMER_KEY);
        this.nothing();
        assertTrue(customer.code.length > 0, "the delegation must be in force");
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        ledger.confirm(
            signed(CUSTOMER_KEY, Typed.confirm(id, Matter.Fulfilment, 4)), promised, SALT, Matter.Fulfilment, 4
        );
        assertEq(statusOf(id), Status.Confirmed);
    }

    function test_an_account_s_code_may_accept_another_s_signature() public {
        vm.signAndAttachDelegation(address(new Wallet(vm.addr(STRANGER_KEY))), CUSTOMER_KEY);
        this.nothing();
        Promise memory promised = aPromise();
        bytes32 id = fulfilled(promised);
        Auth memory auth = signed(STRANGER_KEY, Typed.confirm(id, Matter.Fulfilment, 4));
        auth.signer = abi.encodePacked(customer);
        ledger.confirm(auth, promised, SALT, Matter.Fulfilment, 4);
        assertEq(statusOf(id), Status.Confirmed);
    }

    function test_a_device_s_key_signs() public {
        bytes memory device = p256Signer(address(p256), P256_KEY);
        Promise memory promised = aPromiseTo(device);
        bytes32 id = fulfilled(promised);
        (bytes32 r, bytes32 s) = lowS(P256_KEY, digestOf(Typed.confirm(id, Matter.Fulfilment, 3)));
        ledger.confirm(Auth(device, abi.encodePacked(r, s)), promised, SALT, Matter.Fulfilment, 3);
        assertEq(statusOf(id), Status.Confirmed);
    }

    function test_a_passkey_signs() public {
        bytes memory passkey = p256Signer(address(webAuthn), P256_KEY);
        Promise memory promised = aPromiseTo(passkey);
        bytes32 id = fulfilled(promised);
        ledger.confirm(
            Auth(passkey, assertion(digestOf(Typed.confirm(id, Matter.Fulfilment, 3)))),
            promised,
            SALT,
            Matter.Fulfilment,
            3
        );
        assertEq(statusOf(id), Status.Confirmed);
    }

    function test_a_passkey_s_assertion_of_another_challenge_is_refused() public {
        bytes memory passkey = p256Signer(address(webAuthn), P256_KEY);
        Promise memory promised = aPromiseTo(passkey);
        bytes32 id = fulfilled(promised);
        Auth memory auth = Auth(passkey, assertion(digestOf(Typed.confirm(id, Matter.Fulfilment, 3))));
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, passkey));
        ledger.confirm(auth, promised, SALT, Matter.Fulfilment, 4);
    }

    function test_a_hostile_verifier_lets_nobody_in(uint8 how) public {
        bytes memory signer = abi.encodePacked(new Hostile(how % 4), "key");
        Promise memory promised = aPromiseTo(signer);
        fulfilled(promised);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, signer));
        ledger.confirm(Auth(signer, "signature"), promised, SALT, Matter.Fulfilment, 5);
    }

    function test_a_signer_of_fewer_bytes_than_an_account_is_refused(bytes calldata signature) public {
        bytes memory signer = hex"0102030405060708090a0b0c0d0e0f10111213";
        Promise memory promised = aPromiseTo(signer);
        fulfilled(promised);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, signer));
        ledger.confirm(Auth(signer, signature), promised, SALT, Matter.Fulfilment, 5);
    }

    function test_a_signature_of_any_other_length_or_content_is_refused(bytes calldata signature) public {
        Promise memory promised = aPromise();
        bytes memory signer = abi.encodePacked(company);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, signer));
        ledger.makeBy(Auth(signer, signature), promised);
    }

    function test_another_s_signature_is_refused(uint256 key) public {
        key = bounded(key);
        vm.assume(key != COMPANY_KEY);
        Promise memory promised = aPromise();
        Auth memory auth = signed(key, Typed.make(idOf(promised)));
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotTheCompany.selector, keccak256(auth.signer), company));
        ledger.makeBy(auth, promised);
        auth.signer = abi.encodePacked(company);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, auth.signer));
        ledger.makeBy(auth, promised);
    }

    function test_a_signature_is_for_one_chain(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        Promise memory promised = aPromise();
        Auth memory auth = signed(COMPANY_KEY, Typed.make(idOf(promised)));
        vm.chainId(chainId);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, auth.signer));
        ledger.makeBy(auth, promised);
    }

    function test_a_signature_is_for_one_contract() public {
        Promise memory promised = aPromise();
        Auth memory auth = signed(COMPANY_KEY, Typed.make(idOf(promised)));
        setUp();
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, auth.signer));
        ledger.makeBy(auth, promised);
    }

    function test_a_signature_is_for_one_promise(uint64 nonce) public {
        Promise memory promised = aPromise();
        vm.assume(nonce != uint64(promised.labels));
        Auth memory auth = signed(COMPANY_KEY, Typed.make(idOf(promised)));
        promised.labels = promised.labels >> 64 << 64 | nonce;
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, auth.signer));
        ledger.makeBy(auth, promised);
    }

    function test_a_signature_is_for_one_action(bytes32 evidence, uint8 rating) public {
        rating = rating % 6;
        Promise memory promised = aPromise();
        bytes32 id = made(promised);
        Auth memory make = signed(COMPANY_KEY, Typed.make(id));
        Auth memory fulfil = signed(COMPANY_KEY, Typed.fulfil(id, evidence));
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, make.signer));
        ledger.fulfilBy(make, id, evidence);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, fulfil.signer));
        ledger.fulfilBy(fulfil, id, ~evidence);
        ledger.fulfilBy(fulfil, id, evidence);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, fulfil.signer));
        ledger.confirm(fulfil, promised, SALT, Matter.Fulfilment, rating);
    }

    function test_a_signature_works_once() public {
        Promise memory promised = aPromise();
        bytes32 id = idOf(promised);
        Auth memory make = signed(COMPANY_KEY, Typed.make(id));
        Auth memory fulfil = signed(COMPANY_KEY, Typed.fulfil(id, EVIDENCE));
        Auth memory confirm = signed(CUSTOMER_KEY, Typed.confirm(id, Matter.Fulfilment, 5));
        ledger.makeBy(make, promised);
        vm.expectRevert(done(id, Status.Open));
        ledger.makeBy(make, promised);
        ledger.fulfilBy(fulfil, id, EVIDENCE);
        vm.expectRevert(done(id, Status.Fulfilled));
        ledger.fulfilBy(fulfil, id, EVIDENCE);
        ledger.confirm(confirm, promised, SALT, Matter.Fulfilment, 5);
        vm.expectRevert(done(id, Status.Confirmed));
        ledger.confirm(confirm, promised, SALT, Matter.Fulfilment, 5);
    }

    function test_a_signed_registration_works_once_and_until_its_deadline(uint256 nonce, uint32 late) public {
        Once memory once = Once(nonce, START + 100);
        Auth memory auth = signed(COMPANY_KEY, registration(once));
        vm.warp(once.deadline + 1 + late);
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.Expired.selector, once.deadline, once.deadline + 1 + late));
        ledger.register(auth, company, EVIDENCE, "uri", once);
        vm.warp(once.deadline);
        bytes32 actor = keccak256(abi.encodePacked(company));
        assertTrue(!ledger.isNonceUsed(actor, nonce), "unused");
        ledger.register(auth, company, EVIDENCE, "uri", once);
        assertTrue(ledger.isNonceUsed(actor, nonce), "used");
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NonceUsed.selector, actor, nonce));
        ledger.register(auth, company, EVIDENCE, "uri", once);
    }

    function test_nonces_have_no_order_and_do_not_touch_each_other(uint256 one, uint256 other) public {
        vm.assume(one != other);
        for (uint256 i = 0; i < 2; i++) {
            Once memory once = Once(i == 0 ? one : other, START);
            ledger.register(signed(COMPANY_KEY, registration(once)), company, EVIDENCE, "uri", once);
        }
        bytes32 stranger = keccak256(abi.encodePacked(vm.addr(STRANGER_KEY)));
        assertTrue(!ledger.isNonceUsed(stranger, one), "another's nonces are its own");
    }

    function test_a_registration_is_its_company_s_to_sign() public {
        Once memory once = Once(1, START);
        Auth memory auth = signed(STRANGER_KEY, registration(once));
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.NotTheCompany.selector, keccak256(auth.signer), company));
        ledger.register(auth, company, EVIDENCE, "uri", once);
    }

    function test_the_arbiter_signs_for_a_promise_to_the_public() public {
        Promise memory promised = aPromise();
        promised.customer = 0;
        bytes32 id = fulfilled(promised);
        ledger.confirm(signed(ARBITER_KEY, Typed.confirm(id, Matter.Fulfilment, 0)), promised, 0, Matter.Fulfilment, 0);
        assertEq(statusOf(id), Status.Confirmed);
    }

    function test_nobody_can_act_for_the_zero_account(bytes calldata signature) public {
        Promise memory promised = aPromise();
        promised.schedule = promised.schedule >> 160 << 160;
        fulfilled(promised);
        bytes memory nobody = abi.encodePacked(address(0));
        vm.expectRevert(abi.encodeWithSelector(ITrustLedger.InvalidSignature.selector, nobody));
        ledger.confirm(Auth(nobody, signature), promised, SALT, Matter.Fulfilment, 5);
    }

    function registration(Once memory once) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(Typed.REGISTER_TYPEHASH, company, EVIDENCE, keccak256("uri"), once.nonce, once.deadline)
            );
    }

    function done(bytes32 id, Status status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustLedger.AlreadyDone.selector, id, status);
    }

    function bounded(uint256 key) private pure returns (uint256) {
        return 1 + key % (type(uint128).max);
    }

    function p256Signer(address verifier, uint256 key) private pure returns (bytes memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return abi.encodePacked(verifier, x, y);
    }

    /// @dev OpenZeppelin refuses the higher of the two values that s may have.
    function lowS(uint256 key, bytes32 digest) private pure returns (bytes32 r, bytes32 s) {
        uint256 n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;
        (r, s) = vm.signP256(key, digest);
        if (uint256(s) > n / 2) s = bytes32(n - uint256(s));
    }

    /// @dev What a browser gives back for a challenge (WebAuthn level 2, 7.2).
    function assertion(bytes32 challenge) private pure returns (bytes memory) {
        string memory clientData = string.concat(
            '{"type":"webauthn.get","challenge":"', Base64.encodeURL(abi.encodePacked(challenge)), '","origin":"x"}'
        );
        // User present and verified.
        bytes memory authenticatorData = abi.encodePacked(sha256("x"), bytes1(0x05), uint32(1));
        (bytes32 r, bytes32 s) = lowS(P256_KEY, sha256(abi.encodePacked(authenticatorData, sha256(bytes(clientData)))));
        return abi.encode(r, s, 23, 1, authenticatorData, clientData);
    }
}
