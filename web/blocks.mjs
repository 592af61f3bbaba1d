// That a log, or a contract's storage, is in a block: from the block's hash over its header and its tries.
//
// Every field is read strictly, and what is not known is refused by name: header fields of a fork to come, types of
// transactions to come.
import { digest, keccak, show } from "./bytes.mjs";
import { InvalidProof } from "./refusals.mjs";
import { decode, encodeInteger } from "./rlp.mjs";
import { valueIn } from "./trie.mjs";

/** By how many fields a header has, the fork from which on it has them. */
export const FORKS = { 15: "Frontier", 16: "London", 17: "Shanghai", 20: "Cancun", 21: "Prague" };

/** The type of a transaction to come is not known: these are legacy, EIP-2930, EIP-1559, EIP-4844 and EIP-7702. */
const LAST_TYPE = 4;
const BLOOM = 256;

/** The last day of the year 9999. Whoever makes a header up may write any time, and a score as of ages to come takes as long. */
const FAR_FUTURE = Date.UTC(9999, 11, 31) / 1000;

/** In the order of the header, with the most bytes of a quantity, or the exact bytes of anything else. */
const FIELDS = Object.entries({
  ...{ parentHash: 32, sha3Uncles: 32, miner: 20, stateRoot: 32, transactionsRoot: 32, receiptsRoot: 32 },
  ...{ logsBloom: BLOOM, difficulty: 32, number: 8, gasLimit: 8, gasUsed: 8, timestamp: 8, extraData: 32 },
  ...{ mixHash: 32, nonce: 8, baseFeePerGas: 32, withdrawalsRoot: 32, blobGasUsed: 8, excessBlobGas: 8 },
  ...{ parentBeaconBlockRoot: 32, requestsHash: 32 },
});
const QUANTITIES = new Set(
  "difficulty number gasLimit gasUsed timestamp baseFeePerGas blobGasUsed excessBlobGas".split(" "),
);

/** Reads a header from its RLP: its number, hash, time, and the roots of its receipts and of the state after it. */
export function readHeader(content) {
  const fields = decode(content);
  if (!Array.isArray(fields) || !Object.hasOwn(FORKS, fields.length)) {
    const count = Array.isArray(fields) ? fields.length : "no";
    throw new InvalidProof(`the header has ${count} fields: of a fork that is not known, or none`);
  }
  const named = {};
  fields.forEach((value, place) => {
    const [name, size] = FIELDS[place];
    named[name] = field(name, size, value);
  });
  return {
    number: integer("number", named.number, Number.MAX_SAFE_INTEGER),
    hash: digest(content),
    time: integer("timestamp", named.timestamp, FAR_FUTURE),
    receipts: named.receiptsRoot,
    state: named.stateRoot,
  };
}

function field(name, size, value) {
  if (Array.isArray(value)) throw new InvalidProof(`the header's ${name} is a list`);
  if (QUANTITIES.has(name)) {
    if (value[0] === 0 || value.length > size) throw new InvalidProof(`the header's ${name} is ${show(value)}`);
  } else if (name === "extraData" ? value.length > size : value.length !== size) {
    throw new InvalidProof(`the header's ${name} has ${value.length} bytes`);
  }
  return value;
}

function integer(name, value, most) {
  const found = value.reduce((sum, byte) => 256 * sum + byte, 0);
  if (found > most) throw new InvalidProof(`the header's ${name} is ${show(value)}`);
  return found;
}

/** The log that stands at a place in a transaction of a block. Throws InvalidProof. */
export function logIn(header, transaction, index, nodes) {
  const logs = logsOf(valueIn(header.receipts, encodeInteger(transaction), nodes));
  if (index >= logs.length) {
    throw new InvalidProof(`the transaction has ${logs.length} logs, and none at the place ${index}`);
  }
  return logs[index];
}

/**
 * The hash of a contract's code, and what a slot of its storage holds, after a block (Yellow Paper, 4.1). Throws
 * InvalidProof, also where the slot holds nothing.
 */
export function storedIn(header, contract, slot, account, storage) {
  const fields = decode(valueIn(header.state, keccak(contract), account));
  if (!Array.isArray(fields) || fields.length !== 4) throw new InvalidProof("the account does not have four fields");
  const [, , root, code] = fields;
  if (![root, code].every((hash) => !Array.isArray(hash) && hash.length === 32)) {
    throw new InvalidProof("the account's storage or code is no hash");
  }
  const value = decode(valueIn(root, keccak(slot), storage));
  if (Array.isArray(value) || value[0] === 0 || !value.length || value.length > 32) {
    throw new InvalidProof("what the slot holds is no number");
  }
  return { code: show(code), value: BigInt(show(value)) };
}

/** The logs of a transaction that succeeded, by its receipt's bytes. Throws InvalidProof. */
export function logsOf(receipt) {
  let content = receipt;
  if (receipt[0] < 0x80) {
    if (receipt[0] === 0 || receipt[0] > LAST_TYPE) {
      throw new InvalidProof(`the receipt is of a transaction of type ${receipt[0]}, which is not known`);
    }
    content = receipt.subarray(1);
  }
  const fields = decode(content);
  if (!Array.isArray(fields) || fields.length !== 4) throw new InvalidProof("the receipt does not have four fields");
  const [status, gas, bloom, logs] = fields;
  if (Array.isArray(status) || status.length !== 1 || status[0] !== 1) {
    const failed = !Array.isArray(status) && !status.length;
    throw new InvalidProof(
      failed ? "the transaction failed" : "the receipt's status is neither success nor failure",
    );
  }
  if (Array.isArray(gas) || gas[0] === 0 || !gas.length || gas.length > 8) {
    throw new InvalidProof("the receipt's gas is no number");
  }
  if (Array.isArray(bloom) || bloom.length !== BLOOM || !Array.isArray(logs)) {
    throw new InvalidProof("the receipt has no bloom filter, or no logs");
  }
  return logs.map(logOf);
}

function logOf(log) {
  if (!Array.isArray(log) || log.length !== 3) throw new InvalidProof("a log of the receipt does not have three fields");
  const [address, topics, data] = log;
  if (Array.isArray(address) || address.length !== 20 || !Array.isArray(topics) || Array.isArray(data)) {
    throw new InvalidProof("a log of the receipt has no address, topics and data");
  }
  if (topics.length > 4 || topics.some((topic) => Array.isArray(topic) || topic.length !== 32)) {
    throw new InvalidProof("a log of the receipt has a topic that is none");
  }
  return { address: show(address), topics: topics.map(show), data: show(data) };
}
