// The scores in JavaScript: from what became of promises to every figure, to the last bit as the gateway computes them.
//
// The twin of ledger/scoring, bound to it by tests/vectors/scores.json; docs/scoring.md says what each formula is for.
// Inside, sums are bigints; what comes out are numbers, rates in parts per million.
import { digest, read } from "./bytes.mjs";
import { ceilDiv, floorDiv, fraction, less, minus, over, plus, rootUp, times } from "./fractions.mjs";
import { canonical } from "./json.mjs";
import { outcome } from "./outcomes.mjs";

const DAY = 86_400;
const WHOLE = 1_000_000n;
const POINT = 10_000n;
const FINE = 10n ** 12n;
const SLACK = 1000n;
const NOBODY = `0x${"0".repeat(64)}`;

/** The score of a company at a time, by where its promises stand; `market` holds all companies' (see `marketOf`). */
export function score(standings, asOf, policy, market) {
  const sums = tally(standings, asOf, policy);
  const counts = add(sums.days.values(), COUNTS);
  const whole = reliability(sums.clusters, asOf, policy, () => true);
  const strata = ["routine", "critical"].map((_, stratum) =>
    reliability(sums.clusters, asOf, policy, (cluster) => cluster.stratum === stratum),
  );
  const there = strata.filter((stratum) => stratum.evidence.weight > 0n);
  const floor = floorOf(there, policy);
  const confirmed = Number(rate(counts.confirmed, counts.fulfilled));
  const witnessed = Number(rate(whole.evidence.confirmed, whole.evidence.fulfilled));
  const alarms = burns(sums.days, asOf, policy);
  const ambition = ambitionOf(sums, market);
  const evidence = milli(whole.evidence);
  const holds = {
    "thin evidence": floor === null || there.some((stratum) => !judged(stratum, policy)),
    "few customers dominate": counts.matured > 0n && customersMilli(whole.evidence) < 1000 * policy.few_customers,
    "hardly confirmed": counts.fulfilled > 0n && witnessed < policy.green_confirmed_ppm,
    "promises more than it has shown":
      sums.open * 1000 > policy.exposure * evidence && sums.open >= policy.min_promises,
    "deadlines are padded": ambition.padding !== null && ambition.padding < policy.ambition_ppm,
    "failures come faster than before": alarms.some(({ rings }) => rings),
    "what is open could change it": counts.disputed > 0n,
  };
  return {
    policy: policyHash(policy),
    counts: numbers(counts),
    open: sums.open,
    released: sums.released,
    floor,
    grade: gradeOf(floor, witnessed, policy),
    confirmed,
    witnessed,
    reliability: shown(whole),
    routine: strata[0].evidence.weight ? shown(strata[0]) : null,
    critical: strata[1].evidence.weight ? shown(strata[1]) : null,
    fairness: fairness(sums, asOf, policy),
    burns: alarms,
    ...estimates(sums.services, whole.evidence, market, policy),
    ambition,
    cautions: Object.keys(holds).filter((caution) => holds[caution]),
  };
}

/** The keccak256 of a policy's canonical JSON (RFC 8785): what names it. */
export function policyHash(policy) {
  return digest(canonical(policy));
}

// ── what a promise is worth ────────────────────────────────────────────────────────────────────────────────────────────

/** What a matured promise counts as, and what it is worth at the least and at the most, in basis points. */
export function credit(standing, asOf, policy) {
  const { status, customer, arbiter, upheld, dismissed } = standing;
  const listed = policy.arbiters.includes(arbiter);
  const earned = upheld ? 0 : earnedBy(standing, policy);
  let result = outcome(standing, asOf);
  // A remedy grants a failure, unless a listed arbiter has found that there was none.
  if (result === "remedied" && dismissed && listed && earned > policy.remedied_credit_bp) {
    result = earned === Number(POINT) ? "kept" : "late";
  }
  if (result === "remedied" && (listed || customer !== NOBODY)) {
    return { result, low: policy.remedied_credit_bp, high: policy.remedied_credit_bp };
  }
  if (result === "remedied" || result === "broken") return { result: "broken", low: 0, high: 0 };
  if (result === "disputed" || (status === "dismissed" && !listed)) {
    if (unanswered(standing, asOf, policy)) return { result: "broken", low: 0, high: 0 };
    return { result: "disputed", low: 0, high: earned };
  }
  const witnessed = standing.confirmedAt !== null && (listed || !standing.confirmedByArbiter);
  if (standing.unilateral && !witnessed) return { result: "disputed", low: 0, high: earned };
  return { result, low: earned, high: earned };
}

