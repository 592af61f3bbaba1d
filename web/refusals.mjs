// Why something is not verified: it does not hold, or it could not be checked. Nothing else is thrown on purpose.

/** What is said to prove something does not. */
export class InvalidProof extends Error {}

/** A file that is no bundle, so that nothing can be checked. */
export class InvalidBundle extends Error {}

/** What is needed to check, such as a node, does not answer or is not there; `remedy` says what to do. */
export class Unavailable extends Error {
  constructor(why, remedy) {
    super(why);
    this.remedy = remedy;
  }
}
