// What proofs are made of is read strictly: RLP, JSON, tries, headers and receipts; whatever else is refused by name.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { FORKS, logsOf, readHeader, storedIn } from "../../web/blocks.mjs";
import { MOST_BYTES, readBundle } from "../../web/bundles.mjs";
import { checksummed, concatBytes, isAddress, keccak, read, show, utf8ToBytes } from "../../web/bytes.mjs";
import { canonical, parse } from "../../web/json.mjs";
import { InvalidBundle, InvalidProof, Unavailable } from "../../web/refusals.mjs";
import { allowed, urlsIn } from "../../web/nodes.mjs";
import { decode, encodeInteger } from "../../web/rlp.mjs";
import { valueIn } from "../../web/trie.mjs";

/** The RLP of bytes and lists. */
function encode(item) {
  if (Array.isArray(item)) return prefixed(0xc0, concatBytes(...item.map(encode)));
  return item.length === 1 && item[0] < 0x80 ? item : prefixed(0x80, item);
}

function prefixed(from, content) {
  if (content.length <= 55) return concatBytes(Uint8Array.of(from + content.length), content);
  const length = encodeInteger(content.length);
  const digits = length.length === 1 ? length : length.subarray(1);
  return concatBytes(Uint8Array.of(from + 55 + digits.length), digits, content);
}

const bytes = (...values) => Uint8Array.of(...values);
const zeros = (length) => new Uint8Array(length);
const refused = (kind, why) => (error) => error instanceof kind && error.message.includes(why);

// ── RLP ──

test("RLP is decoded to what was encoded", () => {
  const items = [zeros(0), bytes(0x7f), bytes(0x80), zeros(55), zeros(56), zeros(300), [], [[zeros(0)], [[], bytes(1)]]];
  for (const item of [...items, items]) assert.deepEqual(decode(encode(item)), item);
});

test("an integer's RLP is its digits", () => {
  for (const [value, text] of [[0, "0x80"], [1, "0x01"], [127, "0x7f"], [128, "0x8180"], [1024, "0x820400"]]) {
    assert.equal(show(encodeInteger(value)), text);
  }
});

for (const [what, text, why] of [
  ["nothing", "0x", "cut off"],
  ["text that is cut off", "0x8301", "cut off"],
  ["a list that is cut off", "0xc20100".slice(0, 6), "cut off"],
  ["something after its end", "0x0101", "after its end"],
  ["a byte written at length", "0x8101", "at length"],
  ["a long length for a short text", "0xb801ff", "not as short"],
  ["a length that begins with zero", `0xb90038${"00".repeat(56)}`, "not as short"],
  ["a length of eight bytes", "0xbfffffffffffffffff", "cut off"],
  ["an item that reaches over its list", "0xc28201", "cut off"],
  ["lists without end", `0x${"c1".repeat(200)}c0`, ""],
]) {
  test(`RLP refused: ${what}`, () => assert.throws(() => decode(read(text)), refused(InvalidProof, why)));
}

// ── JSON ──

test("JSON is read as others read it", () => {
  for (const value of [null, true, [], {}, { a: [1, -2, { b: "é\\\"\n" }] }, Number.MAX_SAFE_INTEGER, "\\\\", ""]) {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      assert.equal(canonical(parse(text)), canonical(value));
    }
  }
  assert.equal(canonical(parse('{"b":1,"a":{"\\u00e9":2,"Z":3}}')), '{"a":{"Z":3,"é":2},"b":1}');
});

for (const text of [
  ...['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', "1.0", "1e0", "-0", "01", "+1", "9007199254740992", "NaN", "1.", "--1"],
  ...["", "[1,]", "{,}", '{"a"}', "{'a':1}", '"\n"', '"\\x"', '"\\ud800"', '"a'],
  ...["[1 2]", "[1]x", "tru", "\ufeff1", "undefined"],
  "[".repeat(100_000),
]) {
  test(`JSON refused: ${JSON.stringify(text.slice(0, 20))}`, () => assert.throws(() => parse(text), SyntaxError));
}

test("a name that objects have by themselves is a name like others", () => {
  const found = parse('{"__proto__":{"x":1},"constructor":2}');
  assert.deepEqual(Object.keys(found), ["__proto__", "constructor"]);
  assert.equal({}.x, undefined);
  assert.equal(found.x, undefined);
});

// ── tries ──