/** Whether the last dispute got no answer in time: none before it was settled, nor before now. */
function unanswered({ answeredAt, settledAt, disputedAt }, asOf, policy) {
  if (disputedAt === null) return false;
  const ends = [answeredAt, settledAt].filter((end) => end !== null);
  return Math.min(...(ends.length ? ends : [asOf])) - disputedAt >= policy.answer_s;
}

function earnedBy({ fulfilledAt, madeAt, dueAt, service }, policy) {
  if (fulfilledAt === null) return 0;
  const late = Math.max(0, fulfilledAt - dueAt);
  if (late === 0) return Number(POINT);
  const [numerator, denominator] = policy.grace_share;
  const share = Number((BigInt(dueAt - madeAt) * BigInt(numerator)) / BigInt(denominator));
  const grace = Math.min(share, policy.grace_cap_s_by_service[service] ?? policy.grace_cap_s);
  return late < grace ? Number((BigInt(policy.late_credit_bp) * BigInt(grace - late)) / BigInt(grace)) : 0;
}

// ── decay ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const tables = new Map();

/** T[r] = ⌊2^48 · 2^(r/H)⌋ for the days of a half-life. */
function table(halfLife) {
  if (!tables.has(halfLife)) {
    const degree = BigInt(halfLife);
    const entries = Array.from({ length: halfLife }, (_, day) => {
      const value = 1n << (48n * degree + BigInt(day));
      let root = 1n << 48n;
      for (let bit = 47n; bit >= 0n; bit--) if ((root | (1n << bit)) ** degree <= value) root |= 1n << bit;
      return root;
    });
    tables.set(halfLife, entries);
  }
  return tables.get(halfLife);
}

/** The digest of a half-life's table, as it stands in policies. */
export function tableDigest(halfLife) {
  return digest(read(`0x${table(halfLife).map((entry) => entry.toString(16).padStart(16, "0")).join("")}`));
}

function growth(time, halfLife, policy) {
  const day = Math.max(0, Math.floor(time / DAY) - policy.epoch_day);
  return table(halfLife)[day % halfLife] << BigInt(Math.floor(day / halfLife));
}

// ── sums ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const COUNTS =
  "matured kept late broken remedied disputed fulfilled confirmed contested answered answer_time ruled upheld " +
  "unilateral returned failed told announced credit";
const SERVICE = "matured kept credit weight low high";
const PEERS = "companies matured kept credit creditSquares maturedSquares";
const CELL = "matured kept failed remedied";
const GROUP = `${CELL} number`;
const CLUSTER = "weight squares low high strict late remedied fulfilled confirmed";

function tally(standings, asOf, policy) {
  const kinds = ["clusters", "cells", "days", "services", "spans"];
  const sums = { open: 0, released: 0, ...Object.fromEntries(kinds.map((kind) => [kind, new Map()])) };
  for (const standing of standings) {
    const result = outcome(standing, asOf);
    if (result === "open" || result === "released") sums[result] += 1;
    else countIn(sums, standing, asOf, policy);
  }
  return sums;
}

