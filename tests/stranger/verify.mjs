// A stranger's verifier: it follows docs/protocol.md and docs/scoring.md alone, and uses nothing of our programs.
//
//   node verify.mjs FILE --ledger eip155:…:0x… --code 0x… --policy FILE.json --block-hash 0x…
//
// Exit codes: 0 verified; 1 something is not so, and what; 2 it could not be checked, or not be recomputed, and why.
// Comments quote protocol.md; its steps to verify a bundle are (1) to (7). The figures (7) are in figures.mjs.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { crc32, inflateRawSync } from "node:zlib";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { NotRecomputed, figures } from "./figures.mjs";

class Refused extends Error {}
class CannotCheck extends Error {}

function need(holds, otherwise) {
  if (!holds) throw new Refused(otherwise);
}

// ── bytes and words ──

const hex = (bytes) => `0x${Buffer.from(bytes).toString("hex")}`;
const keccak = (...parts) => Buffer.from(keccak_256(Buffer.concat(parts.map((part) => Buffer.from(part)))));
const same = (one, other) => Buffer.compare(one, other) === 0;
const big = (bytes) => (bytes.length ? BigInt(hex(bytes)) : 0n);
/** A number, or hexadecimal text, in 32 bytes. */
const word = (value) => Buffer.from(BigInt(value).toString(16).padStart(64, "0"), "hex");

/** "Bytes are hexadecimal with `0x`, written in small letters and, but in a statement, read in capitals too." */
function bytes(text, what, length) {
  need(typeof text === "string" && /^0x(?:[0-9a-fA-F]{2})*$/.test(text), `${what} is not hexadecimal`);
  const found = Buffer.from(text.slice(2), "hex");
  need(length === undefined || found.length === length, `${what} has ${found.length} bytes, not ${length}`);
  return found;
}

function checksummed(address) {
  const digits = hex(address).slice(2);
  const marks = hex(keccak(digits));
  return `0x${[...digits].map((digit, place) => (marks[2 + place] > "7" ? digit.toUpperCase() : digit)).join("")}`;
}

/** "Addresses are written by EIP-55, inside the ledger's name too": what is not hashed is read in any case. */
function address(text, what) {
  const found = bytes(text, what, 20);
  const isPlain = [text.toLowerCase(), `0x${text.slice(2).toUpperCase()}`].includes(text);
  need(isPlain || text === checksummed(found), `${what} has another checksum than by EIP-55`);
  return found;
}

// ── the file: gzip and JSON, strictly ──

const MOST_BYTES = 32 * 1024 * 1024;

/** "A bundle is a file, gzip (RFC 1952, of one member) of JSON"; a reader refuses "more than 32 MiB of JSON". */
function inflated(file) {
  need(file.length >= 18 && file.readUInt16BE(0) === 0x1f8b && file[2] === 8 && file[3] < 0x20, "it is not gzip");
  const flags = file[3];
  let at = 10;
  if (flags & 4) at += 2 + file.readUInt16LE(at);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = file.indexOf(0, at);
    need(end > 0, "its gzip header has no end");
    at = end + 1;
  }
  if (flags & 2) at += 2;
  let found;
  try {
    found = inflateRawSync(file.subarray(at), { info: true, maxOutputLength: MOST_BYTES });
  } catch (error) {
    throw new Refused(`it is cut off or damaged, or holds more than 32 MiB of JSON: ${error.message}`);
  }
  const content = found.buffer;
  at += found.engine.bytesWritten;
  need(file.length >= at + 8, "it is cut off");
  const isWhole = file.readUInt32LE(at) === crc32(content) && file.readUInt32LE(at + 4) === content.length;
  need(isWhole, "its check sum is another");
  need(file.length === at + 8, "something comes after its end");
  return content;
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/;
const TOKEN = new RegExp(
  `[ \\t\\n\\r]*(?:([{}[\\]:,])|(${STRING.source})|(${NUMBER.source})|(true|false|null))`,
  "y",
);
const LITERALS = { true: true, false: false, null: null };

