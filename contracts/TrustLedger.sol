// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Auth,
    Consent,
    Fulfilment,
    ITrustLedger,
    Matter,
    Once,
    Promise,
    Rights,
    State,
    Status
} from "./interfaces/ITrustLedger.sol";
import {Authority} from "./base/Authority.sol";
import {Batches} from "./base/Batches.sol";
import {History} from "./base/History.sol";
import {Slot, Slots} from "./libraries/Slots.sol";
import {Terms} from "./libraries/Terms.sol";
import {Typed} from "./libraries/Typed.sol";

/// @title The ledger: the life of promises.
/// @dev Every action has one rhythm: check, change, record. What each means stands in the interface. Times are the block's,
/// which its proposer may set some seconds wrong: less than any due time or window is worth.
contract TrustLedger is ITrustLedger, Authority, History, Batches {
    using Typed for Promise;
    using Terms for Promise;

    uint32 private constant MIN_DISPUTE_WINDOW = 1 days;
    uint8 private constant CODE_MAX = 3;
    uint8 private constant RATING_MAX = 5;

    // Rights.actions
    uint8 private constant MAKE = 1 << 0;
    uint8 private constant HAND_OFF = 1 << 1;
    uint8 private constant FULFIL = 1 << 2;

    // State.flags
    uint8 private constant COUNTERSIGNED = 1 << 0;
    uint8 private constant ANSWERED = 1 << 1;
    uint8 private constant REMEDIED = 1 << 2;
    uint8 private constant DISPUTED = 1 << 3;
    uint8 private constant BY_ARBITER = 1 << 4;
    uint8 private constant RATING_SHIFT = 5;
    /// All but who confirmed and the rating.
    uint8 private constant NOT_CONFIRMATION = BY_ARBITER - 1;

    mapping(bytes32 id => Slot slot) private _slots;

    /// @inheritdoc ITrustLedger
    function stateOf(bytes32 id) external view returns (State memory) {
        return _slots[id].unpack();
    }

    /// @inheritdoc ITrustLedger
    function idOf(Promise calldata promised) external pure returns (bytes32) {
        return promised.id();
    }

    // ── the company itself ──────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITrustLedger
    function register(Auth calldata auth, address company, bytes32 profile, string calldata uri, Once calldata once)
        external
    {
        bytes32 actor = _actorOnce(auth, once, Typed.register(company, profile, uri, once));
        _requireCompany(actor, company);
        _recordRegistered(company, actor, profile, uri);
    }

    /// @inheritdoc ITrustLedger
    function appoint(
        Auth calldata auth,
        address company,
        bytes32 delegate,
        uint8 actions,
        uint40 until,
        Once calldata once
    ) external {
        bytes32 actor = _actorOnce(auth, once, Typed.appoint(company, delegate, actions, until, once));
        _requireCompany(actor, company);

        _rights[company][delegate] = Rights(until, actions);
        _record(
            company,
            3,
            abi.encode(0, block.timestamp, Appointed.selector, company, delegate, actor, actions, until, bytes32(0))
        );
    }

    // ── the promise, until it is due ────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITrustLedger
    function make(Promise calldata promised) external {
        _make(_caller(), promised.id(), promised, 0);
    }

    /// @inheritdoc ITrustLedger
    function makeAll(Promise[] calldata promises) external {
        bytes32 actor = _caller();
        for (uint256 i = 0; i < promises.length; ++i) {
            Promise calldata promised = promises[i];
            _make(actor, promised.id(), promised, 0);
        }
    }

    /// @inheritdoc ITrustLedger
    function makeBy(Auth calldata auth, Promise calldata promised) external {
        bytes32 id = promised.id();
        _make(_actor(auth, Typed.make(id)), id, promised, 0);
    }

    /// @inheritdoc ITrustLedger
    function accept(Auth calldata auth, Promise calldata promised, bytes32 salt) external {
        bytes32 id = promised.id();
        bytes32 actor = _actor(auth, Typed.accept(id));
        Slot slot = _slots[id];
        _requireCustomer(actor, id, promised, salt);
        if (slot.has(COUNTERSIGNED)) revert AlreadyDone(id, slot.status());
        _requireStatus(id, slot, Status.Open);

        _slots[id] = slot.withFlag(COUNTERSIGNED);
        _record(
            slot.company(), 3, abi.encode(0, block.timestamp, Accepted.selector, id, slot.company(), actor, bytes32(0))
        );
    }

    /// @inheritdoc ITrustLedger
    function handOff(Auth calldata auth, bytes32 id, uint16 from, uint16 to, uint8 channel, Once calldata once)
        external
    {
        // Two delegates may be contracts of one owner: the type names which of them acts.
        bytes32 actor = _actorOnce(auth, once, Typed.handOff(keccak256(auth.signer), id, from, to, channel, once));
        Slot slot = _slots[id];
        _requireStatus(id, slot, Status.Open);
        _requireMay(actor, slot.company(), HAND_OFF);

        _record(
            slot.company(),
            3,
            abi.encode(0, block.timestamp, HandedOff.selector, id, slot.company(), actor, from, to, channel, bytes32(0))
        );
    }

    /// @inheritdoc ITrustLedger
    function amend(Auth calldata auth, Promise calldata from, Promise calldata to, Consent calldata consent) external {
        (bytes32 id, bytes32 successor) = (from.id(), to.id());
        bytes32 actor = _actor(auth, Typed.amend(id, successor, consent.given));
        Slot slot = _slots[id];
        Status there = _slots[successor].status();
        // A successor that is there is this amendment's own only if it took this promise's place.
        if (slot.status() == Status.Superseded && there != Status.None) revert AlreadyDone(id, slot.status());
        _requireStatus(id, slot, Status.Open);
        if (there != Status.None) revert WrongStatus(successor, there);
        _requireCompany(actor, slot.company());
        _requireNotMissed(id, from);
        if (to.company != from.company || to.customer != from.customer || to.arbiter() != from.arbiter()) {
            revert PartiesDiffer(id, successor);
        }
        bool consented = _consents(consent, Typed.consentToAmend(id, successor), id, from);

        _slots[id] = slot.entering(Status.Superseded);
        _record(
            slot.company(),
            4,
            abi.encode(
                0, block.timestamp, Amended.selector, id, slot.company(), successor, actor, consented, bytes32(0)
            )
        );
        _make(actor, successor, to, consented ? COUNTERSIGNED : 0);
    }

    /// @inheritdoc ITrustLedger
    function withdraw(Auth calldata auth, Promise calldata promised, bytes32 reason, Consent calldata consent)
        external
    {
        bytes32 id = promised.id();
        bytes32 actor = _actor(auth, Typed.withdraw(id, reason, consent.given));
        Slot slot = _slots[id];
        if (slot.status() == Status.Withdrawn) revert AlreadyDone(id, slot.status());
        _requireStatus(id, slot, Status.Open);
        _requireCompany(actor, slot.company());
        _requireNotMissed(id, promised);
        bool consented = _consents(consent, Typed.consentToWithdraw(id, reason), id, promised);

        _slots[id] = slot.entering(Status.Withdrawn);
        _record(
            slot.company(),
            3,
            abi.encode(0, block.timestamp, Withdrawn.selector, id, slot.company(), actor, reason, consented, bytes32(0))
        );
    }

    // ── what became of it ───────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ITrustLedger
    function fulfil(bytes32 id, bytes32 evidence) external {
        _fulfil(_caller(), id, evidence);
    }

    /// @inheritdoc ITrustLedger
    function fulfilAll(Fulfilment[] calldata fulfilments) external {
        bytes32 actor = _caller();
        for (uint256 i = 0; i < fulfilments.length; ++i) {
            Fulfilment calldata fulfilment = fulfilments[i];
            _fulfil(actor, fulfilment.id, fulfilment.evidence);
        }
    }

    /// @inheritdoc ITrustLedger
    function fulfilBy(Auth calldata auth, bytes32 id, bytes32 evidence) external {
        _fulfil(_actor(auth, Typed.fulfil(id, evidence)), id, evidence);
    }

    /// @inheritdoc ITrustLedger
    function confirm(Auth calldata auth, Promise calldata promised, bytes32 salt, Matter matter, uint8 rating)
        external
    {
        bytes32 id = promised.id();
        bytes32 actor = _actor(auth, Typed.confirm(id, matter, rating));
        Slot slot = _slots[id];
        if (rating > RATING_MAX) revert RatingOutOfRange(rating);
        bool byArbiter = !_isCustomer(actor, promised, salt);
        if (byArbiter && !_isArbiter(actor, promised)) revert NotTheCounterparty(actor, id);

        // Whoever confirms first, the customer has the last word.
        Status status = byArbiter ? slot.status() : _beforeArbiter(slot);
        if (status == Status.Confirmed) revert AlreadyDone(id, status);
        if (!_isConfirmable(slot, status, matter, byArbiter)) revert WrongStatus(id, slot.status());

        uint8 flags = slot.flags() & NOT_CONFIRMATION | (byArbiter ? BY_ARBITER : 0) | (rating << RATING_SHIFT);
        _slots[id] = slot.withFlags(flags).entering(Status.Confirmed);
        _record(
            slot.company(),
            3,
            abi.encode(
                0, block.timestamp, Confirmed.selector, id, slot.company(), actor, byArbiter, matter, rating, bytes32(0)
            )
        );
    }

    /// @inheritdoc ITrustLedger
    function dispute(Auth calldata auth, Promise calldata promised, bytes32 salt, Matter matter, bytes32 reason)
        external
    {
        bytes32 id = promised.id();
        bytes32 actor = _actor(auth, Typed.dispute(id, matter, reason));
        Slot slot = _slots[id];
        bool toPublic = promised.customer == 0;
        if (!(toPublic ? _isArbiter(actor, promised) : _isCustomer(actor, promised, salt))) {
            revert NotTheCounterparty(actor, id);
        }
        if (matter == Matter.Remedy && !slot.has(REMEDIED)) revert WrongStatus(id, slot.status());
        // A second dispute is about a remedy, and only a decided one can be followed by a remedy that is new.
        bool disputed = slot.has(DISPUTED);
        if (slot.status() == Status.Disputed || (disputed && matter != Matter.Remedy)) {
            revert AlreadyDone(id, slot.status());
        }
        Status status = toPublic ? slot.status() : _beforeArbiter(slot);
        _requireDisputable(id, slot, status, promised, matter);

        // A new dispute has no answer yet, and undoes the arbiter's confirmation.
        uint8 flags = slot.flags() & NOT_CONFIRMATION & ~ANSWERED | DISPUTED;
        _slots[id] = slot.withFlags(flags).entering(Status.Disputed);
        _record(
            slot.company(),
            3,
            abi.encode(0, block.timestamp, Disputed.selector, id, slot.company(), actor, matter, reason, bytes32(0))
        );
    }

    /// @inheritdoc ITrustLedger
    function answer(Auth calldata auth, bytes32 id, bytes32 response, Once calldata once) external {
        bytes32 actor = _actorOnce(auth, once, Typed.answer(id, response, once));
        Slot slot = _slots[id];
        _requireStatus(id, slot, Status.Disputed);
        _requireCompany(actor, slot.company());
        if (slot.has(ANSWERED)) revert AlreadyDone(id, slot.status());

        _slots[id] = slot.withFlag(ANSWERED);
        _record(
            slot.company(),
            3,
            abi.encode(0, block.timestamp, Answered.selector, id, slot.company(), actor, response, bytes32(0))
        );
    }

    /// @inheritdoc ITrustLedger
    function rule(Auth calldata auth, Promise calldata promised, bool upheld, bytes32 ruling, Once calldata once)
        external
    {
        bytes32 id = promised.id();
        bytes32 actor = _actorOnce(auth, once, Typed.rule(id, upheld, ruling, once));
        Slot slot = _slots[id];
        if (!_isArbiter(actor, promised)) revert NotTheCounterparty(actor, id);
        Status ruled = upheld ? Status.Upheld : Status.Dismissed;
        if (slot.status() == ruled) revert AlreadyDone(id, ruled);
        _requireStatus(id, slot, Status.Disputed);

        _slots[id] = slot.entering(ruled);
        _record(
            slot.company(),
            3,
            abi.encode(0, block.timestamp, Ruled.selector, id, slot.company(), actor, upheld, ruling, bytes32(0))
        );
    }

    /// @inheritdoc ITrustLedger
    function remedy(Auth calldata auth, Promise calldata promised, uint8 kind, bytes32 digest) external {
        bytes32 id = promised.id();
        bytes32 actor = _actor(auth, Typed.remedy(id, kind, digest));
        Slot slot = _slots[id];
        _requireCompany(actor, promised.company);
        if (kind > CODE_MAX) revert KindOutOfRange(kind);
        if (slot.has(REMEDIED)) revert AlreadyDone(id, slot.status());
        slot = slot.withFlag(REMEDIED);
        // While a dispute is open it goes on: the arbiter may still rule.
        if (slot.status() != Status.Disputed) {
            if (slot.status() != Status.Upheld) {
                _requireStatus(id, slot, Status.Open);
                uint40 dueAt = promised.dueAt();
                if (block.timestamp <= dueAt) revert NotYetMissed(id, dueAt, block.timestamp);
            }
            slot = slot.entering(Status.Remedied);
        }
        _slots[id] = slot;
        _record(
            slot.company(),
            3,
            abi.encode(0, block.timestamp, Remedied.selector, id, slot.company(), actor, kind, digest, bytes32(0))
        );
    }

    // ── what several actions share ──────────────────────────────────────────────────────────────────────────────────

    function _make(bytes32 actor, bytes32 id, Promise calldata promised, uint8 flags) private {
        _requireMay(actor, promised.company, MAKE);
        Status status = _slots[id].status();
        if (status != Status.None) revert AlreadyDone(id, status);
        _requireSound(promised, id);

        _slots[id] = Slots.opened(promised.company, flags);
        _record(
            promised.company,
            4,
            abi.encode(
                0,
                block.timestamp,
                Made.selector,
                id,
                promised.company,
                promised.customer,
                actor,
                promised.terms,
                promised.schedule,
                promised.labels,
                bytes32(0)
            )
        );
    }

    function _fulfil(bytes32 actor, bytes32 id, bytes32 evidence) private {
        Slot slot = _slots[id];
        if (slot.fulfilledAt() != 0) revert AlreadyDone(id, slot.status());
        _requireStatus(id, slot, Status.Open);
        _requireMay(actor, slot.company(), FULFIL);

        _slots[id] = slot.withFulfilment().entering(Status.Fulfilled);
        _record(
            slot.company(),
            3,
            abi.encode(0, block.timestamp, Fulfilled.selector, id, slot.company(), actor, evidence, bytes32(0))
        );
    }

    /// @dev What must hold of a promise whoever makes it.
    function _requireSound(Promise calldata promised, bytes32 id) private view {
        uint40 dueAt = promised.dueAt();
        if (dueAt <= block.timestamp) revert DueInThePast(dueAt, block.timestamp);
        uint32 window = promised.disputeWindow();
        if (window < MIN_DISPUTE_WINDOW) revert DisputeWindowTooShort(window, MIN_DISPUTE_WINDOW);
        address arbiter = promised.arbiter();
        if (arbiter == promised.company) revert ArbiterIsCompany(arbiter);
        if (promised.customer == 0 && arbiter == address(0)) revert Uncontestable(id);
        // The labels above the experience are the stage and bits that mean nothing.
        if (promised.stakes() > CODE_MAX || promised.experience() > CODE_MAX || promised.labels >> 136 > CODE_MAX) {
            revert CodeOutOfRange(promised.schedule, promised.labels);
        }
    }

    function _requireStatus(bytes32 id, Slot slot, Status needed) private pure {
        if (slot.status() != needed) revert WrongStatus(id, slot.status());
    }

    function _requireNotMissed(bytes32 id, Promise calldata promised) private view {
        uint40 dueAt = promised.dueAt();
        if (block.timestamp > dueAt) revert AlreadyMissed(id, dueAt, block.timestamp);
    }

    /// @param status Where the promise stands for who disputes; `slot` is what is stored.
    function _requireDisputable(bytes32 id, Slot slot, Status status, Promise calldata promised, Matter matter)
        private
        view
    {
        uint256 dueAt = promised.dueAt();
        if (matter == Matter.Fulfilment) {
            if (status != Status.Fulfilled) revert WrongStatus(id, slot.status());
        } else if (matter == Matter.Remedy) {
            if (status != Status.Remedied) revert WrongStatus(id, slot.status());
        } else {
            if (status != Status.Open && status != Status.Fulfilled && status != Status.Remedied) {
                revert WrongStatus(id, slot.status());
            }
            uint256 kept = slot.fulfilledAt() == 0 ? block.timestamp : slot.fulfilledAt();
            if (kept <= dueAt) revert NotYetMissed(id, uint40(dueAt), kept);
        }
        uint256 since = status == Status.Remedied ? slot.lastAt() : slot.fulfilledAt();
        uint256 end = (since > dueAt ? since : dueAt) + promised.disputeWindow();
        if (block.timestamp > end) revert WindowClosed(id, end, block.timestamp);
    }

    /// @param status Where the promise stands for who confirms.
    function _isConfirmable(Slot slot, Status status, Matter matter, bool byArbiter) private pure returns (bool) {
        if (matter == Matter.Fulfilment) return status == Status.Fulfilled;
        if (matter == Matter.Miss) return false;
        if (status == Status.Remedied) return true;
        // A remedy that was given while a dispute was open can be accepted whatever became of the dispute.
        return !byArbiter && slot.has(REMEDIED)
            && (status == Status.Disputed || status == Status.Upheld || status == Status.Dismissed);
    }

    /// @dev The status as it was before the arbiter confirmed; that a customer has confirmed stays.
    function _beforeArbiter(Slot slot) private pure returns (Status status) {
        status = slot.status();
        if (status == Status.Confirmed && slot.has(BY_ARBITER)) {
            return slot.has(REMEDIED) ? Status.Remedied : Status.Fulfilled;
        }
    }
}