function countIn(sums, standing, asOf, policy) {
  const { service, cohort, dueAt, madeAt, fulfilledAt } = standing;
  const { result, ...worth } = credit(standing, asOf, policy);
  const [low, high] = [BigInt(worth.low), BigInt(worth.high)];
  const day = Math.floor(dueAt / DAY);
  const failed = ["late", "broken", "remedied"].includes(result);
  const is = (holds) => (holds ? 1n : 0n);

  const cluster = clusterOf(sums.clusters, standing, day, policy);
  const weight = growth(dueAt, cluster.halfLife, policy);
  const lost = POINT * weight - high * weight;
  gain(cluster, { weight, squares: weight * weight, low: low * weight, high: high * weight });
  if (result === "kept") gain(cluster, { strict: POINT * weight });
  if (result === "late" || result === "remedied") gain(cluster, { [result]: lost });
  if (fulfilledAt !== null) gain(cluster, { fulfilled: weight, confirmed: weight * wordOf(standing, cluster, policy) });

  const period = Math.floor(day / policy.period_days);
  const place = `${service} ${period} ${cohort} ${cluster.who}`;
  const cell = row(sums.cells, place, CELL, { service, period, cohort });
  gain(cell, { matured: 1n, kept: is(result === "kept"), failed: is(failed), remedied: is(result === "remedied") });
  const sum = row(sums.services, service, SERVICE);
  gain(sum, { matured: 1n, kept: is(result === "kept"), credit: low, weight, low: low * weight, high: high * weight });

  const promised = row(sums.spans, `${service} ${span(dueAt - madeAt)}`, "promised took", { service, span: span(dueAt - madeAt) });
  gain(promised, { promised: 1n });
  if (fulfilledAt !== null && (result === "kept" || result === "late")) {
    const took = span(fulfilledAt - madeAt);
    gain(row(sums.spans, `${service} ${took}`, "promised took", { service, span: took }), { took: 1n });
  }
  gain(row(sums.days, day, COUNTS), {
    ...{ matured: 1n, [result]: 1n, credit: low, failed: is(failed) },
    ...{ fulfilled: is(fulfilledAt !== null), confirmed: is(fulfilledAt !== null && standing.confirmedAt !== null) },
    told: is(
      failed && (standing.unilateral || standing.owned || (result === "late" && standing.disputedAt === null)),
    ),
    announced: is(failed && standing.unilateral),
    ...{ unilateral: is(standing.unilateral), returned: is(standing.returned) },
    ruled: is(standing.upheld || (standing.dismissed && policy.arbiters.includes(standing.arbiter))),
    upheld: is(standing.upheld),
    ...answers(standing, asOf, policy),
  });
}

/** Whether a dispute was answered, or should have been, and how long that took. */
function answers(standing, asOf, policy) {
  const { disputedAt, answeredAt } = standing;
  if (disputedAt === null) return {};
  const took = answeredAt === null ? null : answeredAt - disputedAt;
  const inTime = took !== null && took < policy.answer_s;
  const contested = took !== null || unanswered(standing, asOf, policy);
  return { contested: contested ? 1n : 0n, answered: inTime ? 1n : 0n, answer_time: inTime ? BigInt(took) : 0n };
}

/** What the word of who confirmed a promise is worth, in ppm. */
function wordOf({ confirmedAt, confirmedByArbiter, arbiter }, { trusted }, policy) {
  if (confirmedAt === null) return 0n;
  const known = confirmedByArbiter ? policy.arbiters.includes(arbiter) : trusted;
  return known ? WHOLE : BigInt(policy.unlisted_ppm);
}

/** The sums of all promises that turn out alike: to one customer, or to the public on one day. */
function clusterOf(clusters, { customer, arbiter, service, stakes, countersigned }, day, policy) {
  const halfLife = policy.half_life_days_by_service[service] ?? policy.half_life_days;
  const stratum = stakes >= policy.critical_from ? 1 : 0;
  const isPublic = customer === NOBODY;
  const who = isPublic ? `${arbiter} ${service} ${day}` : customer;
  const listed = isPublic ? policy.arbiters.includes(arbiter) : policy.customers.includes(customer);
  // Anybody can name a customer who is listed; a customer's own signature shows that it knows of the promise.
  const trusted = listed && (isPublic || countersigned);
  return row(clusters, `${stratum} ${halfLife} ${trusted} ${who}`, CLUSTER, { stratum, halfLife, trusted, who });
}

/** Times fall into spans that are a sixteenth to a thirty-second of their length apart. */
function span(seconds) {
  const shift = Math.max(0, seconds.toString(2).length - 5);
  return 16 * shift + Math.floor(seconds / 2 ** shift);
}

function row(rows, key, names, rest = {}) {
  if (!rows.has(key)) rows.set(key, { ...zeros(names), ...rest });
  return rows.get(key);
}

function zeros(names) {
  return Object.fromEntries(names.split(" ").map((name) => [name, 0n]));
}

function gain(into, share) {
  for (const name in share) into[name] += share[name];
}

function add(rows, names) {
  const sum = zeros(names);
  for (const each of rows) for (const name in sum) sum[name] += each[name];
  return sum;
}

function numbers(sums) {
  return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, Number(value)]));
}

// ── intervals ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Wilson's interval of `successes` of `trials`, both in 1/unit, in 1/scale: rounded outwards. */
function wilson(successes, trials, unit, [z, zOf], scale) {
  if (trials === 0n) return [0n, scale];
  const [u, v] = [BigInt(z) ** 2n, BigInt(zOf) ** 2n];
  const center = trials * (2n * successes * v + u * unit);
  const radicand = (trials * u * unit) ** 2n + 4n * u * v * trials * successes * (trials - successes) * unit;
  const denominator = 2n * trials * (trials * v + u * unit);
  const root = rootUp(scale * scale * radicand);
  return [floorDiv(scale * center - root, denominator), ceilDiv(scale * center + root, denominator)];
}

