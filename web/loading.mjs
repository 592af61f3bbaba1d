// Loading what a link leads to: with word of how far it is, and patience that ends.
import { PRIVATE } from "./nodes.mjs";
import { InvalidBundle, Unavailable } from "./refusals.mjs";
import { collected } from "./streams.mjs";

/** How long a server may send nothing, and how long all of it may take. */
const [SILENCE_MS, LONGEST_MS] = [20_000, 600_000];

/**
 * The bytes that a URL leads to, at the most so many. `told` hears how many there are, and how many there will be (0 where
 * nobody knows). Throws Unavailable, InvalidBundle where there are more, and whatever `stop` was aborted by.
 */
export async function load(url, most, stop, told) {
  const late = new AbortController();
  const giveUpAfter = (ms, why) => setTimeout(() => late.abort(why), ms);
  const longest = giveUpAfter(LONGEST_MS, `takes longer than ${LONGEST_MS / 60_000} minutes`);
  let silence;
  function heard(size, total) {
    clearTimeout(silence);
    silence = giveUpAfter(SILENCE_MS, `has sent nothing for ${SILENCE_MS / 1000} seconds`);
    told(size, total);
  }
  let why;
  try {
    heard(0, 0);
    const signal = AbortSignal.any([stop, late.signal]);
    const response = await fetch(url, { ...PRIVATE, redirect: "follow", signal });
    const total = Number(response.headers.get("Content-Length"));
    if (response.ok) return await collected(response.body, most, (size) => heard(size, total));
    why = `it answers with the status ${response.status}`;
  } catch (error) {
    stop.throwIfAborted();
    if (error instanceof RangeError) throw new InvalidBundle(error.message);
    if (late.signal.aborted) why = `it ${late.signal.reason}`;
  } finally {
    clearTimeout(longest);
    clearTimeout(silence);
  }
  throw new Unavailable(
    `the file can’t be loaded from ${url.host}${why ? `: ${why}` : ""}`,
    "Load it by itself, and choose it here as a file: some servers give nothing to pages.",
  );
}
