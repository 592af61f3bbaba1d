// From a company's log to what became of each promise: decodes the logs, and follows each promise through its life.
//
// Events and standings are plain objects. Bytes are hexadecimal text with 0x, times are seconds, numbers are safe.
import { digest, read as bytesOf } from "./bytes.mjs";
import { promiseId } from "./troth.mjs";

const BODY = "bytes32 actor";
const LIFE = `bytes32 id!,address company!`;
const SHAPES = Object.fromEntries(
  Object.entries({
    Registered: `address company!,${BODY},bytes32 profile,string uri`,
    Appointed: `address company!,bytes32 delegate!,${BODY},uint8 actions,uint40 until`,
    Made: `${LIFE},bytes32 customer!,${BODY},bytes32 terms,uint256 schedule,uint256 labels`,
    Accepted: `${LIFE},${BODY}`,
    HandedOff: `${LIFE},${BODY},uint16 giver,uint16 taker,uint8 channel`,
    Amended: `${LIFE},bytes32 successor!,${BODY},bool consented`,
    Withdrawn: `${LIFE},${BODY},bytes32 reason,bool consented`,
    Fulfilled: `${LIFE},${BODY},bytes32 evidence`,
    Confirmed: `${LIFE},${BODY},bool byArbiter,uint8 matter,uint8 rating`,
    Disputed: `${LIFE},${BODY},uint8 matter,bytes32 reason`,
    Answered: `${LIFE},${BODY},bytes32 response`,
    Ruled: `${LIFE},${BODY},bool upheld,bytes32 ruling`,
    Remedied: `${LIFE},${BODY},uint8 kind,bytes32 remedy`,
  }).map(([event, declaration]) => {
    const fields = declaration.split(",").map((pair) => {
      const [type, name] = pair.split(" ");
      return { type, name: name.replace("!", ""), indexed: name.endsWith("!") };
    });
    const types = fields.map(({ type }) => type).join(",");
    const [inTopics, inData] = [true, false].map((indexed) => fields.filter((field) => field.indexed === indexed));
    const company = 1 + inTopics.findIndex(({ name }) => name === "company");
    return [digest(`${event}(${types},bytes32)`), { event, inTopics, inData, company }];
  }),
);

const ZERO = `0x${"0".repeat(64)}`;
const REMEDY = 2;

/** What nothing has happened to yet. */
const UNTOUCHED = {
  ...{ status: "open", fulfilledAt: null, confirmedAt: null, disputedAt: null, answeredAt: null, settledAt: null },
  ...{ lastGiver: null, released: false, unilateral: false, upheld: false, owned: false, accepted: false },
  ...{ dismissed: false, returned: false, countersigned: false, confirmedByArbiter: false },
};

/** Where a promise may stand before each event. */
const BEFORE = {
  Accepted: ["open"],
  HandedOff: ["open"],
  Amended: ["open"],
  Withdrawn: ["open"],
  Fulfilled: ["open"],
  Confirmed: ["fulfilled", "remedied", "disputed", "upheld", "dismissed", "confirmed"],
  Disputed: ["open", "fulfilled", "remedied", "confirmed"],
  Answered: ["disputed"],
  Ruled: ["disputed"],
  Remedied: ["open", "disputed", "upheld"],
};

// ── the log ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The company that a log is about, by its topics alone; null where they are none of the contract's. */
export function companyOf({ topics }) {
  const shape = SHAPES[topics[0]];
  if (shape === undefined || topics.length !== 1 + shape.inTopics.length) return null;
  return `0x${topics[shape.company].slice(26)}`;
}

/** The event that a log records: its topics, its data, and the time of its block. */
export function decode({ topics, data, time }) {
  const shape = SHAPES[topics[0]];
  if (shape === undefined) throw new RangeError(`the topic ${topics[0]} is none of the contract's`);
  const { event, inTopics, inData } = shape;
  const length = 2 + 64 * (inData.length + 1);
  const fits = event === "Registered" ? data.length >= length : data.length === length;
  if (topics.length !== inTopics.length + 1 || !fits) throw new RangeError(`${event} has other topics or data`);
  const found = { event, time };
  inTopics.forEach(({ type, name }, place) => {
    found[name] = read(type, topics[place + 1].slice(2), name);
  });
  inData.forEach(({ type, name }, place) => {
    const value = data.slice(2 + 64 * place, 66 + 64 * place);
    found[name] = type === "string" ? text(data, value) : read(type, value, name);
  });
  if (found.matter > REMEDY) throw new RangeError(`${event} is of matter ${found.matter}, and there are three`);
  return event === "Made" ? withPromise(found) : found;
}

function withPromise({ customer, terms, schedule, labels, ...made }) {
  const promise = {
    company: made.company,
    customer,
    terms,
    dueAt: Number(part(schedule, 160, 40)),
    disputeWindow: Number(part(schedule, 200, 32)),
    arbiter: bytes(part(schedule, 0, 160), 20),
    service: bytes(part(labels, 64, 64), 8),
    experience: Number(part(labels, 128, 8)),
    stage: Number(part(labels, 136, 8)),
    stakes: Number(schedule >> 248n),
    cohort: Number(part(schedule, 232, 16)),
    nonce: part(labels, 0, 64),
  };
  if (labels >> 144n !== 0n) throw new RangeError(`the labels of ${made.id} have more bits than a promise`);
  if (promiseId(promise) !== made.id) throw new RangeError(`the terms of ${made.id} do not hash to it`);
  return { ...made, promise };
}