function interval(successes, trials, policy) {
  const [low, high] = wilson(successes, trials, 1n, policy.z, WHOLE);
  return numbers({ rate: rate(successes, trials), low, high });
}

function rate(part, whole) {
  return whole ? (part * WHOLE) / whole : 0n;
}

// ── reliability ────────────────────────────────────────────────────────────────────────────────────────────────────────

function reliability(clusters, asOf, policy, wanted) {
  const totals = new Map();
  for (const cluster of clusters.values()) {
    if (!wanted(cluster)) continue;
    const total = row(totals, `${cluster.stratum} ${cluster.halfLife}`, CLUSTER, { halfLife: cluster.halfLife });
    gain(total, capped(cluster, policy));
  }
  const now = new Map([...totals.values()].map(({ halfLife }) => [halfLife, growth(asOf, halfLife, policy)]));
  const whole = [...now.values()].reduce((product, each) => product * each, 1n);
  const evidence = { ...zeros(CLUSTER), unit: POINT * whole };
  for (const { halfLife, ...total } of totals.values()) {
    const share = whole / now.get(halfLife);
    for (const name in total) evidence[name] += total[name] * (name === "squares" ? share * share : share);
  }
  const of = (least, most) => {
    const [low] = wilson(least, evidence.weight, evidence.unit, policy.z, WHOLE);
    const [, high] = wilson(most, evidence.weight, evidence.unit, policy.z, WHOLE);
    return numbers({ rate: evidence.weight ? ((least + most) * WHOLE) / (2n * evidence.weight) : 0n, low, high });
  };
  return { evidence, credited: of(evidence.low, evidence.high), strict: of(evidence.strict, evidence.strict) };
}

/** What a cluster counts for: by Kish, less the more alike its promises are. */
function capped({ trusted, ...cluster }, policy) {
  const [a, b] = policy.correlation.map(BigInt);
  const trust = trusted ? WHOLE : BigInt(policy.unlisted_ppm);
  const cap = b * cluster.squares;
  const whole = (b - a) * cluster.squares + a * cluster.weight ** 2n;
  const [factor, divisor] = [trust * cap, WHOLE * whole];
  const weight = (POINT * cluster.weight * factor) / divisor;
  const rest = ["low", "high", "strict", "late", "remedied"].map((name) => [name, (cluster[name] * factor) / divisor]);
  return {
    ...{ weight, squares: weight * weight, ...Object.fromEntries(rest) },
    fulfilled: (POINT * cluster.fulfilled * cap) / whole,
    confirmed: (POINT * cluster.confirmed * cap) / divisor,
  };
}

function milli({ weight, unit }) {
  return Number((weight * 1000n) / unit);
}

function customersMilli({ weight, squares }) {
  return squares ? Number((weight ** 2n * 1000n) / squares) : 0;
}

function judged({ evidence }, policy) {
  return milli(evidence) >= 1000 * policy.min_evidence;
}

/** Where the credit went: parts that sum to a million. */
function parts({ evidence, credited }) {
  const names = ["assured", "unproven", "disputed", "late", "remedied", "broken"];
  if (evidence.weight === 0n) return Object.fromEntries(names.map((name) => [name, 0]));
  let reached = evidence.low;
  const ends = [0, credited.low];
  for (const lost of [0n, evidence.high - evidence.low, evidence.late, evidence.remedied]) {
    reached += lost;
    ends.push(Number((reached * WHOLE) / evidence.weight));
  }
  ends.push(Number(WHOLE));
  return Object.fromEntries(names.map((name, place) => [name, ends[place + 1] - ends[place]]));
}

function shown(found) {
  return {
    evidence_milli: milli(found.evidence),
    customers_milli: customersMilli(found.evidence),
    credited: found.credited,
    strict: found.strict,
    parts: parts(found),
  };
}

