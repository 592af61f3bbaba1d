// The ledger's protocol in JavaScript: ids, signed types and the hash chain, for pages and for whoever checks a history.
//
// Bytes are hexadecimal text with 0x. Integers are numbers, bigints or decimal text: a promise's nonce needs 64 bits. A
// promise is an object of its twelve fields, named as in the contract.
import { concatBytes, digest, keccak, read, show, utf8ToBytes } from "./bytes.mjs";

const PROMISE = fieldsOf(
  "address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter," +
    "bytes8 service,uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce",
);
const DOMAIN = fieldsOf("string name,string version,uint256 chainId,address verifyingContract");

/** Name and Solidity type of each field of each type that is signed. A matter is "missed", "fulfilment" or "remedy". */
export const ACTIONS = {
  Register: fieldsOf("address company,bytes32 profile,string uri,uint256 nonce,uint256 deadline"),
  Appoint: fieldsOf("address company,bytes32 delegate,uint8 actions,uint40 until,uint256 nonce,uint256 deadline"),
  Make: fieldsOf("Promise promise"),
  Accept: fieldsOf("Promise promise"),
  HandOff: fieldsOf(
    "bytes32 actor,Promise promise,uint16 from,uint16 to,uint8 channel,uint256 nonce,uint256 deadline",
  ),
  Amend: fieldsOf("Promise from,Promise to,bool consented"),
  ConsentToAmend: fieldsOf("Promise from,Promise to"),
  Withdraw: fieldsOf("Promise promise,bytes32 reason,bool consented"),
  ConsentToWithdraw: fieldsOf("Promise promise,bytes32 reason"),
  Fulfil: fieldsOf("Promise promise,bytes32 evidence"),
  Confirm: fieldsOf("Promise promise,string matter,uint8 rating"),
  Dispute: fieldsOf("Promise promise,string matter,bytes32 reason"),
  Answer: fieldsOf("Promise promise,bytes32 response,uint256 nonce,uint256 deadline"),
  Rule: fieldsOf("Promise promise,bool upheld,bytes32 ruling,uint256 nonce,uint256 deadline"),
  Remedy: fieldsOf("Promise promise,uint8 kind,bytes32 remedy"),
};

const MATTERS = ["missed", "fulfilment", "remedy"];
const REGISTERED = digest("Registered(address,bytes32,bytes32,string,bytes32)");

// ── promises ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The id of a promise: the EIP-712 struct hash of its twelve fields. */
export function promiseId(promise) {
  return show(hashStruct(`Promise${signature(PROMISE)}`, PROMISE, promise));
}

/** The small fields as the contract takes and logs them, each a word of 32 bytes. */
export function pack(promise) {
  promiseId(promise); // throws where a field does not fit
  const schedule =
    (BigInt(promise.stakes) << 248n) |
    (BigInt(promise.cohort) << 232n) |
    (BigInt(promise.disputeWindow) << 200n) |
    (BigInt(promise.dueAt) << 160n) |
    BigInt(promise.arbiter);
  const labels =
    (BigInt(promise.stage) << 136n) |
    (BigInt(promise.experience) << 128n) |
    (BigInt(promise.service) << 64n) |
    BigInt(promise.nonce);
  return { schedule: show(word(schedule)), labels: show(word(labels)) };
}

/** How a promise names its customer: keccak256(salt ‖ keccak256(signer)), where an account's signer is its 20 bytes. */
export function customerOf(salt, signer) {
  return show(keccak(concatBytes(sized(salt, 32), keccak(read(signer)))));
}

// ── what is signed ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The EIP-712 domain separator of a contract on a chain. */
export function domainSeparator(chainId, contract) {
  const domain = { name: "Troth", version: "1", chainId, verifyingContract: contract };
  return show(hashStruct(`EIP712Domain${signature(DOMAIN)}`, DOMAIN, domain));
}

/** The EIP-712 struct hash of a message of an action. */
export function structHash(action, message) {
  const fields = ACTIONS[action];
  const nested = fields.some(({ type }) => type === "Promise") ? `Promise${signature(PROMISE)}` : "";
  return show(hashStruct(`${action}${signature(fields)}${nested}`, fields, message));
}