for (const [what, node, why] of [
  ["an empty leaf", encode([bytes(0x20), zeros(0)]), "holds nothing"],
  ["a path of no kind", encode([bytes(0x40), bytes(1)]), "path begins with 0x40"],
  ["no path", encode([zeros(0), bytes(1)]), "no path"],
  ["three parts", encode([bytes(0x20), bytes(1), bytes(2)]), "3 parts"],
  ["no list", encode(bytes(1)), "no list"],
  ["a short reference", encode([bytes(0x00), zeros(31)]), "has 31 bytes"],
  ["a longer path", encode([bytes(0x31), bytes(1)]), "holds nothing"],
]) {
  test(`a trie's node refused: ${what}`, () => {
    assert.throws(() => valueIn(keccak(node), zeros(0), [node]), refused(InvalidProof, why));
  });
}

test("a proof has every node, and none too many", () => {
  const value = utf8ToBytes("a value that is long enough to be hashed");
  const leaf = encode([bytes(0x3f), value]);
  const top = encode([...Array.from({ length: 16 }, (_, nibble) => (nibble === 5 ? keccak(leaf) : zeros(0))), zeros(0)]);
  const found = (nodes, key = 0x5f) => valueIn(keccak(top), bytes(key), nodes);
  assert.deepEqual(found([top, leaf]), value);
  assert.throws(() => found([top, leaf], 0x5e), refused(InvalidProof, "holds nothing"));
  assert.throws(() => found([top, leaf], 0x4f), refused(InvalidProof, "holds nothing"));
  assert.throws(() => found([top]), refused(InvalidProof, "missing"));
  assert.throws(() => found([top, leaf, leaf]), refused(InvalidProof, "1 trie nodes are left over"));
  assert.throws(() => found([top, top]), refused(InvalidProof, "its parent names"));
  assert.throws(() => found(Array(65).fill(top)), refused(InvalidProof, "no trie is so deep"));
});

// ── headers and receipts ──

const HEADER = [
  ...[zeros(32), zeros(32), zeros(20), zeros(32), zeros(32), zeros(32), zeros(256)],
  ...[zeros(0), bytes(5), bytes(1), bytes(1), bytes(0x65, 0, 0, 0), utf8ToBytes("geth"), zeros(32), zeros(8)],
  ...[bytes(7), zeros(32), zeros(0), zeros(0), zeros(32), zeros(32)],
];

for (const [count, fork] of Object.entries(FORKS)) {
  test(`a header of ${fork} is read`, () => {
    const content = encode(HEADER.slice(0, count));
    const { number, time, hash } = readHeader(content);
    assert.deepEqual([number, time, hash], [5, 0x65000000, show(keccak(content))]);
  });
}

for (const count of [0, 14, 18, 19, 22]) {
  test(`a header of ${count} fields is refused`, () => {
    const content = encode([...HEADER, zeros(0)].slice(0, count));
    assert.throws(() => readHeader(content), refused(InvalidProof, "of a fork that is not known"));
  });
}

for (const [place, name] of [[8, "number"], [11, "timestamp"]]) {
  test(`a header's ${name} that JavaScript's numbers do not hold is refused`, () => {
    const content = encode(HEADER.with(place, bytes(0x20, 0, 0, 0, 0, 0, 0)));
    assert.throws(() => readHeader(content), refused(InvalidProof, `${name} is 0x20000000000000`));
  });
}

test("a time after the last of calendars is refused, since a score as of then would take as long", () => {
  const content = encode(HEADER.with(11, bytes(0x3b, 0, 0, 0, 0)));
  assert.throws(() => readHeader(content), refused(InvalidProof, "timestamp is 0x3b00000000"));
});

const LOG = [zeros(20), [zeros(32)], bytes(1, 2)];
const RECEIPT = [bytes(1), bytes(0x52, 0x08), zeros(256), [LOG]];

for (const type of [0, 1, 2, 3, 4]) {
  test(`a receipt of a transaction of type ${type} is read`, () => {
    const content = concatBytes(bytes(...(type ? [type] : [])), encode(RECEIPT));
    assert.deepEqual(logsOf(content), [{ address: show(zeros(20)), topics: [show(zeros(32))], data: "0x0102" }]);
  });
}

