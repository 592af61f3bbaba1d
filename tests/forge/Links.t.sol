// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TrustLedger} from "../../contracts/TrustLedger.sol";
import {ITrustLedger} from "../../contracts/interfaces/ITrustLedger.sol";
import {Vm} from "./Vm.sol";

/// @notice The ledger, with its way to record open to a test.
contract OpenLedger is TrustLedger {
    function record(address company, uint256 topics, bytes memory words) external {
        _record(company, topics, words);
    }

    function recordRegistered(address company, bytes32 actor, bytes32 profile, string calldata uri) external {
        _recordRegistered(company, actor, profile, uri);
    }
}

/// @notice The contract's own links and logs meet the shared example of a company's history.
contract LinksTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    string private constant FILE = "tests/vectors/protocol.json";

    function test_the_shared_history_is_recorded_link_by_link() public {
        string memory json = vm.readFile(FILE);
        OpenLedger ledger = OpenLedger(vm.parseJsonAddress(json, ".contract"));
        address company = vm.parseJsonAddress(json, ".history.company");
        vm.etch(address(ledger), address(new OpenLedger()).code);
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
        uint256 count = 0;
        while (vm.keyExistsJson(json, _place(count))) {
            this.recordOne(ledger, company, count++);
        }
        require(count > 15, "a history without some kind of event");
    }

    function recordOne(OpenLedger ledger, address company, uint256 place) external {
        string memory json = vm.readFile(FILE);
        string memory path = _place(place);
        bytes32[] memory topics = vm.parseJsonBytes32Array(json, string.concat(path, ".topics"));
        bytes memory data = vm.parseJsonBytes(json, string.concat(path, ".data"));
        vm.warp(vm.parseJsonUint(json, string.concat(path, ".time")));

        vm.recordLogs();
        if (topics[0] == ITrustLedger.Registered.selector) {
            (bytes32 actor, bytes32 profile, string memory uri,) = abi.decode(data, (bytes32, bytes32, string, bytes32));
            ledger.recordRegistered(company, actor, profile, uri);
        } else {
            // The link's words: room for the head, the time, topics, data whose last word is the head.
            ledger.record(
                company,
                topics.length,
                abi.encodePacked(bytes32(0), block.timestamp, topics, _withoutHead(data), bytes32(0))
            );
        }
        Vm.Log memory log = vm.getRecordedLogs()[0];
        require(keccak256(abi.encodePacked(log.topics)) == keccak256(abi.encodePacked(topics)), path);
        require(keccak256(log.data) == keccak256(data), path);
        require(ledger.headOf(company) == vm.parseJsonBytes32(json, string.concat(path, ".head")), path);
    }

    function _place(uint256 i) private pure returns (string memory) {
        return string.concat(".history.logs[", vm.toString(i), "]");
    }

    function _withoutHead(bytes memory data) private pure returns (bytes memory words) {
        words = new bytes(data.length - 32);
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = data[i];
        }
    }
}
