// Profiles: what a company says of itself. Nothing in one is proven but that the company's own log holds it.
import { digest, utf8ToBytes } from "./bytes.mjs";
import { isObject } from "./json.mjs";

const MOST_URI = 128 * 1024;
const MOST_NAMES = 2000;

/** What can't be seen, but for joiners, which are part of names in Persian and other scripts. */
const HIDDEN = /[^\P{C}\u200c\u200d]|[^\P{Z} ]/u;

/** The profile that a `data:` URI carries; null where it carries none, or not the one that its digest names. */
export function readProfile(uri, named) {
  const [, form, body] = /^data:application\/json([^,]*),([^]*)$/.exec(uri) ?? [];
  if (body === undefined || uri.length > MOST_URI) return null;
  try {
    const content = form.endsWith(";base64") ? unpacked(unquoted(body)) : unquoted(body);
    if (digest(content) !== named) return null;
    const words = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content));
    return isProfile(words) ? words : null;
  } catch {
    return null;
  }
}

function isProfile(words) {
  if (!isObject(words)) return false;
  const { handle, name, cohort_key: key = "", cohorts = {}, services = [], notice = "" } = words;
  return (
    typeof handle === "string" &&
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(handle) &&
    isText(name, 1, 80) &&
    isText(key, 0, 80) &&
    isObject(cohorts) &&
    Object.keys(cohorts).every((number) => /^[0-9]{1,5}$/.test(number)) &&
    areNames(Object.values(cohorts)) &&
    areNames(services) &&
    isText(notice, 0, 400)
  );
}

function areNames(list) {
  return Array.isArray(list) && list.length <= MOST_NAMES && list.every((name) => isText(name, 1, 80));
}

function isText(value, least, most) {
  if (typeof value !== "string" || HIDDEN.test(value)) return false;
  const { length } = [...value];
  return least <= length && length <= most;
}

/** The bytes of percent-encoded text; what is no such code stays. */
function unquoted(text) {
  const found = [];
  const bytes = utf8ToBytes(text);
  for (let place = 0; place < bytes.length; place += 1) {
    const code = bytes[place] === 0x25 ? String.fromCharCode(...bytes.subarray(place + 1, place + 3)) : "";
    const isCode = /^[0-9a-fA-F]{2}$/.test(code);
    found.push(isCode ? parseInt(code, 16) : bytes[place]);
    if (isCode) place += 2;
  }
  return Uint8Array.from(found);
}

/** The bytes that base64 stands for, of which `atob` alone takes sloppy forms too. Throws RangeError. */
function unpacked(bytes) {
  const text = new TextDecoder().decode(bytes);
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new RangeError("it is not base64");
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
