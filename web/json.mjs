// JSON as bundles have it, read strictly, and written canonically (RFC 8785).
//
// `JSON.parse` takes a name twice, and 1.0, 1e0 and -0 for the integers that they equal: two readers could then take one
// file for two things. Here a name stands once, and a number is an integer, written in the one way that there is.

const MOST_DEEP = 64;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const WORDS = { true: true, false: false, null: null };
const WORD = /true|false|null/y;

/** The value that a text is the JSON of; its objects have no prototype. Throws SyntaxError. */
export function parse(text) {
  let place = 0;

  function taken(pattern) {
    pattern.lastIndex = place;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) place += found.length;
    return found;
  }

  function next() {
    taken(SPACE);
    return text[place];
  }

  function refuse(why) {
    throw new SyntaxError(`${why} at its character ${place + 1}`);
  }

  function expect(character) {
    if (next() !== character) refuse(`${character} is missing`);
    place += 1;
  }

  function string() {
    const start = place;
    let end = start;
    do {
      end = text.indexOf('"', end + 1);
      if (end < 0) refuse("a text does not end");
    } while (isEscaped(end));
    place = end + 1;
    try {
      const found = JSON.parse(text.slice(start, place));
      if (found.isWellFormed()) return found;
    } catch {
      // Said below.
    }
    place = start;
    return refuse("there is no text");
  }

  function isEscaped(end) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes += 1;
    return slashes % 2 === 1;
  }

  function number() {
    const start = place;
    const found = taken(NUMBER);
    if (Number.isSafeInteger(Number(found)) && found !== "-0") return Number(found);
    place = start;
    return refuse("there is neither an integer of 53 bits nor anything else");
  }

  function items(close, item) {
    place += 1;
    if (next() === close) place += 1;
    else {
      for (;;) {
        item();
        if (next() === close) break;
        expect(",");
      }
      place += 1;
    }
  }

  function list(depth) {
    const found = [];
    items("]", () => found.push(value(depth)));
    return found;
  }

  function object(depth) {
    const found = Object.create(null);
    items("}", () => {
      if (next() !== '"') refuse("a name is missing");
      const name = string();
      if (name in found) refuse(`the name ${name.slice(0, 40)} stands twice`);
      expect(":");
      found[name] = value(depth);
    });
    return found;
  }

  function value(depth) {
    if (depth > MOST_DEEP) refuse("it is nested too deeply");
    const first = next();
    if (first === '"') return string();
    if (first === "[") return list(depth + 1);
    if (first === "{") return object(depth + 1);
    const word = taken(WORD);
    return word === undefined ? number() : WORDS[word];
  }

  const found = value(0);
  if (next() !== undefined) refuse("something comes after its end");
  return found;
}

/** The one text that a value is written as. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** Whether a value is an object, which a list is not. */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an object with these names, separated by spaces, and no other. */
export function hasOnly(value, names) {
  return isObject(value) && Object.keys(value).sort().join(" ") === names.split(" ").sort().join(" ");
}