function read(type, word, what) {
  if (!/^[0-9a-f]{64}$/.test(word)) throw new RangeError(`${what} is not a word: ${word}`);
  if (type === "bytes32") return `0x${word}`;
  const value = BigInt(`0x${word}`);
  if (type === "uint256") return value;
  const bits = type === "address" ? 160 : type === "bool" ? 1 : Number(type.slice("uint".length));
  if (value >> BigInt(bits) !== 0n) throw new RangeError(`${what} does not fit its type: 0x${word}`);
  if (type === "address") return bytes(value, 20);
  return type === "bool" ? value === 1n : Number(value);
}

/** A string by where it begins, in bytes; empty where it is not UTF-8. */
function text(data, word) {
  const start = 2 + 2 * Number(`0x${word}`);
  const length = 2 * Number(`0x${data.slice(start, start + 64)}`);
  const content = data.slice(start + 64, start + 64 + length);
  // Where there is no length, it is no number.
  if ((start - 2) % 64 || content.length !== length) throw new RangeError("a string is not where its data says");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesOf(`0x${content}`));
  } catch {
    return "";
  }
}

function part(word, from, bits) {
  return (word >> BigInt(from)) & ((1n << BigInt(bits)) - 1n);
}

function bytes(value, length) {
  return `0x${value.toString(16).padStart(2 * length, "0")}`;
}

// ── a promise's life ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Where a company's promises stand after its events, in the chain's order: a standing for each. */
export function standingsOf(events) {
  const standings = new Map();
  const amended = new Map();
  for (const event of events) {
    if (event.id === undefined) continue;
    if (event.event === "Made") {
      if (standings.has(event.id)) throw new RangeError(`${event.id} is made twice`);
      standings.set(event.id, made(event, amended.get(event.id)));
      continue;
    }
    const standing = standings.get(event.id);
    if (!BEFORE[event.event].includes(standing?.status)) {
      throw new RangeError(`${event.event} of ${event.id} does not follow: it is ${standing?.status ?? "not made"}`);
    }
    Object.assign(standing, changes(standing, event));
    if (event.event === "Amended") amended.set(event.successor, { before: standing, consented: event.consented });
  }
  return [...standings.values()];
}

function made({ id, time, promise }, amendment) {
  const { customer, arbiter, service, cohort, stakes, dueAt } = promise;
  const standing = { ...UNTOUCHED, id, customer, arbiter, service, cohort, stakes, madeAt: time, dueAt };
  if (amendment === undefined) return standing;
  if (amendment.consented) return { ...standing, countersigned: true };
  // Without the customer's consent, it is judged by what was promised first, and weighs what that did.
  const { madeAt, dueAt: first, service: of, cohort: to, stakes: at, countersigned } = amendment.before;
  return { ...standing, madeAt, dueAt: first, service: of, cohort: to, stakes: at, countersigned, unilateral: true };
}

function changes(standing, event) {
  switch (event.event) {
    case "Accepted":
      // Of what has fallen due, a customer knows how it came out: its word must not make that weigh more.
      return { countersigned: standing.countersigned || event.time < standing.dueAt, unilateral: false };
    case "HandedOff":
      return { lastGiver: event.giver, returned: standing.returned || event.taker === standing.lastGiver };
    case "Fulfilled":
      return { status: "fulfilled", fulfilledAt: event.time };
    case "Amended":
      return { status: "superseded", released: true };
    case "Withdrawn":
      return { status: "withdrawn", released: event.consented, unilateral: !event.consented };
    case "Confirmed":
      return confirmed(standing, event);
    case "Disputed":
      return { status: "disputed", disputedAt: event.time, answeredAt: null, settledAt: null, confirmedAt: null };
    case "Answered":
      return { answeredAt: event.time };
    case "Ruled":
      if (event.upheld) return { status: "upheld", upheld: true, settledAt: event.time };
      return { status: "dismissed", dismissed: true, settledAt: event.time };
    case "Remedied":
      if (standing.status === "disputed") return { answeredAt: standing.answeredAt ?? event.time };
      return { status: "remedied", owned: standing.status === "open" };
    default:
      return {};
  }
}

function confirmed({ customer, status, settledAt }, { time, company, actor, byArbiter, matter }) {
  // A company that is its own customer witnesses nothing.
  const witnessed = actor !== actorOf(company);
  const counterparty = !byArbiter || customer === ZERO;
  return {
    status: "confirmed",
    confirmedAt: witnessed ? time : null,
    confirmedByArbiter: byArbiter,
    settledAt: status === "disputed" ? time : settledAt,
    accepted: matter === REMEDY && counterparty && witnessed,
  };
}

const actors = new Map();

/** What the log calls a company that acts itself. */
function actorOf(company) {
  if (!actors.has(company)) actors.set(company, digest(bytesOf(company)));
  return actors.get(company);
}

/** What had become of a promise by a time not before its last event. */
export function outcome(standing, asOf) {
  if (standing.released) return "released";
  if (standing.dueAt > asOf) return "open";
  if (standing.status === "disputed") return "disputed";
  if (standing.accepted) return "remedied";
  if (standing.upheld || standing.fulfilledAt === null) return "broken";
  return standing.fulfilledAt <= standing.dueAt ? "kept" : "late";
}
