// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {TrustLedger} from "../../contracts/TrustLedger.sol";
import {Auth, ITrustLedger, Once, Promise, State, Status} from "../../contracts/interfaces/ITrustLedger.sol";
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
        ledger.register(keccak256("profile"), "ipfs://profile");
    }

    function aPromise() internal view returns (Promise memory) {
        return aPromiseTo(abi.encodePacked(customer));
    }

    function aPromiseTo(bytes memory signer) internal view returns (Promise memory) {
        return Promise({
            company: company,
            customer: keccak256(abi.encode(SALT, keccak256(signer))),
            terms: keccak256("terms"),
            dueAt: uint40(START + 1 hours),
            disputeWindow: 1 days,
            arbiter: arbiter,
            service: bytes8(keccak256("delivery")),
            experience: 1,
            stage: 2,
            stakes: 3,
            cohort: 7,
            nonce: 1
        });
    }

    function made(Promise memory promised) internal returns (bytes32 id) {
        vm.prank(company);
        return ledger.make(promised);
    }

    function fulfilled(Promise memory promised) internal returns (bytes32 id) {
        id = made(promised);
        vm.prank(company);
        ledger.fulfil(id, EVIDENCE);
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