/** The least that any stratum allows: its floor once it is judged, its ceiling without evidence, and between in proportion. */
function floorOf(strata, policy) {
  if (!strata.some((stratum) => judged(stratum, policy))) return null;
  const enough = 1000 * policy.min_evidence;
  const bounds = strata.map(({ evidence, credited: { low, high } }) => {
    const known = Math.min(milli(evidence), enough);
    return Number((BigInt(low) * BigInt(known) + BigInt(high) * BigInt(enough - known)) / BigInt(enough));
  });
  return Math.min(...bounds);
}

function gradeOf(floor, witnessed, policy) {
  if (floor === null) return "not enough evidence";
  if (floor >= policy.green_from_ppm && witnessed >= policy.green_confirmed_ppm) return "high";
  return floor >= policy.amber_from_ppm ? "medium" : "low";
}

// ── fairness ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const [FAIR, UNFAIR, UNKNOWN] = ["fair", "unfair", "not enough evidence"];

function fairness({ cells, days }, asOf, policy) {
  const last = Math.floor(Math.floor(asOf / DAY) / policy.period_days);
  const first = Math.max(0, last - policy.periods + 1);
  const within = [...cells.values()].filter(({ period }) => first <= period && period <= last);
  const groups = new Map();
  const sizes = new Map();
  for (const { service, period, cohort, ...cell } of within) {
    const group = grouped(cell, policy);
    gain(row(groups, `${service} ${period} ${cohort}`, GROUP, { service, period, cohort }), group);
    const capped = { capped_matured: group.matured, capped_failed: group.failed };
    gain(row(sizes, cohort, `${CELL} capped_matured capped_failed`), { ...cell, ...capped });
  }
  const looked = [...days].filter(([day]) => first <= Math.floor(day / policy.period_days));
  const counts = add(looked.map(([, sums]) => sums), COUNTS);

  const cohorts = cohortsOf(sizes, counts, policy);
  // A gap would give away a cohort that is hidden.
  const shown = cohorts.filter(({ kept }) => kept !== null).map(({ cohort }) => cohort);
  const compared = shown.filter((cohort) => 1 <= cohort && cohort <= policy.compared_cohorts);
  const comparable = [...groups.values()].filter(({ cohort }) => 1 <= cohort && cohort <= policy.compared_cohorts);
  const among = strataOf(comparable);
  const outcomes = gaps(among, sizes, compared, "matured", "kept", policy);
  const remedies = gaps(among, sizes, compared, "failed", "remedied", policy);
  const conduct = conductOf(counts, policy);
  const shared = sharedBy(among, compared);
  const enough = Number(rate(shared, counts.matured)) >= policy.shared_ppm;
  const differences = outcomes.filter(({ strata }) => strata).map(({ estimate }) => Math.abs(estimate));
  const sum = differences.reduce((one, other) => one + other, 0);
  return {
    state: verdict(outcomes, remedies, conduct, enough, policy),
    since: first * policy.period_days * DAY,
    outcome: outcomes,
    remedy: remedies,
    outcome_mean_difference: differences.length ? Math.floor(sum / differences.length) : 0,
    outcome_ratio: ratioOf(shown.map((cohort) => sizes.get(cohort))),
    conduct,
    announced: interval(counts.announced, counts.failed, policy),
    answer_time: counts.answered ? Number(counts.answer_time / counts.answered) : null,
    shared: Number(shared),
    cohorts,
  };
}

/** Like promises to one customer, capped, in millionths: n that matured, or failed, count for n/(1 + (n − 1)·ρ). */
function grouped({ matured, kept, failed, remedied }, policy) {
  const [a, b] = policy.correlation.map(BigInt);
  const of = (part, n) => (n ? (WHOLE * b * part) / (b + (n - 1n) * a) : 0n);
  return {
    ...{ matured: of(matured, matured), kept: of(kept, matured), number: matured },
    ...{ failed: of(failed, failed), remedied: of(remedied, failed) },
  };
}

/** The groups of each service and period, by cohort. */
function strataOf(groups) {
  const strata = new Map();
  for (const group of groups) {
    const place = `${group.service} ${group.period}`;
    if (!strata.has(place)) strata.set(place, {});
    strata.get(place)[group.cohort] = group;
  }
  return [...strata.values()];
}

/** How many promises to some cohorts have others beside them of the same service and period. */
function sharedBy(strata, cohorts) {
  const several = strata.filter((groups) => Object.keys(groups).length > 1);
  const found = several.flatMap((groups) => cohorts.map((cohort) => groups[cohort]?.number ?? 0n));
  return found.reduce((one, other) => one + other, 0n);
}

