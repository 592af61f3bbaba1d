// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {TrustLedger} from "../../contracts/TrustLedger.sol";
import {Matter, Once, Promise} from "../../contracts/interfaces/ITrustLedger.sol";
import {Typed} from "../../contracts/libraries/Typed.sol";
import {Vm} from "./Vm.sol";

/// @notice One example of an action from the file.
struct Example {
    string json;
    /// The path of its message.
    string message;
    /// The ids of the promise that it is about, and of the next in the file.
    bytes32 id;
    bytes32 next;
}

/// @notice The contract's types meet the shared examples.
/// @dev Each example is read in a call of its own, which gives the memory back that the file takes.
contract VectorsTest {
    using MessageHashUtils for bytes32;

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    string private constant FILE = "tests/vectors/protocol.json";
    uint256 private constant PROMISES = 12;

    function test_ids() public {
        TrustLedger ledger = new TrustLedger();
        string memory json = vm.readFile(FILE);
        for (uint256 i = 0; i < PROMISES; ++i) {
            string memory path = _place(i);
            Promise memory promised = Promise({
                company: vm.parseJsonAddress(json, string.concat(path, ".fields.company")),
                customer: vm.parseJsonBytes32(json, string.concat(path, ".fields.customer")),
                terms: vm.parseJsonBytes32(json, string.concat(path, ".fields.terms")),
                schedule: uint256(vm.parseJsonBytes32(json, string.concat(path, ".schedule"))),
                labels: uint256(vm.parseJsonBytes32(json, string.concat(path, ".labels")))
            });
            require(ledger.idOf(promised) == vm.parseJsonBytes32(json, string.concat(path, ".id")), path);
        }
    }

    function test_register() public {
        _check("Register", this.register);
    }

    function test_appoint() public {
        _check("Appoint", this.appoint);
    }

    function test_make() public {
        _check("Make", this.make);
    }

    function test_accept() public {
        _check("Accept", this.accept);
    }

    function test_hand_off() public {
        _check("HandOff", this.handOff);
    }

    function test_amend() public {
        _check("Amend", this.amend);
    }

    function test_consent_to_amend() public {
        _check("ConsentToAmend", this.consentToAmend);
    }

    function test_withdraw() public {
        _check("Withdraw", this.withdraw);
    }

    function test_consent_to_withdraw() public {
        _check("ConsentToWithdraw", this.consentToWithdraw);
    }

    function test_fulfil() public {
        _check("Fulfil", this.fulfil);
    }

    function test_confirm() public {
        _check("Confirm", this.confirm);
    }

    function test_dispute() public {
        _check("Dispute", this.dispute);
    }

    function test_answer() public {
        _check("Answer", this.answer);
    }

    function test_rule() public {
        _check("Rule", this.rule);
    }

    function test_remedy() public {
        _check("Remedy", this.remedy);
    }

    // ── an action's struct hash, from its message ───────────────────────────────────────────────────────────────────

    function register(Example calldata example) external view returns (bytes32) {
        return
            this.registerOf(
                _address(example, "company"), _word(example, "profile"), _text(example, "uri"), _once(example)
            );
    }

    function appoint(Example calldata example) external view returns (bytes32) {
        return this.appointOf(
            _address(example, "company"),
            _word(example, "delegate"),
            uint8(_uint(example, "actions")),
            uint40(_uint(example, "until")),
            _once(example)
        );
    }

    function make(Example calldata example) external pure returns (bytes32) {
        return Typed.make(example.id);
    }

    function accept(Example calldata example) external pure returns (bytes32) {
        return Typed.accept(example.id);
    }

    function handOff(Example calldata example) external view returns (bytes32) {
        return this.handOffOf(
            _word(example, "actor"),
            example.id,
            uint16(_uint(example, "from")),
            uint16(_uint(example, "to")),
            uint8(_uint(example, "channel")),
            _once(example)
        );
    }

    function amend(Example calldata example) external pure returns (bytes32) {
        return Typed.amend(example.id, example.next, _bool(example, "consented"));
    }

    function consentToAmend(Example calldata example) external pure returns (bytes32) {
        return Typed.consentToAmend(example.id, example.next);
    }

    function withdraw(Example calldata example) external pure returns (bytes32) {
        return Typed.withdraw(example.id, _word(example, "reason"), _bool(example, "consented"));
    }

    function consentToWithdraw(Example calldata example) external pure returns (bytes32) {
        return Typed.consentToWithdraw(example.id, _word(example, "reason"));
    }

    function fulfil(Example calldata example) external pure returns (bytes32) {
        return Typed.fulfil(example.id, _word(example, "evidence"));
    }

    function confirm(Example calldata example) external pure returns (bytes32) {
        return Typed.confirm(example.id, _matter(example), uint8(_uint(example, "rating")));
    }

    function dispute(Example calldata example) external pure returns (bytes32) {
        return Typed.dispute(example.id, _matter(example), _word(example, "reason"));
    }

    function answer(Example calldata example) external view returns (bytes32) {
        return this.answerOf(example.id, _word(example, "response"), _once(example));
    }

    function rule(Example calldata example) external view returns (bytes32) {
        return this.ruleOf(example.id, _bool(example, "upheld"), _word(example, "ruling"), _once(example));
    }

    function remedy(Example calldata example) external pure returns (bytes32) {
        return Typed.remedy(example.id, uint8(_uint(example, "kind")), _word(example, "remedy"));
    }

    // ── what the library takes from calldata only ───────────────────────────────────────────────────────────────────

    function registerOf(address company, bytes32 profile, string calldata uri, Once calldata once)
        external
        pure
        returns (bytes32)
    {
        return Typed.register(company, profile, uri, once);
    }

    function appointOf(address company, bytes32 delegate, uint8 actions, uint40 until, Once calldata once)
        external
        pure
        returns (bytes32)
    {
        return Typed.appoint(company, delegate, actions, until, once);
    }

    function handOffOf(bytes32 actor, bytes32 id, uint16 from, uint16 to, uint8 channel, Once calldata once)
        external
        pure
        returns (bytes32)
    {
        return Typed.handOff(actor, id, from, to, channel, once);
    }

    function answerOf(bytes32 id, bytes32 response, Once calldata once) external pure returns (bytes32) {
        return Typed.answer(id, response, once);
    }

    function ruleOf(bytes32 id, bool upheld, bytes32 ruling, Once calldata once) external pure returns (bytes32) {
        return Typed.rule(id, upheld, ruling, once);
    }

    function domainSeparator() external view returns (bytes32) {
        return Typed.domainSeparator();
    }

    // ── reading the file ────────────────────────────────────────────────────────────────────────────────────────────

    function _check(string memory action, function(Example memory) external view returns (bytes32) hash) private {
        for (uint256 i = 0; i < PROMISES; ++i) {
            this.checkOne(action, i, hash);
        }
    }

    /// @dev The domain separator is the library's own: of this code at the file's address, on the file's chain.
    function checkOne(
        string calldata action,
        uint256 place,
        function(Example memory) external view returns (bytes32) hash
    ) external {
        string memory json = vm.readFile(FILE);
        string memory path = string.concat(_place(place), ".signed.", action);
        Example memory example = Example({
            json: json,
            message: string.concat(path, ".message"),
            id: vm.parseJsonBytes32(json, string.concat(_place(place), ".id")),
            next: vm.parseJsonBytes32(json, string.concat(_place((place + 1) % PROMISES), ".id"))
        });
        bytes32 structHash = hash(example);
        require(structHash == vm.parseJsonBytes32(json, string.concat(path, ".structHash")), path);

        address contract_ = vm.parseJsonAddress(json, ".contract");
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        vm.etch(contract_, address(this).code);
        bytes32 separator = VectorsTest(contract_).domainSeparator();
        require(separator == vm.parseJsonBytes32(json, ".domainSeparator"), "the domain separator differs");
        bytes32 digest = separator.toTypedDataHash(structHash);
        require(digest == vm.parseJsonBytes32(json, string.concat(path, ".digest")), path);
    }

    function _place(uint256 i) private pure returns (string memory) {
        return string.concat(".promises[", vm.toString(i), "]");
    }

    function _bool(Example calldata example, string memory field) private pure returns (bool) {
        return vm.parseJsonBool(example.json, string.concat(example.message, ".", field));
    }

    function _word(Example calldata example, string memory field) private pure returns (bytes32) {
        return vm.parseJsonBytes32(example.json, string.concat(example.message, ".", field));
    }

    function _uint(Example calldata example, string memory field) private pure returns (uint256) {
        return vm.parseJsonUint(example.json, string.concat(example.message, ".", field));
    }

    function _address(Example calldata example, string memory field) private pure returns (address) {
        return vm.parseJsonAddress(example.json, string.concat(example.message, ".", field));
    }

    function _text(Example calldata example, string memory field) private pure returns (string memory) {
        return vm.parseJsonString(example.json, string.concat(example.message, ".", field));
    }

    function _once(Example calldata example) private pure returns (Once memory) {
        return Once(_uint(example, "nonce"), _uint(example, "deadline"));
    }

    function _matter(Example calldata example) private pure returns (Matter) {
        bytes32 word = keccak256(bytes(_text(example, "matter")));
        if (word == keccak256("missed")) return Matter.Miss;
        return word == keccak256("fulfilment") ? Matter.Fulfilment : Matter.Remedy;
    }
}
