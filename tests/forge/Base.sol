// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {TrustLedger} from "../../contracts/TrustLedger.sol";
import {
    Auth,
    Consent,
    Fulfilment,
    ITrustLedger,
    Matter,
    Once,
    Promise,
    State,
    Status
} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Vm} from "./Vm.sol";

/// @notice Labelled actors, a ledger where the company has registered, and a sound promise.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant COMPANY_KEY = 0xC0;
    uint256 internal constant CUSTOMER_KEY = 0xC5;
    uint256 internal constant ARBITER_KEY = 0xAB;
    uint256 internal constant STRANGER_KEY = 0x57;
    bytes32 internal constant SALT = keccak256("salt");
    bytes32 internal constant EVIDENCE = keccak256("evidence");
    uint256 internal constant START = 1_700_000_000;

    TrustLedger internal ledger;
    address internal company;
    address internal customer;
    address internal arbiter;

    function setUp() public virtual {
        vm.warp(START);
        ledger = new TrustLedger();
        company = vm.addr(COMPANY_KEY);
        customer = vm.addr(CUSTOMER_KEY);
        arbiter = vm.addr(ARBITER_KEY);
        vm.prank(company);
        ledger.register(itself(), company, keccak256("profile"), "ipfs://profile", never());
    }

    function aPromise() internal view returns (Promise memory) {
        return aPromiseTo(abi.encodePacked(customer));
    }

    function aPromiseTo(bytes memory signer) internal view returns (Promise memory) {
        return Promise({
            company: company,
            customer: keccak256(abi.encode(SALT, keccak256(signer))),
            terms: keccak256("terms"),
            schedule: schedule(arbiter, uint40(START + 1 hours), 1 days, 7, 3),
            labels: labels(1, bytes8(keccak256("delivery")), 1, 2)
        });
    }

    function schedule(address arbiter_, uint40 dueAt, uint32 disputeWindow, uint16 cohort, uint8 stakes)
        internal
        pure
        returns (uint256)
    {
        return uint256(stakes) << 248 | uint256(cohort) << 232 | uint256(disputeWindow) << 200 | uint256(dueAt) << 160
            | uint256(uint160(arbiter_));
    }

    function labels(uint64 nonce, bytes8 service, uint8 experience, uint8 stage) internal pure returns (uint256) {
        return uint256(stage) << 136 | uint256(experience) << 128 | uint256(uint64(service)) << 64 | nonce;
    }

    /// @dev Who acts is the caller.
    function itself() internal pure returns (Auth memory) {
        return Auth("", "");
    }

    /// @dev What a caller gives, whose nonce is not looked at.
    function never() internal pure returns (Once memory) {
        return Once(0, 0);
    }

    function refused() internal pure returns (Consent memory) {
        return Consent(false, 0, Auth("", ""));
    }

    function made(Promise memory promised) internal returns (bytes32 id) {
        Promise[] memory promises = new Promise[](1);
        promises[0] = promised;
        vm.prank(company);
        ledger.make(promises);
        return idOf(promised);
    }

    function fulfilled(Promise memory promised) internal returns (bytes32 id) {
        id = made(promised);
        Fulfilment[] memory fulfilments = new Fulfilment[](1);
        fulfilments[0] = Fulfilment(id, EVIDENCE);
        vm.prank(company);
        ledger.fulfil(fulfilments);
    }

    function signed(uint256 key, bytes32 structHash) internal view returns (Auth memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digestOf(structHash));
        return Auth(abi.encodePacked(vm.addr(key)), abi.encodePacked(r, s, v));
    }

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparatorOf(address(ledger)), structHash);
    }

    /// @dev From EIP-5267's answer, as a wallet would compute it.
    function domainSeparatorOf(address contract_) internal view returns (bytes32) {
        (, string memory name, string memory version, uint256 chainId, address verifyingContract,,) =
            TrustLedger(contract_).eip712Domain();
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                verifyingContract
            )
        );
    }

    function idOf(Promise memory promised) internal view returns (bytes32) {
        return ledger.idOf(promised);
    }

    function statusOf(bytes32 id) internal view returns (Status) {
        return ledger.stateOf(id).status;
    }

    function assertEq(Status actual, Status expected) internal pure {
        require(actual == expected, "status differs");
    }

    function assertEq(bytes32 actual, bytes32 expected) internal pure {
        require(actual == expected, "word differs");
    }

    function assertTrue(bool holds, string memory what) internal pure {
        require(holds, what);
    }
}
