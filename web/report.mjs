// What a person reads of a result: the verdict, what was found, and the checks that were made.
//
// Whatever comes from outside is shown as text, and as nothing else.
import { checksummed } from "./bytes.mjs";
import { wordsOf } from "./receipts.mjs";
import { InvalidBundle, InvalidProof, Unavailable } from "./refusals.mjs";

const CHAINS = {
  1: "Ethereum",
  1337: "a local test chain",
  17000: "Holesky, a test network",
  31337: "a local test chain",
  560048: "Hoodi, a test network",
  11155111: "Sepolia, a test network",
};

/** What each check is about, what is so where it holds, and what where it does not. */
const CHECKS = {
  form: ["The file", "It is whole, and of a form that this page knows."],
  ledger: ["The ledger", "It is the one that this page was made for.", "It is about another ledger."],
  basis: ["The proof", "", "The block that it names does not have what it says."],
  policy: ["The rules", "It is judged by a published policy, unchanged.", "It is not judged by the published rules."],
  history: [
    "The history",
    "Each event follows on the one before, from the first to the last: none is left out, added, changed or moved.",
    "The history was changed: something is left out, added or moved.",
  ],
  time: [
    "The moment",
    "Nobody chose the time as of which promises are judged: it follows from the chain.",
    "Somebody chose the time as of which promises are judged.",
  ],
  figures: [
    "The figures",
    "Computed here from the events, they are what the statement says, to the last digit.",
    "The figures are not what the history gives.",
  ],
  slot: ["The promise", "What the ledger held is of this promise, and of this company.", "It is not of this promise."],
  block: ["The block", "", "By the word of those whom you believe, this is not on the chain."],
};
const BASES = {
  anchor: "The statement is recorded in the block that the file names: hash by hash, without a gap.",
  promise: "After the block that the file names, the ledger held what is said here: hash by hash, without a gap.",
  state: "After the block that the file names, the ledger held the end of this very history, hash by hash.",
};

const TEST_CHAINS = {
  1337: "A local test chain proves nothing to anybody but its owner.",
  17000: "What is on a test network has no weight, and may be gone one day.",
  31337: "A local test chain proves nothing to anybody but its owner.",
  560048: "What is on a test network has no weight, and may be gone one day.",
  11155111: "What is on a test network has no weight, and may be gone one day.",
};

const ICONS = {
  verified: "M7 12.5l3.5 3.5L17 8.5",
  differs: "M8 8l8 8M16 8l-8 8",
  unknown: "M9 9.6a3 3 0 1 1 4.3 2.7c-.9.4-1.3 1-1.3 1.9M12 17.2v.1",
  skipped: "M8 12h8",
};

/** Not to be seen themselves, and part of how words, lines and pictures are written. */
const SEEN = "\n\u200c\u200d\ufe0e\ufe0f";

const UNMET = {
  differs: "This does not hold.",
  unknown: "This could not be checked.",
  skipped: "Not looked at.",
};

const FATES = {
  none: "It is not on the ledger.",
  superseded: "The company replaced it by another promise.",
  withdrawn: "The company took it back before it was due.",
  remedied: "It was not kept, and the company says that it made good for it.",
  disputed: "Whether it was kept is disputed, and not decided.",
  upheld: "It was disputed, and found to be broken.",
  dismissed: "It was disputed, and the dispute was found to have no ground.",
};

// ── verdicts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is shown while it is computed. Whenever others are waited for, `tell` says so, and `stop` can be called. */
export function busy(stop) {
  const said = element("p", "quiet", "Checking …");
  const [amount, bar, button] = [element("p", "quiet"), element("progress"), element("button", "second", "Stop")];
  bar.setAttribute("aria-label", "Loaded");
  button.type = "button";
  button.addEventListener("click", stop);
  const waiting = element("div", "waiting", amount, bar, button);
  waiting.hidden = true;
  function tell(words, size = 0, total = 0) {
    // Said aloud when it changes; the amounts are not.
    if (said.textContent !== words) said.textContent = words;
    const isKnown = size > 0 && total >= size;
    amount.textContent = size ? `${megabytes(size)}${isKnown ? ` of ${megabytes(total)}` : ""}` : "";
    bar.hidden = !isKnown;
    if (isKnown) Object.assign(bar, { max: total, value: size });
    waiting.hidden = false;
  }
  return { verdict: [said], found: [waiting], tell };
}

/** What is shown where all holds; `witness` says whose word it is that the block is on the chain. */
export function verified(proven, bundle, checks, witness) {
  const found = proven.kind === "score" ? scoreOf(proven, witness) : promiseOf(proven);
  return {
    verdict: [verdict("verified", "Verified", ...summaryOf(proven), ...careOf(proven), restsOn(proven, witness))],
    found: [...found, ...listed(checks, bundle, new Set(checks), witness)],
  };
}