/** JSON with each key once, and each number an integer from −(2⁵³ − 1) to 2⁵³ − 1, written as one. */
function parsed(content, what) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new Refused(`${what} is not UTF-8`);
  }
  TOKEN.lastIndex = 0;
  const next = () => {
    const found = TOKEN.exec(text);
    need(found, `${what} is not JSON of integers`);
    return found;
  };
  function value([, mark, string, number, literal], depth) {
    need(depth < 64, `${what} is nested too deeply`);
    if (string) {
      const found = JSON.parse(string);
      need(found.isWellFormed(), `${what} holds text that is no Unicode`);
      return found;
    }
    if (number) {
      need(Number.isSafeInteger(Number(number)) && number !== "-0", `${what} holds the number ${number}`);
      return Number(number);
    }
    if (literal) return LITERALS[literal];
    need(mark === "{" || mark === "[", `${what} is not JSON`);
    const found = mark === "{" ? Object.create(null) : [];
    const close = mark === "{" ? "}" : "]";
    let token = next();
    if (token[1] === close) return found;
    for (;;) {
      if (mark === "[") found.push(value(token, depth + 1));
      else {
        need(token[2], `${what} is not JSON`);
        const key = JSON.parse(token[2]);
        need(!(key in found), `${what} has the key ${key} twice`);
        need(next()[1] === ":", `${what} is not JSON`);
        found[key] = value(next(), depth + 1);
      }
      token = next();
      if (token[1] === close) return found;
      need(token[1] === ",", `${what} is not JSON`);
      token = next();
    }
  }
  const found = value(next(), 0);
  need(/^[ \t\n\r]*$/.test(text.slice(TOKEN.lastIndex)), `something comes after the end of ${what}`);
  return found;
}

/** RFC 8785, of what holds no fractions. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** "A key that this document doesn't name, and one that is missing" is refused. */
function keys(value, names, what) {
  need(typeof value === "object" && value !== null && !Array.isArray(value), `${what} is no object`);
  const found = Object.keys(value).sort().join(" ");
  need(found === names.split(" ").sort().join(" "), `${what} has the keys ${found.slice(0, 200)}`);
  return value;
}

function natural(value, what) {
  need(Number.isSafeInteger(value) && value >= 0, `${what} is no number from 0 to 2⁵³ − 1`);
  return value;
}

// ── RLP, tries, headers, receipts ──

/** Bytes become Buffers, lists arrays; each form has one encoding, and nothing may follow. */
function rlp(data, what) {
  function item(at, end) {
    need(at < end, `${what}: its RLP ends too early`);
    const first = data[at];
    if (first < 0x80) return [data.subarray(at, at + 1), at + 1];
    const isList = first >= 0xc0;
    let length = first - (isList ? 0xc0 : 0x80);
    let start = at + 1;
    if (length > 55) {
      const size = length - 55;
      start += size;
      need(size <= 4 && start <= end && data[at + 1] !== 0, `${what}: a bad length in its RLP`);
      length = data.readUIntBE(at + 1, size);
      need(length > 55, `${what}: a length in its RLP is not the shortest`);
    }
    const stop = start + length;
    need(stop <= end, `${what}: its RLP ends too early`);
    if (!isList) {
      need(length !== 1 || data[start] >= 0x80, `${what}: a byte in its RLP is not the shortest`);
      return [data.subarray(start, stop), stop];
    }
    const found = [];
    while (start < stop) {
      const [each, after] = item(start, stop);
      found.push(each);
      start = after;
    }
    return [found, stop];
  }
  const [found, end] = item(0, data.length);
  need(end === data.length, `${what}: something follows its RLP`);
  return found;
}

const nibblesOf = (content) => [...content.toString("hex")].map((digit) => parseInt(digit, 16));

/**
 * "A proof is a list of trie nodes in RLP, from the root down. A node of less than 32 bytes stands in its parent and
 * isn't listed. Each node is the one that its parent names by keccak256; no node is missing, and none is left over."
 */