/** What a key signs for an action, and what a passkey takes as its challenge. */
export function digestToSign(chainId, contract, action, message) {
  const separator = read(domainSeparator(chainId, contract));
  return show(keccak(concatBytes(read("0x1901"), separator, read(structHash(action, message)))));
}

// ── the hash chain ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The head that a company's first event extends: it binds the chain, the contract and the company. */
export function genesis(chainId, contract, company) {
  return show(keccak(concatBytes(word(chainId), address(contract), address(company))));
}

/**
 * The head after an event, given the head before it and the log as a node has it: its topics, its data, and the time of
 * its block. `claimed` is the head that the log itself says; where it differs, a log is missing, doubled or changed.
 */
export function link(head, { topics, data, time }) {
  const digits = data.slice(2).toLowerCase();
  let [words, claimed] = [digits.slice(0, -64), digits.slice(-64)];
  if (topics[0] === REGISTERED) {
    // actor, profile, where the string begins, the head; the string's length and its bytes.
    const length = Number(`0x${digits.slice(256, 320)}`);
    const uri = read(`0x${digits.slice(320, 320 + 2 * length)}`);
    words = digits.slice(0, 128) + digest(uri).slice(2);
    claimed = digits.slice(192, 256);
  }
  const bound = [head, ...topics].map((each) => each.slice(2));
  if (bound.some((each) => each.length !== 64)) throw new RangeError("a head or a topic is not 32 bytes");
  bound.splice(1, 0, wordDigits(time));
  return { head: digest(read(`0x${bound.join("")}${words}`)), claimed: `0x${claimed}` };
}

// ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function fieldsOf(declaration) {
  return declaration.split(",").map((pair) => {
    const [type, name] = pair.split(" ");
    return { name, type };
  });
}

function signature(fields) {
  return `(${fields.map(({ name, type }) => `${type} ${name}`).join(",")})`;
}

const typeHashes = new Map();

function hashStruct(type, fields, values) {
  const known = new Set(fields.map(({ name }) => name));
  const unknown = Object.keys(values).find((name) => !known.has(name));
  if (unknown !== undefined) throw new TypeError(`${type} has no field ${unknown}`);
  if (!typeHashes.has(type)) typeHashes.set(type, keccak(utf8ToBytes(type)));
  return keccak(concatBytes(typeHashes.get(type), ...fields.map((field) => encode(field, values))));
}

function encode({ name, type }, values) {
  const value = values[name];
  if (type === "Promise") return read(promiseId(value));
  if (type === "address") return address(value);
  if (type === "bytes32") return sized(value, 32);
  if (type === "bytes8") return concatBytes(sized(value, 8), new Uint8Array(24));
  if (type === "string") {
    if (typeof value !== "string") throw new TypeError(`${name} is not text: ${value}`);
    if (name === "matter" && !MATTERS.includes(value)) throw new TypeError(`${value} is not a matter`);
    return keccak(utf8ToBytes(value));
  }
  if (type === "bool") {
    if (typeof value !== "boolean") throw new TypeError(`${name} is neither true nor false: ${value}`);
    return word(Number(value));
  }
  return word(value, Number(type.slice("uint".length)));
}

function word(value, bits) {
  return read(`0x${wordDigits(value, bits)}`);
}

function wordDigits(value, bits = 256) {
  const isText = typeof value === "string" && /^[0-9]+$/.test(value);
  if (!isText && typeof value !== "bigint" && !Number.isSafeInteger(value)) {
    throw new TypeError(`${value} is not an exact integer`);
  }
  const integer = BigInt(value);
  if (integer < 0n || integer >> BigInt(bits) !== 0n) throw new RangeError(`${value} does not fit ${bits} bits`);
  return integer.toString(16).padStart(64, "0");
}

function address(text) {
  return concatBytes(new Uint8Array(12), sized(text, 20));
}

function sized(text, length) {
  const bytes = read(text);
  if (bytes.length !== length) throw new RangeError(`${text} is not ${length} bytes`);
  return bytes;
}