/** What was verified, of whom, as of when; and what that does not say. */
function summaryOf({ kind, company, profile, receipt, block }) {
  const when = moment(block.time);
  const who = kind === "score" ? whoIs(company, profile) : whoIs(receipt.promise.company, null);
  if (kind === "score") {
    return [
      ["The figures below follow from all that ", ...who, ` recorded up to ${when}: nothing is left out.`],
      "They do not say what came later, what the company never recorded, or who it is.",
    ];
  }
  return [
    ["What is below is what the ledger held on ", `${when} of a promise by `, ...who, "."],
    "It does not say what came later, whether what the company says is true, or who it is.",
  ];
}

/** Test chains are free, and anybody can have one. */
function careOf({ chainId }) {
  if (!TEST_CHAINS[chainId]) return [];
  return [element("p", "note", `With care: this is on ${CHAINS[chainId]}. ${TEST_CHAINS[chainId]}`)];
}

/** The block that all else follows from, and on whose word. */
function restsOn({ kind, block, chainId }, { entered, hosts }) {
  const chain = CHAINS[chainId] ?? `chain ${chainId}`;
  const word = [...(entered ? ["whoever gave you its hash"] : []), ...hosts].join(", and of ");
  // A history binds its chain. A promise's state does not: the block does, and nodes say of which chain that is.
  const isBound = kind === "score" || hosts.length;
  const which = `${block.number.toLocaleString("en")}${isBound ? ` of ${chain}` : ""}`;
  const said = `All rests on block ${which}, by the word of ${word}.`;
  if (isBound) return said;
  return `${said} The file says that this is on ${chain}: whoever gave you the block’s hash has to say so, too.`;
}

/** What is shown where something does not hold, or could not be checked. */
export function refused(error, bundle, checks, held) {
  const [kind, words] = wordsFor(error);
  const failed = checks.find((check) => !held.has(check));
  const said = kind === "differs" ? ["It does not hold", CHECKS[failed][2]] : ["Could not check"];
  return {
    verdict: [verdict(kind, ...said, ...words.map(visible))],
    found: listed(checks, bundle, held, null, kind),
  };
}

function wordsFor(error) {
  if (error instanceof InvalidProof) {
    return ["differs", [sentence(error.message), "Ask whoever gave it to you for another, and trust neither before."]];
  }
  if (error instanceof Unavailable) return ["unknown", [sentence(error.message), error.remedy]];
  if (error instanceof InvalidBundle) {
    const advice = "Get it once more: it may have been changed or cut off on its way, or be no proof at all.";
    return ["unknown", [`The file can’t be read: ${error.message}.`, advice]];
  }
  return ["unknown", [`This page has a fault: ${error.message}.`, "Check by the command troth verify instead."]];
}

function verdict(kind, title, ...words) {
  const heading = element("h2", "", title);
  // It is where a reader goes on from, by keys too.
  heading.tabIndex = -1;
  const lines = words.map((line) => (line instanceof Node ? line : element("p", "", ...[line].flat())));
  return element("div", `verdict ${kind}`, icon(kind), heading, element("div", "", ...lines));
}

// ── what was found ─────────────────────────────────────────────────────────────────────────────────────────────────────

function scoreOf({ company, profile, figures, asOf, block, sender, events, policy }, { still }) {
  const { floor, grade, counts, fairness, cautions } = figures;
  const always = ["matured", "kept", "late", "broken"];
  const numbers = [...always, ...["remedied", "disputed"].filter((name) => counts[name])].map((name) =>
    element("li", "", element("strong", "", counts[name].toLocaleString("en")), name === "matured" ? "due" : name),
  );
  const assured = `assured at the least, of all that was promised: ${grade} reliability`;
  const care = element("ul", "plain", ...cautions.map((caution) => element("li", "", caution)));
  const notice = profile?.notice ? quoted(profile.notice) : null;
  const judged = [element("p", "figure", percent(floor)), element("p", "", assured)];
  return [
    ...(floor === null ? [element("p", "fate", "Too little has come due to judge it.")] : judged),
    element("ul", "counts", ...numbers),
    facts({
      Company: companyOf(company, profile),
      ...(notice ? { "It tells every reader": notice } : {}),
      "Fairness between groups of customers": fairness.state,
      "Read with care": cautions.length ? care : "nothing stands out",
      "Judged as of": moment(asOf),
      Later: laterOf(still, figures.open),
      ...(sender ? { "Put on the chain by": address(sender, sender === company ? "the company itself" : "") } : {}),
      Block: blockOf(block),
      "Rests on": `${events.toLocaleString("en")} events, and the policy “${policy}”`,
    }),
  ];
}

function laterOf(still, open) {
  // A promise breaks by nobody's doing.
  const due = open ? ` Not yet due then: ${open.toLocaleString("en")}. What became of those is not in these figures.` : "";
  if (still === true) return `The company has done nothing since.${due}`;
  const known = still === null ? "Not known: no node was asked." : "The company has acted since.";
  return `${known} What came later is not in these figures.`;
}

