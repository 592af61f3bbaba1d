// Receipts: what a customer keeps of a promise. Its parts are checked against each other: the fields hash to the id, and
// the terms to what the promise names.
import { digest, isAddress } from "./bytes.mjs";
import { hasOnly, parse } from "./json.mjs";
import { InvalidBundle } from "./refusals.mjs";
import { promiseId } from "./troth.mjs";

const VERSION = 1;
const FORMS = {
  company: isAddress,
  customer: isWord,
  terms: isWord,
  dueAt: isNumber,
  disputeWindow: isNumber,
  arbiter: isAddress,
  service: (value) => typeof value === "string" && /^0x[0-9a-fA-F]{16}$/.test(value),
  ...{ experience: isNumber, stage: isNumber, stakes: isNumber, cohort: isNumber, nonce: isNumber },
};

/** The ledger, the promise with its id, and its terms, by a receipt's content. Throws InvalidBundle. */
export function readReceipt(content) {
  let parts;
  try {
    parts = parse(content);
  } catch (error) {
    throw new InvalidBundle(`its receipt is not JSON (${error.message})`);
  }
  if (!hasOnly(parts, "version ledger id promise salt terms") || parts.version !== VERSION) {
    throw new InvalidBundle(`its receipt is not an object of version ${VERSION} with a receipt's keys`);
  }
  const { ledger, id, promise, salt, terms } = parts;
  if (![ledger, terms].every((text) => typeof text === "string") || ![id, salt].every(isWord)) {
    throw new InvalidBundle("its receipt has a part that is none");
  }
  if (!hasOnly(promise, Object.keys(FORMS).join(" "))) {
    throw new InvalidBundle(`its receipt's promise does not have the fields ${Object.keys(FORMS).join(", ")}`);
  }
  for (const [name, fits] of Object.entries(FORMS)) {
    if (!fits(promise[name])) throw new InvalidBundle(`its receipt's ${name} is none`);
  }
  const found = idOf(promise);
  if (found !== id.toLowerCase()) throw new InvalidBundle(`its promise has the id ${found}, not ${id}`);
  if (digest(terms) !== promise.terms.toLowerCase()) {
    throw new InvalidBundle("its terms are not those that the promise names");
  }
  return { ledger, id: found, promise, terms };
}

function idOf(promise) {
  try {
    return promiseId(promise);
  } catch {
    throw new InvalidBundle("its receipt's promise has a number that does not fit its field");
  }
}

/** What terms say in words; null where they say nothing. */
export function wordsOf(terms) {
  try {
    // Whatever was promised was hashed byte for byte: its form is the company's.
    const text = JSON.parse(terms)?.text;
    return typeof text === "string" ? text : null;
  } catch {
    return null;
  }
}

function isWord(value) {
  return typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value);
}

function isNumber(value) {
  return typeof value === "string" && /^(0|[1-9][0-9]{0,19})$/.test(value);
}
