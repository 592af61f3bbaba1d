// The page that verifies: takes a file or a link, asks the nodes that it is given, and shows what came of it.
//
// `PINS`, what this page takes for the ledger, is built into it: the contract, the hash of its code, how to ask for a
// head, and the policies' names by their hashes.
import { MOST_BYTES, readBundle } from "./bundles.mjs";
import { load } from "./loading.mjs";
import { allowed, requireOnChain, urlsIn } from "./nodes.mjs";
import { InvalidBundle, Unavailable } from "./refusals.mjs";
import { busy, refused, verified } from "./report.mjs";
import { CHECKS, requireBlock, verify } from "./verification.mjs";

const at = (id) => document.getElementById(id);
let isBusy = false;

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!isBusy) run();
});
// What was given last is meant.
at("file").addEventListener("change", () => (at("link").value = ""));
at("link").addEventListener("input", () => (at("file").value = ""));
addEventListener("hashchange", takeFragment);
takeFragment();

// The page says what it needs until a script that runs takes that away: one too old to read this script never does.
const isNew = [globalThis.DecompressionStream, URL.canParse, AbortSignal.any, "".isWellFormed].every(Boolean);
at("needs").hidden = isNew;
at("form").hidden = !isNew;

/** A link to this page may carry one to a bundle, which is loaded when somebody asks for it. */
function takeFragment() {
  const link = new URLSearchParams(location.hash.slice(1)).get("bundle");
  if (link) at("link").value = link;
}

async function run() {
  isBusy = true;
  at("verify").setAttribute("aria-disabled", "true");
  const stop = new AbortController();
  const shown = busy(() => stop.abort(new Unavailable("you stopped it", "Press Verify to begin anew.")));
  show(shown);
  await painted();
  show(await report(stop.signal, shown.tell));
  at("verify").removeAttribute("aria-disabled");
  isBusy = false;
}

function painted() {
  return new Promise((resolve) => setTimeout(resolve));
}

function show({ verdict, found }) {
  at("verdict").replaceChildren(...verdict);
  at("found").replaceChildren(...found);
  at("verdict").scrollIntoView();
  at("verdict").querySelector("h2")?.focus({ preventScroll: true });
}

/** What comes of it; `tell` says what is waited for until then, which `stop` ends. */
async function report(stop, tell) {
  const checks = ["form", "block"];
  const held = new Set();
  let bundle;
  try {
    const witness = witnessGiven();
    bundle = await readBundle(await contentGiven(stop, tell));
    checks.splice(1, 0, ...CHECKS[bundle.bundle]);
    held.add("form");
    const proven = verify(bundle, PINS, (check) => held.add(check));
    return verified(proven, bundle, checks, await confirmed(proven, witness, stop, tell));
  } catch (error) {
    return refused(error, bundle, checks, held);
  }
}

/** Who is believed about the chain: whoever gave a block's hash, nodes, or both. */
function witnessGiven() {
  const hash = at("hash").value.trim();
  if (!hash || /^0x[0-9a-fA-F]{64}$/.test(hash)) return { hash, urls: urlsIn(at("nodes").value) };
  throw new Unavailable("what you entered is no block’s hash", "It has 0x and 64 digits from 0 to 9 and a to f.");
}

async function contentGiven(stop, tell) {
  const [file] = at("file").files;
  const link = at("link").value.trim();
  if (file) {
    if (file.size > MOST_BYTES) throw new InvalidBundle(`it holds more than ${MOST_BYTES.toLocaleString("en")} bytes`);
    return new Uint8Array(await file.arrayBuffer());
  }
  if (!link) throw new Unavailable("there is nothing to check yet", "Choose a file, or enter a link to one.");
  const isSaved = location.protocol === "file:";
  const own = isSaved || !URL.canParse(link, location.href) ? null : new URL(link, location.href);
  const url = own?.origin === location.origin ? own : allowed(link);
  return load(url, MOST_BYTES, stop, (size, total) => tell(`Loading the file from ${url.host} …`, size, total));
}

/**
 * Whose word it is that the block is on the chain: of an entered hash, and of nodes' `hosts`, of which there may be fewer
 * than were `asked`; and whether the company's head is `still` what it was, null where no node says so.
 */
async function confirmed(proven, { hash, urls }, stop, tell) {
  if (hash) requireBlock(proven, hash);
  const entered = Boolean(hash);
  if (!urls.length && !entered) {
    throw new Unavailable(
      `all in the file fits together, but nobody was asked whether its block ${proven.block.number} is on the chain`,
      "Enter the address of a node, or the block’s hash from somebody you trust.",
    );
  }
  if (!urls.length) return { entered, asked: 0, hosts: [], still: null };
  tell("All in the file fits together. Asking whether its block is on the chain …");
  try {
    return { entered, asked: urls.length, ...(await requireOnChain(proven, urls, PINS, stop)) };
  } catch (error) {
    if (!entered || stop.aborted || !(error instanceof Unavailable)) throw error;
    const alone = "The block has the hash that you entered: to rely on that alone, take the nodes away.";
    throw new Unavailable(error.message, `${error.remedy} ${alone}`);
  }
}
