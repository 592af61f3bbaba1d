// Bundles: files that hold all that is needed to check a claim, but for one block's hash. Read here is their form alone;
// whether what they say is so, verification.mjs finds out.
//
// Events are as outcomes.mjs takes them, of hexadecimal text in lower case; headers and trie nodes are bytes.
import { isAddress, read } from "./bytes.mjs";
import { hasOnly, parse } from "./json.mjs";
import { companyOf } from "./outcomes.mjs";
import { readReceipt } from "./receipts.mjs";
import { InvalidBundle } from "./refusals.mjs";

const VERSION = 1;

/** Of a bundle's JSON, and of the file itself, which is shorter. */
export const MOST_BYTES = 32 * 1024 * 1024;

/** What a file holds: an object whose `bundle` is "score" or "receipt". Throws InvalidBundle. */
export async function readBundle(content) {
  const inside = await inflated(content);
  let words;
  try {
    // A mark of the byte order is no JSON.
    words = parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(inside));
  } catch (error) {
    throw new InvalidBundle(`it is not JSON (${error.message})`);
  }
  if (typeof words !== "object" || words === null || Array.isArray(words)) refuse("it is not a JSON object");
  if (words.version !== VERSION) {
    refuse(`its version is ${JSON.stringify(words.version)?.slice(0, 20)}, and this program reads ${VERSION}`);
  }
  if (words.bundle === "score") return scoreIn(words);
  if (words.bundle === "receipt") return receiptIn(words);
  return refuse(
    `it is a bundle of ${JSON.stringify(words.bundle)?.slice(0, 20)}, and this program reads score and receipt`,
  );
}

/** What is in a gzip file, never more than allowed in memory. */
async function inflated(content) {
  if (content.length > MOST_BYTES) refuse(`it has more than ${MOST_BYTES} bytes`);
  if (content[0] !== 0x1f || content[1] !== 0x8b) refuse(content.length ? "it is not a gzip file" : "it is empty");
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      refuse("it is cut off or damaged, or something comes after its end");
    });
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > MOST_BYTES) {
      await reader.cancel().catch(() => {});
      refuse(`it holds more than ${MOST_BYTES} bytes`);
    }
  }
  const inside = new Uint8Array(size);
  let place = 0;
  for (const part of parts) {
    inside.set(part, place);
    place += part.length;
  }
  return inside;
}

function scoreIn(words) {
  requireKeys(words, "bundle version ledger company policy statement anchor events");
  requireKeys(words.anchor, "header transaction log nodes");
  const { ledger, company, policy, statement, anchor, events } = words;
  if (!Array.isArray(events) || typeof ledger !== "string") refuse("its events are no list, or its ledger is no text");
  for (const [name, value] of Object.entries({ policy, statement })) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(`its ${name} is no object`);
  }
  if (!isAddress(company)) refuse(`${short(company)} is not an address`);
  return {
    bundle: "score",
    ledger,
    company: company.toLowerCase(),
    events: events.map(eventIn),
    policy,
    statement,
    anchor: {
      header: bytesIn(anchor.header),
      transaction: number(anchor.transaction),
      log: number(anchor.log),
      nodes: nodesIn(anchor.nodes),
    },
  };
}

function receiptIn(words) {
  requireKeys(words, "bundle version receipt header account storage");
  if (typeof words.receipt !== "string") refuse("its receipt is no text");
  return {
    bundle: "receipt",
    receipt: readReceipt(words.receipt),
    header: bytesIn(words.header),
    account: nodesIn(words.account),
    storage: nodesIn(words.storage),
  };
}

function requireKeys(words, names) {
  if (!hasOnly(words, names)) refuse(`a part of it is not an object with ${names.replaceAll(" ", ", ")}`);
}

function eventIn(event, place) {
  if (Array.isArray(event) && event.length === 3) {
    const [time, topics, data] = event;
    if (isHex(topics) && isHex(data) && topics.length % 64 === 2) {
      const words = topics.toLowerCase().slice(2).match(/.{64}/g) ?? [];
      const log = { time: number(time), topics: words.map((word) => `0x${word}`), data: data.toLowerCase() };
      if (companyOf(log) !== null) return log;
    }
  }
  return refuse(`event ${place + 1} is not a time, topics and data of ours`);
}

function isHex(text) {
  return typeof text === "string" && text.length % 2 === 0 && /^0x[0-9a-fA-F]*$/.test(text);
}

function bytesIn(text) {
  return isHex(text) ? read(text) : refuse(`${short(text)} is not hexadecimal with 0x`);
}

function nodesIn(list) {
  return Array.isArray(list) ? list.map(bytesIn) : refuse("its trie nodes are no list");
}

function number(value) {
  return Number.isSafeInteger(value) && value >= 0 ? value : refuse(`${short(value)} is no number from 0 to 2^53 - 1`);
}

function short(value) {
  return String(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 80);
}

function refuse(why) {
  throw new InvalidBundle(why);
}