for (const [what, content, why] of [
  ["a type to come", concatBytes(bytes(5), encode(RECEIPT)), "type 5, which is not known"],
  ["a type of zero", concatBytes(bytes(0), encode(RECEIPT)), "type 0, which is not known"],
  ["a failed transaction", encode(RECEIPT.with(0, zeros(0))), "the transaction failed"],
  ["a state in the place of a status", encode(RECEIPT.with(0, zeros(32))), "neither success nor failure"],
  ["five topics", encode(RECEIPT.with(3, [[zeros(20), Array(5).fill(zeros(32)), zeros(0)]])), "a topic that is none"],
]) {
  test(`a receipt refused: ${what}`, () => assert.throws(() => logsOf(content), refused(InvalidProof, why)));
}

// ── what geth makes ──

const GETH = JSON.parse(readFileSync(new URL("../vectors/geth.json", import.meta.url), "utf8"));
const HEADERS = GETH.headers.map(read);

test("every header of geth's hashes to what the next one names", () => {
  HEADERS.forEach((content, place) => {
    const { number, hash } = readHeader(content);
    assert.equal(number, place + 1);
    if (HEADERS[place + 1]) assert.equal(show(decode(HEADERS[place + 1])[0]), hash);
  });
  assert.deepEqual(new Set(HEADERS.map((content) => String(decode(content).length))), new Set(Object.keys(FORKS)));
});

for (const { type, status, cumulativeGasUsed, logsBloom, logs } of GETH.typed) {
  test(`a receipt of geth's of type ${type} has its logs`, () => {
    const told = logs.map(({ address, topics, data }) => [read(address), topics.map(read), read(data)]);
    const fields = [encodeInteger(Number(status)), decode(encodeInteger(Number(cumulativeGasUsed))), read(logsBloom), told];
    const found = logsOf(concatBytes(bytes(Number(type)), encode(fields)));
    assert.deepEqual(found, logs.map(({ address, topics, data }) => ({ address, topics, data })));
    assert.ok(found.length);
  });
}

test("a slot of geth's is proven by its account, in its own block alone", () => {
  const { block, address, slot, account, storage, codeHash, value } = GETH.state;
  const held = (number, nodes) =>
    storedIn(readHeader(HEADERS[number - 1]), read(address), read(slot), account.map(read), nodes.map(read));
  assert.deepEqual(held(block, storage), { code: codeHash, value: BigInt(value) });
  assert.throws(() => held(block, storage.with(-1, storage[0])), InvalidProof);
  assert.throws(() => held(block - 1, storage), InvalidProof);
});

// ── bundles ──

for (const [what, content, why] of [
  ["nothing", zeros(0), "cut off"],
  ["no gzip", utf8ToBytes("{}"), "not a gzip file"],
  ["a file that is cut off", gzipSync("{}").subarray(0, -1), "cut off"],
  ["no JSON", gzipSync("["), "not JSON"],
  ["no UTF-8", gzipSync(bytes(0xff)), "not JSON"],
  ["another version", gzipSync('{"version":2}'), "its version is 2"],
  ["another kind", gzipSync('{"version":1,"bundle":"promise"}'), 'a bundle of "promise"'],
  ["a bomb", gzipSync(Buffer.alloc(MOST_BYTES + 1, " ")), "more than 33,554,432 bytes"],
  ["a file that is too large", zeros(MOST_BYTES + 1), "more than 33,554,432 bytes"],
]) {
  test(`a bundle refused: ${what}`, () => assert.rejects(readBundle(content), refused(InvalidBundle, why)));
}

// ── addresses ──

test("an account's address has its checksum", () => {
  const known = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  assert.equal(checksummed(known.toLowerCase()), known);
  for (const text of [known, known.toLowerCase(), `0x${known.slice(2).toUpperCase()}`]) assert.ok(isAddress(text));
  for (const text of [known.replace("aA", "Aa"), known.slice(0, -1), known.slice(2), null]) assert.ok(!isAddress(text));
});

test("nodes are asked by https, or on this computer", () => {
  assert.deepEqual(urlsIn(" https://a.example/key\nhttp://localhost:8545\n\nhttps://a.example/key "), [
    "https://a.example/key",
    "http://localhost:8545/",
  ]);
  for (const text of ["http://a.example", "ws://localhost", "localhost:8545", "http://localhost.example", "x"]) {
    assert.throws(() => allowed(text), refused(Unavailable, "is no address that can be asked"));
  }
});