function proven(root, key, nodes, what) {
  need(Array.isArray(nodes), `${what}: its nodes are no list`);
  const path = nibblesOf(key);
  const nothing = `${what}: the trie holds nothing there`;
  let [used, at, reference] = [0, 0, root];
  const value = (found) => {
    need(Buffer.isBuffer(found) && found.length > 0, nothing);
    need(used === nodes.length, `${what}: a node is left over`);
    return found;
  };
  for (;;) {
    let node = reference;
    if (Buffer.isBuffer(reference)) {
      need(reference.length === 32, nothing);
      need(used < nodes.length, `${what}: a node is missing`);
      const content = bytes(nodes[used], `${what}: a node`);
      need(same(keccak(content), reference), `${what}: node ${used} is not the one that its parent names`);
      used += 1;
      node = rlp(content, what);
    }
    need(Array.isArray(node) && [2, 17].includes(node.length), `${what}: a node is none`);
    if (node.length === 17) {
      if (at === path.length) return value(node[16]);
      reference = node[path[at]];
      at += 1;
      continue;
    }
    need(Buffer.isBuffer(node[0]) && node[0].length > 0, `${what}: a node has no path`);
    const nibbles = nibblesOf(node[0]);
    const [flag] = nibbles;
    need(flag < 4 && (flag % 2 || nibbles[1] === 0), `${what}: a node's path is none`);
    const part = nibbles.slice(flag % 2 ? 1 : 2);
    need(part.every((nibble, place) => nibble === path[at + place]), nothing);
    at += part.length;
    if (flag >= 2) {
      need(at === path.length, nothing);
      return value(node[1]);
    }
    reference = node[1];
  }
}

/** (1) "keccak256 of `header` is the hash." "Headers of 15, 16, 17, 20 or 21 fields […] are known". */
function headerIn(text, blockHash) {
  const content = bytes(text, "the header");
  need(same(keccak(content), blockHash), `the header's hash is ${hex(keccak(content))}`);
  const fields = rlp(content, "the header");
  need(Array.isArray(fields) && fields.every(Buffer.isBuffer), "the header is none");
  need([15, 16, 17, 20, 21].includes(fields.length), `a header of ${fields.length} fields is not known`);
  for (const place of [3, 5]) need(fields[place].length === 32, `field ${place} of the header is no hash`);
  for (const place of [8, 11]) {
    need(fields[place].length <= 6 && fields[place][0] !== 0, `field ${place} of the header is no number`);
  }
  const [number, time] = [8, 11].map((place) => Number(big(fields[place])));
  return { stateRoot: fields[3], receiptsRoot: fields[5], number, time };
}

/** "`account`, the proof of the contract's account […]; `storage`, the proof […] from the account's storage root". */
function slotIn(state, header, { contract, code }, place, what) {
  const account = rlp(proven(header.stateRoot, keccak(contract), state.account, "the account"), "the account");
  need(Array.isArray(account) && account.length === 4 && account[2].length === 32, "the account is none");
  need(same(account[3], code), `the account's code has the hash ${hex(account[3])}`);
  const value = rlp(proven(account[2], keccak(keccak(...place)), state.storage, what), what);
  need(Buffer.isBuffer(value) && value.length > 0 && value.length <= 32 && value[0] !== 0, `${what} holds no number`);
  return word(hex(value));
}

const ANCHORED = keccak("Anchored(address,address,bytes32,bytes32,bytes32)");

/** (2) The log that the anchor is, out of the receipt that the header's root proves. */
function anchoredIn(anchor, header, contract, company) {
  const transaction = natural(anchor.transaction, "the anchor's transaction");
  const place = natural(anchor.log, "the anchor's log");
  const digits = word(transaction).subarray(transaction ? word(transaction).findIndex((byte) => byte) : 32);
  const isItself = digits.length === 1 && digits[0] < 0x80;
  const key = isItself ? digits : Buffer.concat([Buffer.of(0x80 + digits.length), digits]);
  let content = proven(header.receiptsRoot, key, anchor.nodes, "the receipt");
  if (content[0] < 0x80) {
    need(content[0] >= 1 && content[0] <= 4, `a receipt of transaction type ${content[0]} is not known`);
    content = content.subarray(1);
  }
  const receipt = rlp(content, "the receipt");
  need(Array.isArray(receipt) && receipt.length === 4 && Array.isArray(receipt[3]), "the receipt is none");
  need(hex(receipt[0]) === "0x01", "the receipt's status is not 1");
  const log = receipt[3][place];
  need(Array.isArray(log) && log.length === 3 && Array.isArray(log[1]), `the receipt has no log ${place}`);
  const [emitter, topics, data] = log;
  need(same(emitter, contract), "the log was not emitted by the ledger");
  need(topics.length === 3 && same(topics[0], ANCHORED) && data.length === 96, "the log is not Anchored");
  need(same(topics[1], word(hex(company))), "the log is about another company");
  const [head, policy, statement] = [0, 32, 64].map((at) => data.subarray(at, at + 32));
  return { sender: topics[2].subarray(12), head, policy, statement };
}

