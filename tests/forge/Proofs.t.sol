// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Matter, Promise, State, Status} from "../../contracts/interfaces/ITrustLedger.sol";
import {Base} from "./Base.sol";

/// @notice What `halmos` adds to the test EVM.
interface Svm {
    function enableSymbolicStorage(address account) external;
}

/// @notice The life-cycle table, proved for every storage, promise, caller and time (`make prove`): whoever sends the
/// action, if it succeeds then from these statuses, to this slot. Signatures are not looked at here.
contract ProofsTest is Base {
    Svm private constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));

    /// @dev Any storage and any time that 40 bits hold.
    function _anything(bytes32 id, uint40 time, address sender) private returns (State memory before) {
        svm.enableSymbolicStorage(address(ledger));
        vm.warp(time);
        before = ledger.stateOf(id);
        vm.prank(sender);
    }

    function _due(Promise memory promised) private pure returns (uint40) {
        return uint40(promised.schedule >> 160);
    }

    function _assertSlot(bytes32 id, State memory before, Status status, uint40 fulfilledAt, uint40 lastAt, uint8 flags)
        private
        view
    {
        State memory after_ = ledger.stateOf(id);
        assert(after_.company == before.company);
        assert(after_.status == status);
        assert(after_.fulfilledAt == fulfilledAt);
        assert(after_.lastAt == lastAt);
        assert(after_.flags == flags);
    }

    function check_handOff(bytes32 id, uint40 time, address sender) public {
        State memory before = _anything(id, time, sender);
        ledger.handOff(itself(), id, 1, 2, 3, never());
        assert(before.status == Status.Open);
        _assertSlot(id, before, Status.Open, before.fulfilledAt, before.lastAt, before.flags);
    }

    function check_fulfil(bytes32 id, bytes32 evidence, uint40 time, address sender) public {
        State memory before = _anything(id, time, sender);
        ledger.fulfil(id, evidence);
        assert(before.status == Status.Open && before.fulfilledAt == 0);
        _assertSlot(id, before, Status.Fulfilled, time, time, before.flags);
    }

    /// @notice One promise's fulfilment is no other's.
    function check_fulfilTouchesNoOther(bytes32 id, bytes32 other, uint40 time, address sender) public {
        vm.assume(id != other);
        State memory before = _anything(other, time, sender);
        ledger.fulfil(id, 0);
        _assertSlot(other, before, before.status, before.fulfilledAt, before.lastAt, before.flags);
    }

    function check_accept(Promise memory promised, bytes32 salt, uint40 time, address sender) public {
        bytes32 id = idOf(promised);
        State memory before = _anything(id, time, sender);
        ledger.accept(itself(), promised, salt);
        assert(before.status == Status.Open && before.flags & 1 == 0);
        _assertSlot(id, before, Status.Open, before.fulfilledAt, before.lastAt, before.flags | 1);
    }

    function check_withdraw(Promise memory promised, bytes32 reason, uint40 time, address sender) public {
        bytes32 id = idOf(promised);
        State memory before = _anything(id, time, sender);
        ledger.withdraw(itself(), promised, reason, refused());
        assert(before.status == Status.Open && sender == before.company && time <= _due(promised));
        _assertSlot(id, before, Status.Withdrawn, before.fulfilledAt, time, before.flags);
    }

    function check_amend(Promise memory from, Promise memory to, uint40 time, address sender) public {
        bytes32 id = idOf(from);
        State memory before = _anything(id, time, sender);
        ledger.amend(itself(), from, to, refused());
        assert(before.status == Status.Open && sender == before.company && time <= _due(from));
        assert(from.company == to.company && from.customer == to.customer);
        _assertSlot(id, before, Status.Superseded, before.fulfilledAt, time, before.flags);
    }

    function check_make(Promise memory promised, uint40 time, address sender) public {
        bytes32 id = idOf(promised);
        State memory before = _anything(id, time, sender);
        ledger.makeBy(itself(), promised);
        assert(before.status == Status.None && time < _due(promised));
        before.company = promised.company;
        _assertSlot(id, before, Status.Open, 0, time, 0);
    }

    function check_confirm(
        Promise memory promised,
        bytes32 salt,
        uint8 rating,
        uint8 about,
        uint40 time,
        address sender
    ) public {
        vm.assume(about < 3);
        bytes32 id = idOf(promised);
        State memory before = _anything(id, time, sender);
        ledger.confirm(itself(), promised, salt, Matter(about), rating);
        bool open = before.status == Status.Fulfilled || before.status == Status.Remedied;
        bool decided =
            before.status == Status.Disputed || before.status == Status.Upheld || before.status == Status.Dismissed;
        bool again = before.status == Status.Confirmed && before.flags & 16 != 0;
        assert(rating <= 5 && Matter(about) != Matter.Miss);
        assert(open || again || (decided && before.flags & 4 != 0));
        State memory after_ = ledger.stateOf(id);
        assert(after_.status == Status.Confirmed && after_.fulfilledAt == before.fulfilledAt);
        assert(after_.lastAt == time && after_.flags >> 5 == rating && after_.flags & 15 == before.flags & 15);
    }

    function check_dispute(Promise memory promised, bytes32 salt, uint8 about, uint40 time, address sender) public {
        vm.assume(about < 3);
        bytes32 id = idOf(promised);
        State memory before = _anything(id, time, sender);
        // That an open promise has no fulfilment is what the other proofs show of every way to and from Open.
        vm.assume(before.status != Status.Open || before.fulfilledAt == 0);
        ledger.dispute(itself(), promised, salt, Matter(about), 0);
        bool missed = before.status == Status.Open && time > _due(promised);
        bool reported = before.status == Status.Fulfilled || before.status == Status.Remedied;
        assert(missed || reported || (before.status == Status.Confirmed && before.flags & 16 != 0));
        _assertSlot(id, before, Status.Disputed, before.fulfilledAt, time, before.flags & 5 | 8);
    }

    function check_answer(bytes32 id, uint40 time, address sender) public {
        State memory before = _anything(id, time, sender);
        ledger.answer(itself(), id, 0, never());
        assert(before.status == Status.Disputed && sender == before.company && before.flags & 2 == 0);
        _assertSlot(id, before, Status.Disputed, before.fulfilledAt, before.lastAt, before.flags | 2);
    }

    function check_rule(Promise memory promised, bool upheld, uint40 time, address sender) public {
        bytes32 id = idOf(promised);
        State memory before = _anything(id, time, sender);
        ledger.rule(itself(), promised, upheld, 0, never());
        assert(before.status == Status.Disputed && sender == address(uint160(promised.schedule)));
        Status ruled = upheld ? Status.Upheld : Status.Dismissed;
        _assertSlot(id, before, ruled, before.fulfilledAt, time, before.flags);
    }

    function check_remedy(Promise memory promised, uint8 kind, uint40 time, address sender) public {
        bytes32 id = idOf(promised);
        State memory before = _anything(id, time, sender);
        ledger.remedy(itself(), promised, kind, 0);
        bool missed = before.status == Status.Open && time > _due(promised);
        bool disputed = before.status == Status.Disputed;
        assert(kind <= 3 && sender == promised.company && before.flags & 4 == 0);
        assert(missed || disputed || before.status == Status.Upheld);
        Status then = disputed ? Status.Disputed : Status.Remedied;
        _assertSlot(id, before, then, before.fulfilledAt, disputed ? before.lastAt : time, before.flags | 4);
    }
}