function gaps(strata, sizes, shown, cases, good, policy) {
  const least = BigInt(policy.min_promises) * WHOLE;
  const compared = shown.filter((cohort) => sizes.get(cohort)[`capped_${cases}`] >= least);
  const pairs = compared.flatMap((first, place) => compared.slice(place + 1).map((second) => [first, second]));
  const z = policy.fairness_z_by_pairs[pairs.length];
  return pairs.map(([first, second]) => {
    const [pair, bySize] = [MANTEL_HAENSZEL, BY_SIZE].map((weight) => compare(strata, first, second, cases, good, weight));
    return gap(first, second, pair, bySize, z, policy);
  });
}

/** Weights of a service and period with so many promises to either cohort, as numerator and denominator. */
const MANTEL_HAENSZEL = (n, m) => [n * m, n + m];
const BY_SIZE = (n, m) => [n + m, 1n];

/** Sums over the services and periods in which both cohorts have cases. */
function compare(strata, first, second, cases, good, weight) {
  const pair = { strata: 0, weight: 0n, first: 0n, second: 0n, firstSpread: 0n, secondSpread: 0n };
  for (const { [first]: one, [second]: other } of strata) {
    if (!one?.[cases] || !other?.[cases]) continue;
    const [n, m] = [one[cases], other[cases]];
    const [a, b] = weight(n, m);
    pair.strata += 1;
    pair.weight += (WHOLE * a) / b;
    pair.first += (WHOLE * a * one[good]) / (b * n);
    pair.second += (WHOLE * a * other[good]) / (b * m);
    pair.firstSpread += ceilDiv(WHOLE * a ** 2n, b ** 2n * n);
    pair.secondSpread += ceilDiv(WHOLE * a ** 2n, b ** 2n * m);
  }
  return pair;
}

/** A gap is fair only if it is within the margin with services weighted by their promises too. */
function gap(first, second, pair, bySize, z, policy) {
  const margin = policy.fairness_margin_ppm;
  const whole = Number(WHOLE);
  if (!pair.strata) return { first, second, estimate: 0, low: -whole, high: whole, strata: 0, state: UNKNOWN };
  const [low, high] = bounds(pair, z);
  const estimate = Number(floorDiv(2n * (pair.first - pair.second) * WHOLE + pair.weight, 2n * pair.weight));
  const found = state(low, high, margin);
  const hidden = found === FAIR && state(...bounds(bySize, z), margin) !== FAIR;
  return { first, second, estimate, low, high, strata: pair.strata, state: hidden ? UNKNOWN : found };
}

function bounds(pair, z) {
  const whole = Number(WHOLE);
  const one = limits(pair.first, pair.firstSpread, pair.weight, z);
  const other = limits(pair.second, pair.secondSpread, pair.weight, z);
  const unit = FINE / WHOLE;
  return [
    Math.max(-whole, Number(floorDiv(lower(one, other) - SLACK, unit))),
    Math.min(whole, Number(ceilDiv(-lower(other, one) + SLACK, unit))),
  ];
}

function limits(fared, spread, weight, z) {
  const [share, trials] = [(fared * FINE) / weight, weight ** 2n / spread];
  return [share, ...wilson(trials * share, trials * FINE, FINE ** 2n, z, FINE)];
}

/** Newcombe's lower bound of a difference, from two rates with their limits. */
function lower(one, other) {
  return one[0] - other[0] - rootUp((one[0] - one[1]) ** 2n + (other[2] - other[0]) ** 2n);
}

function state(low, high, margin) {
  if (low > margin || high < -margin) return UNFAIR;
  return -margin <= low && high <= margin ? FAIR : UNKNOWN;
}

function conductOf(counts, policy) {
  const misconduct = policy.misconduct_margin_ppm;
  const judge = (cases, bad, margin) => {
    const share = interval(bad, cases, policy);
    const known = cases >= BigInt(policy.min_promises);
    return { cases: Number(cases), bad: Number(bad), share, state: known ? state(share.low, share.high, margin) : UNKNOWN };
  };
  return {
    unanswered: judge(counts.contested, counts.contested - counts.answered, misconduct),
    overturned: judge(counts.ruled, counts.upheld, policy.overturned_margin_ppm),
    unilateral: judge(counts.matured, counts.unilateral, misconduct),
    returned: judge(counts.matured, counts.returned, misconduct),
    untold: judge(counts.failed, counts.failed - counts.told, policy.untold_margin_ppm),
  };
}

