// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Matter, Status} from "../../../contracts/interfaces/ITrustLedger.sol";

/// @notice The ledger's rules said a second time, plainly: what each action needs, and what it changes.
/// @dev Written from docs/protocol.md, one field for each fact. Actors are numbers; NOBODY is the customer of a promise to
/// the public, or the arbiter of one that has none.
abstract contract Model {
    uint256 internal constant NOBODY = type(uint256).max;
    uint8 internal constant MAKE = 1;
    uint8 internal constant HAND_OFF = 2;
    uint8 internal constant FULFIL = 4;

    struct Life {
        uint256 company;
        uint256 customer;
        uint256 arbiter;
        uint256 dueAt;
        uint256 window;
        Status status;
        uint256 fulfilledAt;
        uint256 lastAt;
        bool countersigned;
        bool answered;
        bool remedied;
        bool disputed;
        bool byArbiter;
        uint8 rating;
    }

    struct Power {
        uint256 until;
        uint8 actions;
    }

    mapping(bytes32 id => Life life) internal lives;
    mapping(uint256 company => mapping(uint256 delegate => Power power)) internal powers;
    mapping(uint256 company => bool registered) internal isRegistered;
    mapping(uint256 actor => mapping(uint256 nonce => bool used)) internal isUsed;

    function may(uint256 actor, uint256 company, uint8 action) internal view returns (bool) {
        if (actor == company) return true;
        Power memory power = powers[company][actor];
        return block.timestamp <= power.until && power.actions & action != 0;
    }

    function canMake(uint256 actor, Life memory planned, Status present) internal view returns (bool) {
        return isRegistered[planned.company] && may(actor, planned.company, MAKE) && isSound(planned, present);
    }

    function isSound(Life memory planned, Status present) internal view returns (bool) {
        return present == Status.None && planned.dueAt > block.timestamp && planned.window >= 1 days
            && (planned.customer != NOBODY || planned.arbiter != NOBODY) && planned.arbiter != planned.company;
    }

    function canAccept(uint256 actor, Life memory life) internal pure returns (bool) {
        return life.status == Status.Open && !life.countersigned && actor == life.customer;
    }

    function canHandOff(uint256 actor, Life memory life) internal view returns (bool) {
        return life.status == Status.Open && may(actor, life.company, HAND_OFF);
    }

    /// @dev To amend or to withdraw, which only the company can, until the due time.
    function canTakeBack(uint256 actor, Life memory life) internal view returns (bool) {
        return life.status == Status.Open && actor == life.company && block.timestamp <= life.dueAt;
    }

    function canFulfil(uint256 actor, Life memory life) internal view returns (bool) {
        return life.status == Status.Open && may(actor, life.company, FULFIL);
    }

    function canConfirm(uint256 actor, Life memory life, Matter matter, uint8 rating) internal pure returns (bool) {
        if (rating > 5 || matter == Matter.Miss) return false;
        Status needed = matter == Matter.Fulfilment ? Status.Fulfilled : Status.Remedied;
        if (actor == life.customer) {
            bool decided =
                life.status == Status.Disputed || life.status == Status.Upheld || life.status == Status.Dismissed;
            return seenBy(actor, life) == needed || (matter == Matter.Remedy && life.remedied && decided);
        }
        return actor == life.arbiter && life.status == needed;
    }

    function canDispute(uint256 actor, Life memory life, Matter matter) internal view returns (bool) {
        if (actor != (life.customer == NOBODY ? life.arbiter : life.customer)) return false;
        if (life.disputed && matter != Matter.Remedy) return false;
        Status seen = seenBy(actor, life);
        uint256 from = life.fulfilledAt;
        if (seen == Status.Remedied) from = life.lastAt;
        if (from < life.dueAt) from = life.dueAt;
        if (block.timestamp > from + life.window) return false;
        if (matter == Matter.Fulfilment) return seen == Status.Fulfilled;
        if (matter == Matter.Remedy) return seen == Status.Remedied;
        bool missed = life.fulfilledAt == 0 ? block.timestamp > life.dueAt : life.fulfilledAt > life.dueAt;
        return missed && (seen == Status.Open || seen == Status.Fulfilled || seen == Status.Remedied);
    }

    function canAnswer(uint256 actor, Life memory life) internal pure returns (bool) {
        return life.status == Status.Disputed && actor == life.company && !life.answered;
    }

    function canRule(uint256 actor, Life memory life) internal pure returns (bool) {
        return life.status == Status.Disputed && actor == life.arbiter;
    }

    function canRemedy(uint256 actor, Life memory life, uint8 kind) internal view returns (bool) {
        if (actor != life.company || life.remedied || kind > 3) return false;
        return life.status == Status.Disputed || life.status == Status.Upheld
            || (life.status == Status.Open && block.timestamp > life.dueAt);
    }

    /// @dev The customer may pass over what only an arbiter has confirmed.
    function seenBy(uint256 actor, Life memory life) internal pure returns (Status) {
        if (life.status != Status.Confirmed || !life.byArbiter || actor != life.customer) return life.status;
        return life.remedied ? Status.Remedied : Status.Fulfilled;
    }

    function open(bytes32 id, Life memory planned, bool countersigned) internal {
        lives[id] = planned;
        lives[id].countersigned = countersigned;
        enter(id, Status.Open);
    }

    function enter(bytes32 id, Status status) internal {
        lives[id].status = status;
        lives[id].lastAt = block.timestamp;
    }

    function confirmed(bytes32 id, uint256 actor, uint8 rating) internal {
        lives[id].byArbiter = actor != lives[id].customer;
        lives[id].rating = rating;
        enter(id, Status.Confirmed);
    }

    function disputed(bytes32 id) internal {
        Life storage life = lives[id];
        (life.disputed, life.answered, life.byArbiter, life.rating) = (true, false, false, 0);
        enter(id, Status.Disputed);
    }

    function remedied(bytes32 id) internal {
        lives[id].remedied = true;
        if (lives[id].status != Status.Disputed) enter(id, Status.Remedied);
    }

    function flagsOf(Life memory life) internal pure returns (uint8 flags) {
        if (life.countersigned) flags |= 1;
        if (life.answered) flags |= 2;
        if (life.remedied) flags |= 4;
        if (life.disputed) flags |= 8;
        if (life.byArbiter) flags |= 16;
        flags |= life.rating * 32;
    }
}
