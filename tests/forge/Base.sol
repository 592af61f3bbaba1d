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
    bytes32 internal constant REASON = keccak256("reason");
    uint8 internal constant COUNTERSIGNED = 1;
    uint8 internal constant ANSWERED = 2;
    uint8 internal constant REMEDIED = 4;
    uint8 internal constant DISPUTED = 8;
    uint8 internal constant BY_ARBITER = 16;
    uint8 internal constant RATING = 32;
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
        vm.prank(company);
        ledger.make(promised);
        return idOf(promised);
    }

    function fulfilled(Promise memory promised) internal returns (bytes32 id) {
        id = made(promised);
        fulfil(id);
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

    // ── ways into each status ───────────────────────────────────────────────────────────────────────────────────────

    /// @dev A promise in a status, in the simplest way.
    function inStatus(Status status, Promise memory promised) internal returns (bytes32 id) {
        id = idOf(promised);
        if (status == Status.None) return id;
        made(promised);
        if (status == Status.Open) return id;
        if (status == Status.Superseded) {
            Promise memory next = renumbered(promised, 99);
            vm.prank(company);
            ledger.amend(itself(), promised, next, refused());
        } else if (status == Status.Withdrawn) {
            vm.prank(company);
            ledger.withdraw(itself(), promised, REASON, refused());
        } else if (status == Status.Remedied) {
            vm.warp(dueAtOf(promised) + 1);
            vm.prank(company);
            ledger.remedy(itself(), promised, 1, REASON);
        } else {
            fulfil(id);
            if (status == Status.Fulfilled) return id;
            if (status == Status.Confirmed) {
                vm.prank(customer);
                ledger.confirm(itself(), promised, SALT, Matter.Fulfilment, 4);
                return id;
            }
            vm.prank(customer);
            ledger.dispute(itself(), promised, SALT, Matter.Fulfilment, REASON);
            if (status == Status.Disputed) return id;
            vm.prank(arbiter);
            ledger.rule(itself(), promised, status == Status.Upheld, REASON, never());
        }
        assertEq(statusOf(id), status);
    }

    function fulfil(bytes32 id) internal {
        vm.prank(company);
        ledger.fulfil(id, EVIDENCE);
    }

    function renumbered(Promise memory promised, uint64 nonce) internal pure returns (Promise memory other) {
        other = Promise(promised.company, promised.customer, promised.terms, promised.schedule, promised.labels);
        other.labels = promised.labels >> 64 << 64 | nonce;
    }

    function dueAtOf(Promise memory promised) internal pure returns (uint40) {
        return uint40(promised.schedule >> 160);
    }

    // ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The error for a status that an action can't start from: done already, or wrong.
    function expectRefusal(bytes32 id, Status status, bool isDone) internal {
        bytes4 selector = isDone ? ITrustLedger.AlreadyDone.selector : ITrustLedger.WrongStatus.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, id, status));
    }

    function notTheCompany(address actor) internal view returns (bytes memory) {
        return abi.encodeWithSelector(ITrustLedger.NotTheCompany.selector, hashOf(actor), company);
    }

    function notTheCounterparty(address actor, bytes32 id) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrustLedger.NotTheCounterparty.selector, hashOf(actor), id);
    }

    function hashOf(address account) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(account));
    }

    function assertState(bytes32 id, Status status, uint256 fulfilledAt, uint256 lastAt, uint8 flags) internal view {
        State memory state = ledger.stateOf(id);
        require(state.company == company, "company differs");
        require(state.status == status, "status differs");
        require(state.fulfilledAt == fulfilledAt, "fulfilledAt differs");
        require(state.lastAt == lastAt, "lastAt differs");
        require(state.flags == flags, "flags differ");
    }
}
