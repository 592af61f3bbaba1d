// Bundles: files that hold all that is needed to check a claim, but for one block's hash. Read here is their form alone;
// whether what they say is so, verification.mjs finds out.
//
// Events are as outcomes.mjs takes them, of hexadecimal text in lower case; headers and trie nodes are bytes.
import { isAddress, read } from "./bytes.mjs";
import { hasOnly, isObject, parse } from "./json.mjs";
import { companyOf } from "./outcomes.mjs";
import { readReceipt } from "./receipts.mjs";
import { InvalidBundle } from "./refusals.mjs";
import { collected } from "./streams.mjs";

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
  if (!isObject(words)) refuse("it is not a JSON object");
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
  if (content.length > MOST_BYTES) refuse(`it holds more than ${MOST_BYTES.toLocaleString("en")} bytes`);
  if (content.length < 2) refuse("it is cut off");
  if (content[0] !== 0x1f || content[1] !== 0x8b) refuse("it is not a gzip file");
  try {
    return await collected(new Blob([content]).stream().pipeThrough(new DecompressionStream("gzip")), MOST_BYTES);
  } catch (error) {
    // Browsers word it each in their own way.
    const isLarge = error instanceof RangeError;
    return refuse(isLarge ? error.message : "it is cut off or damaged, or something comes after its end");
  }
}

function scoreIn(words) {
  const basis = "state" in words ? "state" : "anchor";
  requireKeys(words, `bundle version ledger company policy statement ${basis} events`);
  const { ledger, company, policy, statement, events } = words;
  if (!Array.isArray(events) || typeof ledger !== "string") refuse("its events are no list, or its ledger is no text");
  if (!isObject(policy)) refuse("its policy is no object");
  if (!isObject(statement)) refuse("its statement is no object");
  if (!isAddress(company)) refuse(`${short(company)} is not an address`);
  const shown = basis === "state" ? { state: stateIn(words.state) } : { anchor: anchorIn(words.anchor) };
  return {
    ...{ bundle: "score", ledger, company: company.toLowerCase(), policy, statement, ...shown },
    events: events.map(eventIn),
  };
}

function receiptIn(words) {
  requireKeys(words, "bundle version receipt state");
  if (typeof words.receipt !== "string") refuse("its receipt is no text");
  return { bundle: "receipt", receipt: readReceipt(words.receipt), state: stateIn(words.state) };
}

function anchorIn(words) {
  requireKeys(words, "header transaction log nodes");
  const { header, transaction, log, nodes } = words;
  return { header: bytesIn(header), transaction: number(transaction), log: number(log), nodes: nodesIn(nodes) };
}

function stateIn(words) {
  requireKeys(words, "header account storage");
  const { header, account, storage } = words;
  return { header: bytesIn(header), account: nodesIn(account), storage: nodesIn(storage) };
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