function promiseOf({ receipt, block, status, lastAt, fulfilledAt, inTime, byArbiter, countersigned }) {
  const { promise, terms } = receipt;
  const dueAt = Number(promise.dueAt);
  const isDue = dueAt <= block.time;
  const fate = fateOf({ status, isDue, inTime, byArbiter });
  return [
    ...promised(wordsOf(terms)),
    element("p", "fate", fate),
    facts({
      "Promised by": address(promise.company),
      [isDue ? "Was due" : "Due"]: moment(dueAt),
      Done: fulfilledAt === null ? "no" : moment(fulfilledAt),
      "In time": inTime === null && !isDue ? "not yet known" : inTime ? "yes" : "no",
      Since: moment(lastAt),
      ...(countersigned ? { Countersigned: "by the customer" } : {}),
      Later: "What came after this block is not in here.",
      Block: blockOf(block),
    }),
  ];
}

/** The company's words, apart from those of this page. */
function promised(words) {
  if (words === null) return [element("p", "", "What was promised has no words that this page can show.")];
  return [element("h3", "", "What was promised, in the company’s words"), element("blockquote", "", visible(words))];
}

/** What became of a promise, in a sentence. */
function fateOf({ status, isDue, inTime, byArbiter }) {
  const done = inTime === null ? "Made good for" : inTime ? "Done in time" : "Done late";
  if (status === "fulfilled") return `${done}, as the company says.`;
  if (status === "confirmed") return `${done}, and confirmed by the ${byArbiter ? "arbiter" : "customer"}.`;
  if (status === "open") return isDue ? "Broken: its time passed, and it was not done." : "Not done yet, and not yet due.";
  return FATES[status];
}

/** The checks, each with what is so; of the first that did not hold, `kind` says in which way. */
function listed(checks, bundle, held, witness, kind) {
  const failed = checks.find((check) => !held.has(check));
  const items = checks.map((check) => {
    const state = held.has(check) ? "verified" : check === failed ? kind : "skipped";
    const words = UNMET[state] ?? heldOf(check, bundle, witness);
    const title = element("strong", "", CHECKS[check][0]);
    return element("li", state, icon(state), element("div", "", title, element("br"), words));
  });
  return [element("h3", "", "What was checked"), element("ul", "checks", ...items)];
}

function heldOf(check, bundle, witness) {
  if (check === "basis") return bundle.anchor ? BASES.anchor : bundle.bundle === "score" ? BASES.state : BASES.promise;
  if (check !== "block") return CHECKS[check][1];
  const { entered, asked, hosts } = witness;
  const hash = "It has the hash that you entered";
  if (!asked) return `${hash}.`;
  const count = hosts.length > 1 ? `all ${hosts.length} nodes have it` : "one node has it";
  const nodes = `${count}: ${hosts.join(", ")}`;
  const said = entered ? `${hash}, and ${nodes}.` : sentence(nodes);
  if (asked === hosts.length) return said;
  return `${said} You entered ${asked} different addresses: those of one host count as one node.`;
}

// ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function facts(pairs) {
  const rows = Object.entries(pairs).flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]);
  return element("dl", "", ...rows);
}

/** A company by what it calls itself, else by its address. */
function whoIs(company, profile) {
  const name = profile && quoted(profile.name);
  if (!name) return ["the company ", address(company)];
  return ["the company that calls itself ", name, " (domain not proven)"];
}

function companyOf(company, profile) {
  const name = profile && quoted(profile.name);
  if (!name) return address(company);
  const care = ": domain not proven. Nobody has checked whether it is the company of that name.";
  return element("span", "", address(company), element("br"), "calls itself ", name, care);
}

/** What a company says in a line, in quotes and a frame that it can't leave; null where nothing is to be seen. */
function quoted(text) {
  const shown = visible(text).replace(/["“”„‟«»]/g, "'").trim();
  return shown ? element("span", "said", "“", element("bdi", "", shown), "”") : null;
}

function address(text, note = "") {
  return element("span", "", element("span", "mono", checksummed(text)), note && ` (${note})`);
}

function blockOf({ number, hash, time }) {
  const when = `${number.toLocaleString("en")}, ${moment(time)}`;
  return element("span", "", when, element("br"), element("span", "mono", hash));
}

/** A share in per cent with one decimal, rounded down: never more than is assured. */
function percent(ppm) {
  return `${Math.floor(ppm / 10_000)}.${Math.floor(ppm / 1000) % 10} %`;
}

function megabytes(size) {
  return `${(size / 1e6).toFixed(1)} MB`;
}

function moment(time) {
  const shown = new Date(1000 * time);
  if (!(shown.getUTCFullYear() <= 9999)) return "after the year 9999";
  const day = shown.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  return `${day}, ${shown.toISOString().slice(11, 16)} UTC`;
}

function sentence(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}

/** A text without what can't be seen, and may make it read as something else. */
function visible(text) {
  return text.replace(/[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu, (found) => (SEEN.includes(found) ? found : " "));
}

/** An element with a class and what is in it, of which text stays text. */
function element(name, className = "", ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
}

function icon(kind) {
  const drawn = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const lines = { fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round" };
  const svg = drawn("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", ...lines });
  svg.append(drawn("circle", { cx: 12, cy: 12, r: 10 }), drawn("path", { d: ICONS[kind] }));
  return svg;
}
