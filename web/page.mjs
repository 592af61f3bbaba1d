// The page that verifies: takes a file or a link, asks the nodes that it is given, and shows what came of it.
//
// `PINS`, what this page takes for the ledger, is built into it: the contract, the hash of its code, how to ask for a
// head, and the policies' names by their hashes.
import { MOST_BYTES, readBundle } from "./bundles.mjs";
import { allowed, PRIVATE, requireOnChain, urlsIn } from "./nodes.mjs";
import { InvalidBundle, Unavailable } from "./refusals.mjs";
import { busy, refused, verified } from "./report.mjs";
import { collected } from "./streams.mjs";
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

/** A link to this page may carry one to a bundle, which is loaded when somebody asks for it. */
function takeFragment() {
  const link = new URLSearchParams(location.hash.slice(1)).get("bundle");
  if (link) at("link").value = link;
}

async function run() {
  isBusy = true;
  at("verify").setAttribute("aria-disabled", "true");
  show({ verdict: [busy()], found: [] });
  // That is painted first.
  await new Promise((resolve) => setTimeout(resolve));
  show(await report());
  at("verify").removeAttribute("aria-disabled");
  isBusy = false;
}

function show({ verdict, found }) {
  at("verdict").replaceChildren(...verdict);
  at("found").replaceChildren(...found);
  at("verdict").scrollIntoView();
}

async function report() {
  const checks = ["form", "block"];
  const held = new Set();
  let bundle;
  try {
    const witness = witnessGiven();
    bundle = await readBundle(await contentGiven());
    checks.splice(1, 0, ...CHECKS[bundle.bundle]);
    held.add("form");
    const proven = verify(bundle, PINS, (check) => held.add(check));
    return verified(proven, bundle, checks, await confirmed(proven, witness));
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

async function contentGiven() {
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
  try {
    const response = await fetch(url, { ...PRIVATE, redirect: "follow" });
    if (response.ok) return await collected(response.body, MOST_BYTES);
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidBundle(error.message);
  }
  throw new Unavailable(
    `the file can’t be loaded from ${url.host}`,
    "Load it by itself, and choose it here as a file: some servers give nothing to pages.",
  );
}

/**
 * Whose word it is that the block is on the chain: of an entered hash, and of nodes' `hosts`, of which there may be fewer
 * than were `asked`; and whether the company's head is `still` what it was, null where no node says so.
 */
async function confirmed(proven, { hash, urls }) {
  if (hash) requireBlock(proven, hash);
  const entered = Boolean(hash);
  if (!urls.length && !entered) {
    throw new Unavailable(
      `all in the file fits together, but nobody was asked whether its block ${proven.block.number} is on the chain`,
      "Enter the address of a node, or the block’s hash from somebody you trust.",
    );
  }
  if (!urls.length) return { entered, asked: 0, hosts: [], still: null };
  try {
    return { entered, asked: urls.length, ...(await requireOnChain(proven, urls, PINS)) };
  } catch (error) {
    if (!entered || !(error instanceof Unavailable)) throw error;
    const alone = "The block has the hash that you entered: to rely on that alone, take the nodes away.";
    throw new Unavailable(error.message, `${error.remedy} ${alone}`);
  }
}