// ── promises and the log ──

const FIELDS =
  "address company,bytes32 customer,bytes32 terms,uint40 dueAt,uint32 disputeWindow,address arbiter,bytes8 service," +
  "uint8 experience,uint8 stage,uint8 stakes,uint16 cohort,uint64 nonce";
const TYPEHASH = keccak(`Promise(${FIELDS})`);
const TYPES = Object.fromEntries(FIELDS.split(",").map((field) => field.split(" ").reverse()));

/** "keccak256(typehash ‖ word₁ ‖ … ‖ word₁₂)"; "`bytes8` with zeros on its right". */
function promiseId(promise) {
  const words = Object.entries(TYPES).map(([name, type]) =>
    type === "bytes8" ? Buffer.from(promise[name].slice(2).padEnd(64, "0"), "hex") : word(promise[name]),
  );
  return keccak(TYPEHASH, ...words);
}

/** The words `schedule` and `labels`, "each from its lowest bit on". */
function unpacked(schedule, labels) {
  const [s, l] = [big(schedule), big(labels)];
  const bits = (value, from, count) => (value >> from) & ((1n << count) - 1n);
  const text = (value, length) => `0x${value.toString(16).padStart(2 * length, "0")}`;
  need(l >> 144n === 0n, "a promise's labels have bits above");
  return {
    arbiter: text(bits(s, 0n, 160n), 20),
    service: text(bits(l, 64n, 64n), 8),
    dueAt: Number(bits(s, 160n, 40n)),
    disputeWindow: Number(bits(s, 200n, 32n)),
    cohort: Number(bits(s, 232n, 16n)),
    stakes: Number(bits(s, 248n, 8n)),
    nonce: bits(l, 0n, 64n),
    experience: Number(bits(l, 128n, 8n)),
    stage: Number(bits(l, 136n, 8n)),
  };
}

/** "The log", without the heads; `!` marks what is indexed. */
const EVENTS = new Map(
  [
    "Registered(address! company, bytes32 actor, bytes32 profile, string uri)",
    "Appointed(address! company, bytes32! delegate, bytes32 actor, uint8 actions, uint40 until)",
    "Made(bytes32! id, address! company, bytes32! customer, bytes32 actor, bytes32 terms, " +
      "uint256 schedule, uint256 labels)",
    "Accepted(bytes32! id, address! company, bytes32 actor)",
    "HandedOff(bytes32! id, address! company, bytes32 actor, uint16 from, uint16 to, uint8 channel)",
    "Amended(bytes32! id, address! company, bytes32! successor, bytes32 actor, bool consented)",
    "Withdrawn(bytes32! id, address! company, bytes32 actor, bytes32 reason, bool consented)",
    "Fulfilled(bytes32! id, address! company, bytes32 actor, bytes32 evidence)",
    "Confirmed(bytes32! id, address! company, bytes32 actor, bool byArbiter, uint8 matter, uint8 rating)",
    "Disputed(bytes32! id, address! company, bytes32 actor, uint8 matter, bytes32 reason)",
    "Answered(bytes32! id, address! company, bytes32 actor, bytes32 response)",
    "Ruled(bytes32! id, address! company, bytes32 actor, bool upheld, bytes32 ruling)",
    "Remedied(bytes32! id, address! company, bytes32 actor, uint8 kind, bytes32 remedy)",
  ].map((declaration) => {
    const [, name, inside] = /^(\w+)\((.*)\)$/.exec(declaration);
    const fields = inside.split(", ").map((field) => field.split(" "));
    const types = fields.map(([type]) => type.replace("!", ""));
    const topic = hex(keccak(`${name}(${types.join(",")},bytes32)`));
    const [indexed, plain] = [true, false].map((is) => fields.filter(([type]) => type.endsWith("!") === is));
    return [topic, { name, indexed, plain }];
  }),
);
const BITS = { bool: 1n, uint8: 8n, uint16: 16n, uint40: 40n, address: 160n };

