// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Auth,
    Consent,
    Fulfilment,
    Item,
    ITrustLedger,
    Matter,
    Once,
    Promise,
    Rights,
    State,
    Status
} from "../../../contracts/interfaces/ITrustLedger.sol";
import {TrustLedger} from "../../../contracts/TrustLedger.sol";
import {Typed} from "../../../contracts/libraries/Typed.sol";
import {Vm} from "../Vm.sol";
import {Model} from "./Model.sol";

/// @notice Draws actions, sensible and wild, sent and signed; does each on the ledger and in the model, and compares.
contract Handler is Model {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 private constant SALT = keccak256("salt");
    bytes32 private constant DIGEST = keccak256("digest");
    uint256 private constant COMPANIES = 2;
    uint256 private constant ACTORS = 9;
    uint256 private constant STRANGER = 8;

    TrustLedger public immutable LEDGER;
    /// @dev Where the same companies have registered: no signature may work there.
    TrustLedger public immutable ELSEWHERE;

    bytes32[] public ids;
    mapping(bytes32 id => Promise promised) private _promises;
    /// @dev The heads, by replay of the logs alone.
    mapping(address company => bytes32 head) public replayed;
    /// @dev Calldata with signatures whose effect is there.
    bytes[] private _spent;
    /// @dev Stored: the optimiser takes the chain's id for constant in a call, and reads it again.
    uint256 private _chainId = block.chainid;
    uint256 private _seed;
    uint256 private _nonce;

    constructor(TrustLedger ledger, TrustLedger elsewhere) {
        (LEDGER, ELSEWHERE) = (ledger, elsewhere);
        for (uint256 actor = 0; actor < COMPANIES; ++actor) {
            vm.prank(addressOf(actor));
            elsewhere.register(Auth("", ""), addressOf(actor), DIGEST, "uri", Once(0, 0));
        }
        _seed = 1;
        _register(0);
        _register(1);
    }

    // ── what is drawn ───────────────────────────────────────────────────────────────────────────────────────────────

    function makes(uint256 seed) external drawing(seed) {
        uint256 company = _draw(COMPANIES);
        uint256 actor = _either(company, 2 + _draw(2));
        (Promise memory promised, Life memory planned) = _plan(company);
        bytes32 id = LEDGER.idOf(promised);
        bool can = canMake(actor, planned, lives[id].status);
        bytes32 hash = keccak256(abi.encode(Typed.MAKE_TYPEHASH, id));
        bool done;
        uint256 form = _draw(3);
        if (form == 0) {
            done = _sent(actor, abi.encodeCall(LEDGER.make, (promised)), can, 1);
        } else if (form == 1) {
            Promise[] memory promises = new Promise[](1);
            promises[0] = promised;
            done = _sent(actor, abi.encodeCall(LEDGER.makeAll, (promises)), can, 1);
        } else {
            done = _does(actor, hash, can, ITrustLedger.makeBy.selector, abi.encode(promised));
        }
        if (!done) return;
        open(id, planned, false);
        _promises[id] = promised;
        ids.push(id);
    }

    function appoints(uint256 seed) external drawing(seed) {
        uint256 company = _draw(COMPANIES);
        uint256 actor = _either(company, _draw(ACTORS));
        uint256 delegate = 2 + _draw(2);
        uint8 actions = uint8(_draw(8));
        uint40 until = _draw(4) == 0 ? 0 : uint40(block.timestamp + _draw(5 days));
        Once memory once = _once();
        bytes32 hash = keccak256(
            abi.encode(
                Typed.APPOINT_TYPEHASH, addressOf(company), hashOf(delegate), actions, until, once.nonce, once.deadline
            )
        );
        bool can = actor == company && isRegistered[company];
        bytes memory rest = abi.encode(addressOf(company), hashOf(delegate), actions, until, once.nonce, once.deadline);
        if (_does(actor, hash, can, ITrustLedger.appoint.selector, rest)) {
            powers[company][delegate] = Power(until, actions);
        }
    }

    function accepts(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.customer, _draw(ACTORS));
        bytes32 hash = keccak256(abi.encode(Typed.ACCEPT_TYPEHASH, id));
        bytes memory rest = abi.encode(_promises[id], SALT);
        if (_does(actor, hash, canAccept(actor, life), ITrustLedger.accept.selector, rest)) {
            lives[id].countersigned = true;
        }
    }

    function handsOff(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.company, 2 + _draw(2));
        (uint16 from, uint16 to, uint8 channel) = (uint16(_draw(5)), uint16(_draw(5)), uint8(_draw(5)));
        Once memory once = _once();
        bytes32 hash = keccak256(
            abi.encode(Typed.HAND_OFF_TYPEHASH, hashOf(actor), id, from, to, channel, once.nonce, once.deadline)
        );
        bytes memory rest = abi.encode(id, from, to, channel, once.nonce, once.deadline);
        _does(actor, hash, canHandOff(actor, life), ITrustLedger.handOff.selector, rest);
    }

    function amends(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.company, _draw(ACTORS));
        (Promise memory next, Life memory planned) = _plan(life.company);
        bytes32 successor;
        {
            // Mostly between the same parties, else whom the draw gave.
            if (_draw(8) != 0) {
                (planned.customer, planned.arbiter) = (life.customer, life.arbiter);
                (next.customer, next.schedule) =
                (_promises[id].customer, next.schedule >> 160 << 160 | uint256(uint160(_promises[id].schedule)));
            }
            successor = LEDGER.idOf(next);
        }
        bytes32 consent = keccak256(abi.encode(Typed.CONSENT_TO_AMEND_TYPEHASH, id, successor));
        (Consent memory given, bool valid) = _consent(life, consent);
        bool same =
            planned.company == life.company && planned.customer == life.customer && planned.arbiter == life.arbiter;
        bool can = canTakeBack(actor, life) && isSound(planned, lives[successor].status) && valid && same;
        bytes32 hash = keccak256(abi.encode(Typed.AMEND_TYPEHASH, id, successor, given.given));
        Auth memory auth = _auth(actor, hash);
        bytes memory call = abi.encodeCall(LEDGER.amend, (auth, _promises[id], next, given));
        if (!_acts(actor, auth, call, can, 2)) return;
        enter(id, Status.Superseded);
        open(successor, planned, given.given);
        _promises[successor] = next;
        ids.push(successor);
    }

    function withdraws(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.company, _draw(ACTORS));
        (Consent memory given, bool valid) =
            _consent(life, keccak256(abi.encode(Typed.CONSENT_TO_WITHDRAW_TYPEHASH, id, DIGEST)));
        Auth memory auth = _auth(actor, keccak256(abi.encode(Typed.WITHDRAW_TYPEHASH, id, DIGEST, given.given)));
        bytes memory call = abi.encodeCall(LEDGER.withdraw, (auth, _promises[id], DIGEST, given));
        if (_acts(actor, auth, call, canTakeBack(actor, life) && valid, 1)) enter(id, Status.Withdrawn);
    }

    function fulfils(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.company, 2 + _draw(2));
        bool can = canFulfil(actor, life);
        bool done;
        uint256 form = _draw(3);
        if (form == 0) {
            done = _sent(actor, abi.encodeCall(LEDGER.fulfil, (id, DIGEST)), can, 1);
        } else if (form == 1) {
            Fulfilment[] memory fulfilments = new Fulfilment[](1);
            fulfilments[0] = Fulfilment(id, DIGEST);
            done = _sent(actor, abi.encodeCall(LEDGER.fulfilAll, (fulfilments)), can, 1);
        } else {
            bytes32 hash = keccak256(abi.encode(Typed.FULFIL_TYPEHASH, id, DIGEST));
            done = _does(actor, hash, can, ITrustLedger.fulfilBy.selector, abi.encode(id, DIGEST));
        }
        if (!done) return;
        lives[id].fulfilledAt = block.timestamp;
        enter(id, Status.Fulfilled);
    }

    function confirms(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(_either(life.customer, life.arbiter), _draw(ACTORS));
        Matter matter = Matter(_draw(3));
        uint8 rating = uint8(_draw(7));
        bytes32 hash = keccak256(abi.encode(Typed.CONFIRM_TYPEHASH, id, keccak256(_word(matter)), rating));
        bytes memory rest = abi.encode(_promises[id], SALT, matter, rating);
        bool can = canConfirm(actor, life, matter, rating);
        if (_does(actor, hash, can, ITrustLedger.confirm.selector, rest)) confirmed(id, actor, rating);
    }

    function disputes(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(_either(life.customer, life.arbiter), _draw(ACTORS));
        Matter matter = Matter(_draw(3));
        bytes32 hash = keccak256(abi.encode(Typed.DISPUTE_TYPEHASH, id, keccak256(_word(matter)), DIGEST));
        bytes memory rest = abi.encode(_promises[id], SALT, matter, DIGEST);
        bool can = canDispute(actor, life, matter);
        if (_does(actor, hash, can, ITrustLedger.dispute.selector, rest)) disputed(id);
    }

    function answers(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.company, _draw(ACTORS));
        Once memory once = _once();
        bytes32 hash = keccak256(abi.encode(Typed.ANSWER_TYPEHASH, id, DIGEST, once.nonce, once.deadline));
        bytes memory rest = abi.encode(id, DIGEST, once.nonce, once.deadline);
        if (_does(actor, hash, canAnswer(actor, life), ITrustLedger.answer.selector, rest)) {
            lives[id].answered = true;
        }
    }

    function rules(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.arbiter, _draw(ACTORS));
        bool upheld = _draw(2) == 0;
        Once memory once = _once();
        bytes32 hash = keccak256(abi.encode(Typed.RULE_TYPEHASH, id, upheld, DIGEST, once.nonce, once.deadline));
        bytes memory rest = abi.encode(_promises[id], upheld, DIGEST, once.nonce, once.deadline);
        if (_does(actor, hash, canRule(actor, life), ITrustLedger.rule.selector, rest)) {
            enter(id, upheld ? Status.Upheld : Status.Dismissed);
        }
    }

    function remedies(uint256 seed) external drawing(seed) {
        (bytes32 id, Life memory life) = _pick();
        uint256 actor = _either(life.company, _draw(ACTORS));
        uint8 kind = uint8(_draw(5));
        bytes32 hash = keccak256(abi.encode(Typed.REMEDY_TYPEHASH, id, kind, DIGEST));
        bytes memory rest = abi.encode(_promises[id], kind, DIGEST);
        bool can = canRemedy(actor, life, kind);
        if (_does(actor, hash, can, ITrustLedger.remedy.selector, rest)) remedied(id);
    }

    function registers(uint256 seed) external drawing(seed) {
        _register(_draw(COMPANIES));
    }

    function anchors(uint256 seed) external drawing(seed) {
        address company = addressOf(_draw(COMPANIES + 1));
        bytes32 head = _draw(2) == 0 ? LEDGER.headOf(company) : DIGEST;
        bool can = head != 0 && head == LEDGER.headOf(company);
        _compare(_call(STRANGER, abi.encodeCall(LEDGER.anchor, (company, head, DIGEST, DIGEST)), 0), can);
        _compare(_call(STRANGER, abi.encodeCall(LEDGER.checkpoint, (company)), 0), LEDGER.headOf(company) != 0);
    }

    function passes(uint256 seed) external drawing(seed) {
        vm.warp(block.timestamp + _draw(_draw(3) == 0 ? 4 days : 4 hours));
    }

    /// @dev What was signed and is done, sent again by a stranger.
    function replays(uint256 seed) external drawing(seed) {
        if (_spent.length == 0) return;
        require(!_call(STRANGER, _spent[_draw(_spent.length)], 0), "a signature worked twice");
    }

    /// @dev A promise made, countersigned and fulfilled: one by one, all or nothing, or each that can be done.
    function batches(uint256 seed) external drawing(seed) {
        uint256 company = _draw(COMPANIES);
        (Promise memory promised, Life memory planned) = _plan(company);
        bytes32 id = LEDGER.idOf(promised);
        if (!canMake(company, planned, lives[id].status)) return;
        bool accepted = planned.customer != NOBODY;
        bytes[] memory calls = new bytes[](3);
        calls[0] =
            abi.encodeCall(LEDGER.makeBy, (_sign(company, keccak256(abi.encode(Typed.MAKE_TYPEHASH, id))), promised));
        uint256 customer = accepted ? planned.customer : STRANGER;
        calls[1] = abi.encodeCall(
            LEDGER.accept, (_sign(customer, keccak256(abi.encode(Typed.ACCEPT_TYPEHASH, id))), promised, SALT)
        );
        calls[2] = abi.encodeCall(
            LEDGER.fulfilBy, (_sign(company, keccak256(abi.encode(Typed.FULFIL_TYPEHASH, id, DIGEST))), id, DIGEST)
        );

        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < 3; ++i) {
            _compare(_call(STRANGER, calls[i], 1), i != 1 || accepted);
        }
        bytes32 head = LEDGER.headOf(addressOf(company));
        vm.revertToState(snapshot);

        if (_draw(2) == 0) {
            _compare(_call(STRANGER, abi.encodeCall(LEDGER.multicall, (calls)), 3), accepted);
            if (!accepted) return;
        } else {
            _tryEach(calls, accepted);
        }
        require(LEDGER.headOf(addressOf(company)) == head, "a batch differs from its actions one by one");
        open(id, planned, accepted);
        _promises[id] = promised;
        ids.push(id);
        lives[id].fulfilledAt = block.timestamp;
        enter(id, Status.Fulfilled);
        check(id);
    }

    function _tryEach(bytes[] memory calls, bool accepted) private {
        Item[] memory items = new Item[](5);
        for (uint256 i = 0; i < 3; ++i) {
            items[i] = Item(300_000, calls[i]);
        }
        items[3] = Item(300_000, calls[0]);
        items[4] = Item(300_000, "what?");
        vm.recordLogs();
        vm.prank(addressOf(STRANGER));
        bool[] memory done = LEDGER.tryEach(items);
        require(_follow(vm.getRecordedLogs()) == (accepted ? 3 : 2), "as many events as actions");
        require(done[0] && done[1] == accepted && done[2] && done[3] && !done[4], "what was done differs");
    }

    // ── what is compared ────────────────────────────────────────────────────────────────────────────────────────────

    function check(bytes32 id) public view {
        State memory state = LEDGER.stateOf(id);
        Life memory life = lives[id];
        require(state.status == life.status, "status differs");
        require(state.fulfilledAt == life.fulfilledAt, "fulfilledAt differs");
        require(state.lastAt == life.lastAt, "lastAt differs");
        require(state.flags == flagsOf(life), "flags differ");
        if (state.status != Status.None) require(state.company == addressOf(life.company), "company differs");
    }

    /// @dev The promises that are most likely to have changed.
    function checkLast() external view {
        for (uint256 i = ids.length > 6 ? ids.length - 6 : 0; i < ids.length; ++i) {
            check(ids[i]);
        }
    }

    function checkEverything() external view {
        for (uint256 i = 0; i < ids.length; ++i) {
            check(ids[i]);
        }
        for (uint256 company = 0; company < COMPANIES; ++company) {
            require(LEDGER.headOf(addressOf(company)) == replayed[addressOf(company)], "head differs from the replay");
            for (uint256 delegate = 2; delegate < 4; ++delegate) {
                Rights memory rights = LEDGER.rightsOf(addressOf(company), hashOf(delegate));
                Power memory power = powers[company][delegate];
                require(rights.until == power.until && rights.actions == power.actions, "rights differ");
            }
        }
        for (uint256 actor = 0; actor < ACTORS; ++actor) {
            for (uint256 nonce = 0; nonce <= _nonce; ++nonce) {
                require(LEDGER.isNonceUsed(hashOf(actor), nonce) == isUsed[actor][nonce], "nonces differ");
            }
        }
    }

    function addressOf(uint256 actor) public pure returns (address) {
        return vm.addr(actor + 1);
    }

    function hashOf(uint256 actor) public pure returns (bytes32) {
        return keccak256(abi.encodePacked(addressOf(actor)));
    }

    // ── how it is done ──────────────────────────────────────────────────────────────────────────────────────────────

    modifier drawing(uint256 seed) {
        _seed = uint256(keccak256(abi.encode(seed, _seed)));
        _;
    }

    function _draw(uint256 count) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % count;
    }

    /// @dev The first three times in four.
    function _either(uint256 likely, uint256 other) private returns (uint256) {
        return _draw(4) == 0 || likely == NOBODY ? other : likely;
    }

    function _pick() private returns (bytes32 id, Life memory life) {
        if (ids.length == 0) return (0, lives[0]);
        // Mostly one of the last, which still have a life before them.
        uint256 back = _draw(_draw(4) == 0 ? ids.length : ids.length < 6 ? ids.length : 6);
        id = ids[ids.length - 1 - back];
        life = lives[id];
    }

    /// @dev A promise, mostly sound and new.
    function _plan(uint256 company) private returns (Promise memory promised, Life memory planned) {
        if (ids.length != 0 && _draw(16) == 0) {
            bytes32 known = ids[_draw(ids.length)];
            Life memory life = lives[known];
            (planned.company, planned.customer, planned.arbiter) = (life.company, life.customer, life.arbiter);
            (planned.dueAt, planned.window) = (life.dueAt, life.window);
            return (_promises[known], planned);
        }
        planned.company = company;
        planned.customer = _draw(4) == 0 ? NOBODY : 4 + _draw(2);
        planned.arbiter = _draw(4) == 0 ? NOBODY : 6 + _draw(2);
        if (_draw(16) == 0) planned.arbiter = company;
        planned.dueAt = block.timestamp + _draw(16) * 2 hours;
        planned.window = _draw(16) == 0 ? 1 days - 1 : 1 days + _draw(2 days);
        uint256 arbiter = planned.arbiter == NOBODY ? 0 : uint256(uint160(addressOf(planned.arbiter)));
        promised = Promise({
            company: addressOf(company),
            customer: planned.customer == NOBODY ? bytes32(0) : keccak256(abi.encode(SALT, hashOf(planned.customer))),
            terms: DIGEST,
            schedule: planned.window << 200 | planned.dueAt << 160 | arbiter,
            labels: _draw(1 << 64)
        });
    }

    function _once() private returns (Once memory) {
        return Once(++_nonce, block.timestamp + 1 hours);
    }

    function _consent(Life memory life, bytes32 hash) private returns (Consent memory given, bool valid) {
        uint256 kind = _draw(3);
        if (kind == 0) return (Consent(false, 0, Auth("", "")), true);
        uint256 signer = kind == 1 && life.customer != NOBODY ? life.customer : STRANGER;
        return (Consent(true, SALT, _sign(signer, hash)), signer == life.customer);
    }

    function _auth(uint256 actor, bytes32 hash) private returns (Auth memory) {
        return _draw(2) == 0 ? Auth("", "") : _sign(actor, hash);
    }

    function _sign(uint256 actor, bytes32 hash) private view returns (Auth memory) {
        bytes32 domain = keccak256(
            abi.encode(Typed.DOMAIN_TYPEHASH, keccak256("Troth"), keccak256("1"), block.chainid, address(LEDGER))
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(actor + 1, keccak256(abi.encodePacked(hex"1901", domain, hash)));
        return Auth(abi.encodePacked(addressOf(actor)), abi.encodePacked(r, s, v));
    }

    function _register(uint256 company) private {
        bytes memory call =
            abi.encodeCall(LEDGER.register, (Auth("", ""), addressOf(company), DIGEST, "uri", Once(0, 0)));
        _compare(_call(company, call, 1), true);
        isRegistered[company] = true;
    }

    /// @dev An action whose arguments after the first are of fixed length: `rest` is their encoding.
    function _does(uint256 actor, bytes32 hash, bool can, bytes4 selector, bytes memory rest) private returns (bool) {
        Auth memory auth = _auth(actor, hash);
        bytes memory encoded = abi.encode(auth);
        // Without the offset that stands before a single dynamic argument.
        bytes memory tail = new bytes(encoded.length - 32);
        for (uint256 i = 32; i < encoded.length; i += 32) {
            assembly ("memory-safe") {
                mstore(add(tail, i), mload(add(add(encoded, 32), i)))
            }
        }
        bytes memory call = bytes.concat(selector, abi.encode(32 + rest.length), rest, tail);
        bool done = _acts(actor, auth, call, can, 1);
        bool hasNonce = selector == ITrustLedger.appoint.selector || selector == ITrustLedger.handOff.selector
            || selector == ITrustLedger.answer.selector || selector == ITrustLedger.rule.selector;
        if (done && hasNonce && auth.signer.length != 0) isUsed[actor][_nonce] = true;
        return done;
    }

    function _sent(uint256 actor, bytes memory call, bool can, uint256 events) private returns (bool) {
        return _acts(actor, Auth("", ""), call, can, events);
    }

    function _acts(uint256 actor, Auth memory auth, bytes memory call, bool can, uint256 events)
        private
        returns (bool done)
    {
        bool isSigned = auth.signer.length != 0;
        if (isSigned && _draw(4) == 0) _tryElsewhere(call);
        done = _call(isSigned ? STRANGER : actor, call, events);
        _compare(done, can);
        if (done && isSigned) _spent.push(call);
    }

    /// @dev A signature is for one chain and one contract.
    function _tryElsewhere(bytes memory call) private {
        vm.chainId(_chainId + 1);
        (bool other,) = address(LEDGER).call(call);
        vm.chainId(_chainId);
        (bool elsewhere,) = address(ELSEWHERE).call(call);
        require(!other && !elsewhere, "a signature worked elsewhere");
    }

    function _compare(bool done, bool can) private pure {
        require(done || !can, "refused, though the rules allow it");
        require(!done || can, "done, though the rules forbid it");
    }

    /// @dev Heads change once for each event, and not at all where an action is refused.
    function _call(uint256 sender, bytes memory call, uint256 events) private returns (bool done) {
        vm.recordLogs();
        vm.prank(addressOf(sender));
        (done,) = address(LEDGER).call(call);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        // What a call logged before it was refused is recorded too, and is on no chain.
        if (done) require(_follow(logs) == events, "as many events as actions");
        for (uint256 company = 0; company < COMPANIES; ++company) {
            require(LEDGER.headOf(addressOf(company)) == replayed[addressOf(company)], "head differs from the replay");
        }
    }

    /// @dev Replays logs by their words alone. Returns how many extended a chain.
    function _follow(Vm.Log[] memory logs) private returns (uint256 count) {
        for (uint256 i = 0; i < logs.length; ++i) {
            (bytes32[] memory topics, bytes memory data) = (logs[i].topics, logs[i].data);
            bytes32 kind = topics[0];
            if (
                kind == ITrustLedger.ItemFailed.selector || kind == ITrustLedger.Anchored.selector
                    || kind == ITrustLedger.Checkpoint.selector
            ) continue;
            bool isOfCompany = kind == ITrustLedger.Registered.selector || kind == ITrustLedger.Appointed.selector;
            address company = address(uint160(uint256(topics[isOfCompany ? 1 : 2])));
            bytes32 before = replayed[company];
            if (before == 0) before = keccak256(abi.encode(block.chainid, address(LEDGER), company));
            bytes32 head;
            bytes memory content;
            if (kind == ITrustLedger.Registered.selector) {
                (bytes32 actor, bytes32 profile, string memory uri, bytes32 own) =
                    abi.decode(data, (bytes32, bytes32, string, bytes32));
                (content, head) = (abi.encode(actor, profile, keccak256(bytes(uri))), own);
            } else {
                content = data;
                assembly ("memory-safe") {
                    head := mload(add(content, mload(content)))
                    mstore(content, sub(mload(content), 32))
                }
            }
            replayed[company] = keccak256(abi.encodePacked(before, block.timestamp, topics, content));
            require(replayed[company] == head, "an event's head is not what its words give");
            ++count;
        }
    }

    function _word(Matter matter) private pure returns (bytes memory) {
        return matter == Matter.Miss ? bytes("missed") : matter == Matter.Remedy ? bytes("remedy") : bytes("fulfilment");
    }
}