/** The weakest part's, of those with cases enough to be judged. */
function verdict(outcomes, remedies, conduct, enough, policy) {
  const weakest = (gapsOf) => [UNFAIR, UNKNOWN].find((each) => gapsOf.some((one) => one.state === each)) ?? FAIR;
  const found = [
    outcomes.length ? weakest(outcomes) : UNKNOWN,
    ...(remedies.length ? [weakest(remedies)] : []),
    ...Object.values(conduct).flatMap((part) => (part.cases >= policy.min_promises ? [part.state] : [])),
    ...(enough ? [] : [UNKNOWN]),
  ];
  return [UNFAIR, UNKNOWN].find((each) => found.includes(each)) ?? FAIR;
}

/** Each cohort's figure; a small one's stays hidden, and with it the next smallest, which would give it away. */
function cohortsOf(sizes, counts, policy) {
  const ordered = [...sizes].sort(([a, one], [b, other]) => Number(one.matured - other.matured) || a - b);
  const small = ordered.filter(([, { matured }]) => matured < policy.min_promises).length;
  const hidden = new Set(ordered.slice(0, small === 1 ? 2 : small).map(([cohort]) => cohort));
  return [...sizes]
    .sort(([a], [b]) => a - b)
    .map(([cohort, { matured, kept }]) =>
      hidden.has(cohort)
        ? { cohort, matured: 0, kept: null, shrunk: null }
        : {
            ...{ cohort, matured: Number(matured), kept: interval(kept, matured, policy) },
            shrunk: drawn(kept, matured, counts, BigInt(policy.min_promises)),
          },
    );
}

/** A cohort's share kept, drawn to the company's by a prior of some weight. */
function drawn(kept, matured, company, weight) {
  const share = WHOLE * (weight * company.kept + kept * company.matured);
  return Number(share / (company.matured * (weight + matured)));
}

/** The lowest share kept over the highest; null where there are not two, or nothing was kept. */
function ratioOf(cohorts) {
  if (cohorts.length < 2) return null;
  const ordered = cohorts.toSorted((one, other) => Number(one.kept * other.matured - other.kept * one.matured));
  const [lowest, highest] = [ordered[0], ordered.at(-1)];
  return highest.kept ? Number((WHOLE * lowest.kept * highest.matured) / (lowest.matured * highest.kept)) : null;
}

// ── drift ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function burns(days, asOf, policy) {
  const today = Math.floor(asOf / DAY);
  const start = Math.max(0, Math.floor(today / policy.period_days) - policy.periods + 1) * policy.period_days;
  const since = (first) => add([...days].filter(([day]) => day >= first).map(([, sums]) => sums), COUNTS);
  const whole = since(start);
  return policy.alarms.flatMap(({ days: length, burn }) => {
    const window = since(Math.max(0, today - length + 1));
    return window.matured ? [burnOf(length, burn, window, whole, policy)] : [];
  });
}

function burnOf(length, burn, window, whole, policy) {
  const least = (value) => (value < 0n ? 0n : value);
  const matured = least(whole.matured - window.matured) * POINT;
  const earned = least(whole.credit - window.credit);
  const [assured] = wilson(earned < matured ? earned : matured, matured, POINT, policy.z, WHOLE);
  const budget = WHOLE - assured;
  const lost = window.matured * POINT - window.credit;
  const [proven] = wilson(lost, window.matured * POINT, POINT, policy.z, WHOLE);
  const [faster, of] = burn.map(BigInt);
  const [part, whole_] = policy.alarm_reach.map(BigInt);
  const burnt = (faster * budget) / of;
  const reach = budget + ((WHOLE - budget) * part) / whole_;
  const threshold = burnt < reach ? burnt : reach;
  const rings = lost >= BigInt(policy.alarm_failures) * POINT && proven > threshold;
  return { days: length, ...numbers({ matured: window.matured, lost: proven, budget, threshold }), rings };
}

// ── context ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What all companies' promises teach about one's: `companies` holds each one's standings. */
export function marketOf(companies, asOf, policy) {
  const market = { services: new Map(), spans: new Map() };
  for (const standings of companies) {
    const { services, spans } = tally(standings, asOf, policy);
    for (const [service, own] of services) gain(row(market.services, service, PEERS), peer(own));
    for (const [key, { service, span: number, ...share }] of spans) {
      gain(row(market.spans, key, "promised took", { service, span: number }), share);
    }
  }
  return market;
}