function valueOf(type, content, what) {
  const plain = type.replace("!", "");
  if (!(plain in BITS)) return plain === "uint256" ? content : hex(content);
  need(big(content) >> BITS[plain] === 0n, `${what} doesn't fit its type`);
  if (plain === "address") return hex(content.subarray(12));
  return plain === "bool" ? big(content) === 1n : Number(big(content));
}

/** An event as figures.mjs takes it, what a link binds, and the head that it carries. */
function decoded([time, ofTopics, ofData], at) {
  natural(time, `${at}: its time`);
  const [topics, data] = [bytes(ofTopics, `${at}: its topics`), bytes(ofData, `${at}: its data`)];
  const part = (content, place) => content.subarray(32 * place, 32 * place + 32);
  const shape = EVENTS.get(hex(part(topics, 0)));
  need(shape, `${at} is none of those that extend a chain`);
  const { name, indexed, plain } = shape;
  need(topics.length === 32 * (indexed.length + 1), `${at} (${name}) has other topics`);
  const event = { name, time };
  for (const [place, [type, field]] of indexed.entries()) event[field] = valueOf(type, part(topics, place + 1), at);
  if (name === "Registered") {
    // "there it is the fourth, before the string, and the string is linked by its keccak256"
    const size = data.length >= 160 ? Number(big(part(data, 4))) : -1;
    const [text, rest] = [data.subarray(160, 160 + size), data.subarray(160 + size)];
    const isPadded = data.length === 160 + 32 * Math.ceil(size / 32) && rest.every((byte) => byte === 0);
    const fits = size >= 0 && big(part(data, 2)) === 128n && isPadded;
    need(fits, `${at} (Registered) has another string than its data says`);
    return { event, linked: Buffer.concat([topics, data.subarray(0, 64), keccak(text)]), head: part(data, 3) };
  }
  need(data.length === 32 * (plain.length + 1), `${at} (${name}) has other data`);
  for (const [place, [type, field]] of plain.entries()) event[field] = valueOf(type, part(data, place), at);
  need(!(event.matter > 2), `${at} is of matter ${event.matter}`);
  return { event, linked: Buffer.concat([topics, data.subarray(0, -32)]), head: part(data, plain.length) };
}

/** (5) "The events replay, as above, from `first` to the statement's head." */
function replayed(events, { chain, contract }, company) {
  need(Array.isArray(events) && events.length > 0, "there are no events");
  const made = new Set();
  let head = keccak(word(chain), word(hex(contract)), word(hex(company)));
  let last = 0;
  const found = events.map((each, place) => {
    const at = `event ${place + 1}`;
    need(Array.isArray(each) && each.length === 3, `${at} is no time, topics and data`);
    const { event, linked, head: own } = decoded(each, at);
    need(event.company === hex(company), `${at} is about another company`);
    head = keccak(head, word(event.time), linked);
    need(same(head, own), `${at} does not continue those before it`);
    // "That a history begins with `Registered`, that times never fall […]. A reader may refuse what breaks it."
    need(place > 0 || event.name === "Registered", "the first event is not Registered");
    need(event.time >= last, `${at} is earlier than the one before`);
    last = event.time;
    if (event.name === "Made") {
      event.promise = { ...event, ...unpacked(event.schedule, event.labels) };
      need(hex(promiseId(event.promise)) === event.id, `${at}: the promise's fields do not hash to its id`);
      need(!made.has(event.id), `${at}: the promise was made before`);
      made.add(event.id);
    } else need(event.id === undefined || made.has(event.id), `${at} is about a promise that was not made`);
    return event;
  });
  return { head, last, events: found };
}

// ── the two kinds of bundle ──

/** "A ledger whose name isn't, letter by letter, that of the ledger that the reader means" is refused. */
function needLedger(name, { ledger }) {
  need(name === ledger, `it is about the ledger ${String(name).slice(0, 80)}`);
}

