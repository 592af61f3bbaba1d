// Statements: what is said of a company's promises up to one event, so that anybody can compute it again.
import { checksummed, digest, isAddress } from "./bytes.mjs";
import { canonical, hasOnly, isObject } from "./json.mjs";
import { InvalidProof } from "./refusals.mjs";
import { marketOf, score } from "./score.mjs";

const VERSION = 1;

/** What a statement says, and its digest, by its JSON. Throws InvalidProof. */
export function readStatement(words) {
  const isDigest = (text) => typeof text === "string" && /^0x[0-9a-fA-F]{64}$/.test(text);
  if (!hasOnly(words, "version ledger company head policy as_of figures") || words.version !== VERSION) {
    throw new InvalidProof(`its statement can't be read: it is not an object of version ${VERSION}`);
  }
  const { ledger, company, head, policy, as_of: asOf, figures } = words;
  if (!Number.isSafeInteger(asOf) || asOf < 0 || !isObject(figures)) {
    throw new InvalidProof("its statement can't be read: its time or its figures are none");
  }
  if (typeof ledger !== "string" || !isAddress(company) || !isDigest(head) || !isDigest(policy)) {
    throw new InvalidProof("its statement can't be read: it does not name a ledger, a company, a head and a policy");
  }
  const [about, reached, by] = [company, head, policy].map((text) => text.toLowerCase());
  // Its letters are hashed.
  if (company !== checksummed(company) || head !== reached || policy !== by) {
    throw new InvalidProof(
      "its statement can't be read: it is not written as statements are: addresses by EIP-55, the rest in small letters",
    );
  }
  return { ledger, company: about, head: reached, policy: by, asOf, figures, digest: digest(canonical(words)) };
}

/** The figures that a company's own log and a policy give, and nothing of other companies, as statements have them. */
export function assured(standings, asOf, policy) {
  const found = score(standings, asOf, policy, marketOf([], asOf, policy));
  const { estimate, estimates, ambition, cautions, ...figures } = found;
  return { ...figures, cautions: cautions.filter((caution) => caution !== "deadlines are padded") };
}

/** Throws InvalidProof, which names the first place, where figures differ from the true ones. */
export function requireSame(said, found) {
  if (canonical(said) === canonical(found)) return;
  const { place, one, other } = differing(said, found, "");
  throw new InvalidProof(
    `its statement says ${short(one)} for ${place || "its figures"}, and its events give ${short(other)}`,
  );
}

function differing(one, other, place) {
  const names = Object.keys(Object(other));
  const isAlike =
    [one, other].every((each) => typeof each === "object" && each !== null) &&
    Array.isArray(one) === Array.isArray(other) &&
    hasOnly({ ...one }, names.join(" "));
  const name = isAlike ? names.find((each) => canonical(one[each]) !== canonical(other[each])) : undefined;
  if (name === undefined) return { place, one, other };
  return differing(one[name], other[name], place ? `${place}.${name}` : name);
}

function short(value) {
  const text = canonical(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)} …`;
}