/** What one company adds to the sums of all that have promises of a service. */
function peer({ matured, kept, credit: earned }) {
  const creditSquares = (FINE * earned ** 2n) / matured;
  return { companies: 1n, matured, kept, credit: earned, creditSquares, maturedSquares: matured ** 2n };
}

/** The companies of a service but one. */
function others(market, service, own) {
  const [peers, mine] = [market.services.get(service) ?? zeros(PEERS), peer(own)];
  if (!peers.companies) return peers;
  return Object.fromEntries(Object.entries(mine).map(([name, value]) => [name, peers[name] - value]));
}

/** What is expected of any company that promises a service: a Beta distribution. */
function prior(peers, policy) {
  const { mean_ppm, strength: least, strongest, companies } = policy.prior;
  if (peers.companies < companies) return { mean: fraction(mean_ppm, WHOLE), strength: fraction(least) };
  const mean = fraction(peers.credit, POINT * peers.matured);
  const total = fraction(peers.matured);
  const others = fraction(peers.companies - 1n);
  const spread = minus(fraction(peers.creditSquares, FINE * POINT ** 2n), times(total, times(mean, mean)));
  const alike = times(mean, minus(fraction(1n), mean));
  const room = times(alike, minus(minus(total, fraction(peers.maturedSquares, peers.matured)), others));
  const excess = minus(spread, times(alike, others));
  let strength = fraction(strongest);
  if (room.n > 0n && excess.n > 0n) {
    const learnt = minus(over(room, excess), fraction(1n));
    strength = less(learnt, fraction(least)) ? fraction(least) : less(strength, learnt) ? strength : learnt;
  }
  return { mean, strength };
}

function estimates(services, evidence, market, policy) {
  const matured = add(services.values(), SERVICE).matured;
  if (matured === 0n) return { estimate: policy.prior.mean_ppm, estimates: [] };
  let mean = fraction(0n);
  let strength = fraction(0n);
  const found = [];
  for (const [service, own] of [...services].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const peers = others(market, service, own);
    const expected = prior(peers, policy);
    const share = fraction(own.matured, matured);
    mean = plus(mean, times(expected.mean, share));
    strength = plus(strength, times(expected.strength, share));
    const kept = fraction(own.low + own.high, 2n * POINT * own.weight);
    const weight = fraction(evidence.weight * own.matured, evidence.unit * matured);
    const learnt = peers.companies >= policy.prior.companies;
    found.push({ service, matured: Number(own.matured), expected: shrunk(expected, kept, weight), learnt });
  }
  const kept = evidence.weight ? fraction(evidence.low + evidence.high, 2n * evidence.weight) : fraction(0n);
  const whole = shrunk({ mean, strength }, kept, fraction(evidence.weight, evidence.unit));
  return { estimate: whole, estimates: found };
}

/** The mean of the Beta-Binomial after the evidence. */
function shrunk({ mean, strength }, kept, evidence) {
  const whole = over(plus(times(strength, mean), times(evidence, kept)), plus(strength, evidence));
  return Number((whole.n * WHOLE) / whole.d);
}

/** What was kept against what peers would have kept within the times that were promised, and keep by their own. */
function ambitionOf({ services, spans }, market) {
  let kept = 0n;
  let [expected, usual] = [fraction(0n), fraction(0n)];
  for (const [service, own] of services) {
    const peers = others(market, service, own);
    if (!peers.matured) continue;
    kept += own.kept;
    usual = plus(usual, fraction(own.matured * peers.kept, peers.matured));
    const everybody = [...market.spans].filter(([, each]) => each.service === service);
    let pairs = 0n;
    for (const { service: of, span: length, promised } of spans.values()) {
      if (of !== service) continue;
      // Of those that took as long, half.
      for (const [key, { span: number, took }] of everybody) {
        const counted = number < length ? 2n : number === length ? 1n : 0n;
        pairs += promised * counted * (took - (spans.get(key)?.took ?? 0n));
      }
    }
    expected = plus(expected, fraction(pairs, 2n * peers.matured));
  }
  const [hoped, usually] = [expected, usual].map(({ n, d }) => (n * 1000n) / d);
  const overHoped = (value) => (hoped ? Number((value * WHOLE) / hoped) : null);
  const [ratio, padding] = [overHoped(kept * 1000n), overHoped(usually)];
  return { kept: Number(kept), expected_milli: Number(hoped), usual_milli: Number(usually), ratio, padding };
}