function differences(mine, theirs, path) {
  if (canonical(mine) === canonical(theirs)) return [];
  const namesOf = (value) => (typeof value === "object" && value !== null ? Object.keys(value) : null);
  const [one, other] = [mine, theirs].map(namesOf);
  if (!one || !other || one.sort().join() !== other.sort().join()) {
    const shown = (value) => canonical(value).slice(0, 100);
    return [`${path} is ${shown(theirs)}, and by the events ${shown(mine)}`];
  }
  return one.flatMap((key) => differences(mine[key], theirs[key], `${path}.${key}`));
}

function verifyScore(bundle, given, say) {
  const basis = "state" in bundle ? "state" : "anchor";
  keys(bundle, `bundle version ledger company events policy statement ${basis}`, "the bundle");
  const { statement, policy, anchor, state } = bundle;
  keys(statement, "version ledger company head policy as_of figures", "the statement");
  need(statement.version === 1, "the statement's version is not 1");
  needLedger(bundle.ledger, given);
  const company = address(bundle.company, "the company");
  const [head, policyHash] = ["head", "policy"].map((name) => bytes(statement[name], `the statement's ${name}`, 32));
  // "a reader refuses a statement that is written otherwise, since its letters are hashed"
  const isWritten = statement.head === hex(head) && statement.policy === hex(policyHash);
  const isTheirs = statement.company === checksummed(company);
  need(isWritten && isTheirs, "the statement is about another company, or written otherwise");
  need(statement.ledger === bundle.ledger, "the statement is about another ledger");
  const digest = keccak(canonical(statement));

  keys(bundle[basis], anchor ? "header transaction log nodes" : "header account storage", basis);
  const header = headerIn(bundle[basis].header, given.blockHash);
  if (anchor) {
    const log = anchoredIn(anchor, header, given.contract, company);
    need(same(digest, log.statement), "the anchor is of another statement");
    need(same(head, log.head) && same(policyHash, log.policy), "the anchor is of another head or policy");
    say(`anchored by ${checksummed(log.sender)}; nothing proves the ledger's code but its address`);
  } else {
    const slot = slotIn(state, header, given, [word(hex(company)), word(2)], "the head's slot");
    need(same(slot, head), `the contract held the head ${hex(slot)}`);
    say("the ledger's code and the company's head are proven by the state");
  }
  need(same(keccak(canonical(policy)), policyHash), "the policy has another hash than the statement says");
  if (!given.policy) throw new CannotCheck("a score bundle needs --policy");
  need(same(keccak(canonical(given.policy)), policyHash), "the policy is not the accepted one");
  const log = replayed(bundle.events, given, company);
  need(same(log.head, head), `the events lead to ${hex(log.head)}, and not to the statement's head`);
  need(log.last <= header.time, "an event is after the block");
  const asOf = natural(statement.as_of, "as_of");
  const due = anchor ? Math.max(log.last, header.time - (header.time % 3600)) : header.time;
  need(asOf === due, `as_of is ${asOf}, and has to be ${due}`);
  say(`${log.events.length} events lead to the head ${hex(head)}, judged as of ${new Date(1000 * asOf).toISOString()}`);

  const mine = figures(log.events, { self: hex(keccak(company)), policy, policyHash: hex(policyHash), asOf });
  const wrong = differences(mine, statement.figures, "figures");
  need(!wrong.length, `the figures differ:\n  ${wrong.slice(0, 10).join("\n  ")}`);
  say(`floor ${mine.floor ?? "none"}, ${mine.grade}; fairness: ${mine.fairness.state}; recomputed to the last bit`);
}

const STATUSES = "None Open Superseded Withdrawn Fulfilled Remedied Disputed Upheld Dismissed Confirmed".split(" ");
const FLAGS = ["countersigned", "the dispute answered", "a remedy given", "disputed", "confirmed by the arbiter"];

function verifyReceipt(bundle, given, say) {
  keys(bundle, "bundle version receipt state", "the bundle");
  need(typeof bundle.receipt === "string", "the receipt is no text");
  const receipt = parsed(Buffer.from(bundle.receipt), "the receipt");
  keys(receipt, "version ledger id promise salt terms", "the receipt");
  need(receipt.version === 1, "the receipt's version is not 1");
  needLedger(receipt.ledger, given);
  const promise = keys(receipt.promise, Object.keys(TYPES).join(" "), "the promise");
  for (const [name, type] of Object.entries(TYPES)) {
    if (type === "address") address(promise[name], name);
    else if (type.startsWith("bytes")) bytes(promise[name], name, Number(type.slice(5)));
    else {
      // "numbers as decimal text"; "a number is written without zeros before it"
      const isNumber = typeof promise[name] === "string" && /^(?:0|[1-9][0-9]{0,19})$/.test(promise[name]);
      need(isNumber && BigInt(promise[name]) >> BigInt(type.slice(4)) === 0n, `${name} is no ${type}`);
    }
  }
  const id = promiseId(promise);
  need(same(bytes(receipt.id, "the id", 32), id), "the promise's fields do not hash to the id");
  bytes(receipt.salt, "the salt", 32);
  const isTheirs = typeof receipt.terms === "string" && same(keccak(receipt.terms), bytes(promise.terms, "terms"));
  need(isTheirs, "the terms are not those that the promise names");

  keys(bundle.state, "header account storage", "the state");
  const header = headerIn(bundle.state.header, given.blockHash);
  const slot = big(slotIn(bundle.state, header, given, [id, word(3)], "the promise's slot"));
  // "`State`, from the lowest bit on"
  const bits = (from, count) => Number((slot >> from) & ((1n << count) - 1n));
  const [fulfilledAt, lastAt, status, flags] = [bits(160n, 40n), bits(200n, 40n), bits(240n, 8n), bits(248n, 8n)];
  need((slot & ((1n << 160n) - 1n)) === BigInt(promise.company), "the slot is of another company's promise");
  need(status < STATUSES.length, `the slot has the status ${status}`);
  const shown = FLAGS.filter((_, place) => (flags >> place) & 1);
  const time = (seconds) => (seconds ? new Date(1000 * seconds).toISOString() : "never");
  say(`promise ${hex(id)}: ${STATUSES[status]} since ${time(lastAt)}, fulfilled ${time(fulfilledAt)}`);
  say(`flags: ${shown.join(", ") || "none"}`);
}

// ── the command ──

function main() {
  let given;
  let file;
  try {
    const names = ["ledger", "code", "policy", "block-hash"];
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const { ledger, code, policy, "block-hash": blockHash } = values;
    const isSaid = positionals.length === 1 && ledger && code && blockHash;
    if (!isSaid) throw new Error("FILE, --ledger, --code and --block-hash are needed");
    const [, chain, contract] = /^eip155:([1-9][0-9]{0,14}):(0x[0-9a-fA-F]{40})$/.exec(ledger) ?? [];
    if (!contract) throw new Error(`${ledger} is no CAIP-10 name of a contract`);
    given = {
      ...{ ledger, chain: BigInt(chain), contract: address(contract, "--ledger") },
      ...{ code: bytes(code, "--code", 32), blockHash: bytes(blockHash, "--block-hash", 32) },
      policy: policy && parsed(readFileSync(policy), "--policy"),
    };
    file = readFileSync(positionals[0]);
  } catch (error) {
    throw new CannotCheck(error.message);
  }
  const content = inflated(file);
  const bundle = parsed(content, "the bundle");
  need(bundle?.version === 1, "the bundle's version is not 1");
  const say = (line) => console.log(line);
  say(`bundle ${hex(keccak(content))}, a ${bundle.bundle}`);
  if (bundle.bundle === "score") verifyScore(bundle, given, say);
  else if (bundle.bundle === "receipt") verifyReceipt(bundle, given, say);
  else throw new Refused(`a bundle of ${String(bundle.bundle).slice(0, 20)} is not known`);
  say("verified");
}

try {
  main();
} catch (error) {
  if (error instanceof Refused) console.log(`refused: ${error.message}`);
  else if (error instanceof NotRecomputed) console.log(`not recomputed: all else holds; ${error.message}`);
  else console.log(`could not check: ${error instanceof CannotCheck ? error.message : error.stack}`);
  process.exitCode = error instanceof Refused ? 1 : 2;
}
