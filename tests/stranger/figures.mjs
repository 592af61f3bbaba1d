// A statement's figures, from a company's events and a policy, as docs/scoring.md says and by nothing else.
// Where a comment names a part of it, such as "Weights and sums", that stands in "For those who compute it again".
import { keccak_256 } from "@noble/hashes/sha3.js";

/** That this program doesn't know how to compute the figures. */
export class NotRecomputed extends Error {}

const DAY = 86_400;
const M = 1_000_000n;
const NONE = "not enough evidence";

const floor = (a, b) => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
const ceil = (a, b) => -floor(-a, b);
const lesser = (a, b) => (a < b ? a : b);
const total = (list, of) => list.reduce((sum, each) => sum + of(each), 0n);
const dayOf = (time) => Math.floor(time / DAY);
const isPublic = ({ customer }) => BigInt(customer) === 0n;

function grouped(list, keyOf) {
  const groups = new Map();
  for (const each of list) {
    const key = keyOf(each);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(each);
  }
  return [...groups.values()];
}

/** ⌈√x⌉ */
function rootUp(x) {
  if (x < 2n) return x;
  let root = 1n << BigInt((x.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root * root === x ? root : root + 1n;
    root = next;
  }
}

// Fractions: a numerator, and a denominator above zero.
const plus = ([a, b], [c, d]) => (b === d ? [a + c, b] : [a * d + c * b, b * d]);
const square = ([a, b]) => [a * a, b * b];

/** "Wilson's interval" of s in n, in units of 1/scale. */
function wilson([s, sOf], [n, nOf], [z, zOf], scale = M) {
  if (n === 0n) return [0n, scale];
  // Both over one denominator u: s = S/u, n = N/u. Numerator and denominator are multiplied by N·v, and z² = y/v.
  const [S, N, u, y, v] = [s * nOf, n * sOf, sOf * nOf, BigInt(z) ** 2n, BigInt(zOf) ** 2n];
  const [C, D] = [N * (2n * S * v + u * y), 2n * N * (N * v + u * y)];
  // (z·√(z² + 4s(n − s)/n)·u·N·v)² = y·(y·N + 4·S·(N − S)·v/u)·u²·N
  const root = rootUp(scale * scale * (y * y * u * u * N * N + 4n * y * v * S * (N - S) * u * N));
  return [floor(scale * C - root, D), ceil(scale * C + root, D)];
}

/** "An interval of k cases in n" */
function interval(k, n, policy) {
  const [low, high] = wilson([BigInt(k), 1n], [BigInt(n), 1n], policy.z);
  return { rate: n ? Number((BigInt(k) * M) / BigInt(n)) : 0, low: Number(low), high: Number(high) };
}

// ── what is remembered of a promise ──

/** Every promise that was made, by the last event of each; `self` is what the log calls the company itself. */
function livesOf(events, self) {
  const promises = new Map();
  const successors = new Map();
  for (const event of events) {
    if (event.name === "Made") promises.set(event.id, begun(event, successors.get(event.id)));
    else if (promises.has(event.id)) goOn(promises.get(event.id), event, self, successors);
  }
  return [...promises.values()];
}

function begun({ time, promise }, change) {
  const { customer, arbiter, service, cohort, stakes, dueAt } = promise;
  const p = { customer, arbiter, service, cohort, stakes, dueAt, madeAt: time, status: "Open", fulfilledAt: null };
  Object.assign(p, { confirmedBy: null, disputedAt: null, answeredAt: null, settledAt: null, handedBy: null });
  if (change?.consented) p.countersigned = true;
  else if (change) {
    const { madeAt, dueAt: due, service: of, cohort: to, stakes: at, countersigned } = change.before;
    Object.assign(p, { madeAt, dueAt: due, service: of, cohort: to, stakes: at, countersigned, unilateral: true });
  }
  return p;
}

function goOn(p, event, self, successors) {
  const { time } = event;
  switch (event.name) {
    case "Accepted":
      if (time < p.dueAt) p.countersigned = true;
      p.unilateral = false;
      break;
    case "HandedOff":
      if (event.to === p.handedBy) p.returned = true;
      p.handedBy = event.from;
      break;
    case "Amended":
      p.released = true;
      successors.set(event.successor, { before: p, consented: event.consented });
      break;
    case "Withdrawn":
      p.released = event.consented;
      p.unilateral = !event.consented;
      break;
    case "Fulfilled":
      p.fulfilledAt = time;
      p.status = "Fulfilled";
      break;
    case "Confirmed":
      p.confirmedBy = event.actor === self ? null : event.byArbiter ? "arbiter" : "customer";
      p.taken = event.matter === 2 && p.confirmedBy !== null && (p.confirmedBy === "customer" || isPublic(p));
      if (p.status === "Disputed") p.settledAt = time;
      p.status = "Confirmed";
      break;
    case "Disputed":
      Object.assign(p, { disputedAt: time, answeredAt: null, settledAt: null, confirmedBy: null, status: "Disputed" });
      break;
    case "Answered":
      p.answeredAt = time;
      break;
    case "Ruled":
      p.settledAt = time;
      p[event.upheld ? "upheld" : "dismissed"] = true;
      p.status = event.upheld ? "Upheld" : "Dismissed";
      break;
    case "Remedied":
      if (p.status === "Disputed") p.answeredAt ??= time;
      else {
        p.owned = p.status === "Open";
        p.status = "Remedied";
      }
  }
}

// ── what it counts as ──

function countedAs(p, asOf, policy) {
  const isListed = policy.arbiters.includes(p.arbiter);
  const earned = earnedBy(p, policy);
  const as = (result, low, high = low) => ({ result, low, high });
  const open = () => (isUnanswered(p, asOf, policy) ? as("broken", 0) : as("disputed", 0, earned));
  const eighth = () => as(earned === 10_000 ? "kept" : "late", earned);

  if (p.released) return as("released", 0);
  if (p.dueAt > asOf) return as("open", 0);
  if (p.status === "Disputed") return open();
  if (p.taken) {
    if (p.dismissed && isListed && earned > policy.remedied_credit_bp) return eighth();
    if (!isPublic(p) || isListed) return as("remedied", policy.remedied_credit_bp);
    return as("broken", 0);
  }
  if (p.upheld || p.fulfilledAt === null) return as("broken", 0);
  if (p.status === "Dismissed" && !isListed) return open();
  const isVouchedFor = p.confirmedBy === "customer" || (p.confirmedBy === "arbiter" && isListed);
  if (p.unilateral && !isVouchedFor) return as("disputed", 0, earned);
  return eighth();
}

function earnedBy(p, policy) {
  if (p.upheld || p.fulfilledAt === null) return 0;
  const d = BigInt(p.fulfilledAt - p.dueAt);
  if (d <= 0n) return 10_000;
  const [share, of] = policy.grace_share.map(BigInt);
  const cap = BigInt(policy.grace_cap_s_by_service[p.service] ?? policy.grace_cap_s);
  const G = lesser((BigInt(p.dueAt - p.madeAt) * share) / of, cap);
  return d < G ? Number((BigInt(policy.late_credit_bp) * (G - d)) / G) : 0;
}

function isUnanswered({ disputedAt, answeredAt, settledAt }, asOf, policy) {
  if (disputedAt === null) return false;
  const ends = [answeredAt, settledAt].filter((end) => end !== null);
  return Math.min(...(ends.length ? ends : [asOf])) - disputedAt >= policy.answer_s;
}

/** The table "of `counts`", for one promise that has matured, in its order. */
function countsOf(p, asOf, policy) {
  const took = p.disputedAt === null || p.answeredAt === null ? null : p.answeredAt - p.disputedAt;
  const isInTime = took !== null && took < policy.answer_s;
  const dismissed = p.dismissed && policy.arbiters.includes(p.arbiter);
  const isFulfilled = p.fulfilledAt !== null;
  return {
    matured: true,
    ...Object.fromEntries(["kept", "late", "broken", "remedied", "disputed"].map((name) => [name, p.result === name])),
    fulfilled: isFulfilled,
    confirmed: isFulfilled && p.confirmedBy !== null,
    contested: took !== null || isUnanswered(p, asOf, policy),
    answered: isInTime,
    answer_time: isInTime ? took : 0,
    ruled: p.upheld || dismissed,
    upheld: p.upheld,
    unilateral: p.unilateral,
    returned: p.returned,
    failed: p.failed,
    told: p.failed && (p.unilateral || p.owned || (p.result === "late" && p.disputedAt === null)),
    announced: p.failed && p.unilateral,
    credit: p.low,
  };
}

function counted(promises) {
  const nothing = Object.keys(countsOf({}, 0, { arbiters: [] })).map((name) => [name, 0]);
  const sums = Object.fromEntries(nothing);
  for (const { counts } of promises) for (const name in sums) sums[name] += Number(counts[name] ?? false);
  return sums;
}

// ── weights and sums ──

/** T[0] … T[H − 1] = ⌊2^48 · 2^(r/H)⌋, as the policy names it. */
function tableOf(H, policy) {
  const T = Array.from({ length: H }, (_, r) => {
    const most = 1n << BigInt(48 * H + r);
    let [low, high] = [1n << 48n, 1n << 49n];
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** BigInt(H) <= most) low = middle;
      else high = middle;
    }
    return low;
  });
  const bytes = Buffer.from(T.map((entry) => entry.toString(16).padStart(16, "0")).join(""), "hex");
  const digest = `0x${Buffer.from(keccak_256(bytes)).toString("hex")}`;
  if (digest !== policy.decay_tables[H]) throw new NotRecomputed(`the table of ${H} days has the digest ${digest}`);
  return T;
}

/** What something that is due on a day weighs, by its half-life. */
function weigher(policy) {
  const tables = new Map();
  return (day, H) => {
    if (!tables.has(H)) tables.set(H, tableOf(H, policy));
    const e = Math.max(0, day - policy.epoch_day);
    return tables.get(H)[e % H] << BigInt(Math.floor(e / H));
  };
}

const SUMS = ["W", "squares", "low", "high", "strict", "late", "remedied", "fulfilled", "confirmed"];

/** What a cluster gives. */
function clusterSums(cluster, policy) {
  const [a, b] = policy.correlation.map(BigInt);
  const { t } = cluster[0];
  const [G, Q] = [total(cluster, ({ g }) => g), total(cluster, ({ g }) => g * g)];
  const D = (b - a) * Q + a * G * G;
  const scaled = (x) => (x * t * b * Q) / (M * D);
  const only = (holds, of) => total(cluster, (p) => (holds(p) ? of(p) : 0n));
  const w = scaled(10_000n * G);
  return {
    W: w,
    squares: w * w,
    low: scaled(total(cluster, (p) => p.g * BigInt(p.low))),
    high: scaled(total(cluster, (p) => p.g * BigInt(p.high))),
    strict: scaled(only(({ result }) => result === "kept", ({ g }) => 10_000n * g)),
    late: scaled(only(({ result }) => result === "late", (p) => BigInt(10_000 - p.high) * p.g)),
    remedied: scaled(only(({ result }) => result === "remedied", (p) => BigInt(10_000 - p.high) * p.g)),
    fulfilled: (10_000n * only(({ counts }) => counts.fulfilled, ({ g }) => g) * b * Q) / D,
    confirmed: (10_000n * only(({ counts }) => counts.confirmed, (p) => p.g * p.v) * b * Q) / (M * D),
  };
}

/** A part's sums as fractions, in promises of today. */
function partSums(clusters, today, weightOf) {
  const sums = Object.fromEntries(SUMS.map((name) => [name, [0n, 1n]]));
  for (const part of grouped(clusters, ({ H }) => H)) {
    const now = 10_000n * weightOf(today, part[0].H);
    for (const name of SUMS) {
      const sum = total(part, ({ sums: own }) => own[name]);
      sums[name] = plus(sums[name], [sum, name === "squares" ? now * now : now]);
    }
  }
  return sums;
}

/** ⌊k·x/y⌋ of two fractions; 0 of nothing. */
const ratio = ([a, b], [c, d], k = M) => (c ? Number((k * a * d) / (b * c)) : 0);

function reliability({ W, ...sums }, policy) {
  const evidence_milli = ratio(W, [1n, 1n], 1000n);
  const customers_milli = ratio(square(W), sums.squares, 1000n);
  const between = (least, most) => ({
    rate: ratio(plus(least, most), [2n * W[0], W[1]]),
    low: Number(wilson(least, W, policy.z)[0]),
    high: Number(wilson(most, W, policy.z)[1]),
  });
  const credited = between(sums.low, sums.high);
  const late = plus(sums.high, sums.late);
  const reached = [sums.low, sums.high, late, plus(late, sums.remedied)].map((x) => ratio(x, W));
  const ends = W[0] ? [0, credited.low, ...reached, Number(M)] : Array(7).fill(0);
  const names = ["assured", "unproven", "disputed", "late", "remedied", "broken"];
  const parts = Object.fromEntries(names.map((name, place) => [name, ends[place + 1] - ends[place]]));
  return { evidence_milli, customers_milli, credited, strict: between(sums.strict, sums.strict), parts };
}

// ── the statement's figures ──

/**
 * The figures, of events in the chain's order: each with its name, its time, its promise's id, and its own fields (of
 * `Made`, the promise). Throws NotRecomputed.
 */
export function figures(events, { self, policy, policyHash, asOf }) {
  if (policy.version !== 2) throw new NotRecomputed(`its policy is of version ${policy.version}`);
  const all = livesOf(events, self).map((p) => Object.assign(p, countedAs(p, asOf, policy)));
  const matured = all.filter(({ result }) => result !== "released" && result !== "open");
  const [weightOf, today] = [weigher(policy), dayOf(asOf)];
  for (const p of matured) {
    p.day = dayOf(p.dueAt);
    p.failed = ["late", "broken", "remedied"].includes(p.result);
    p.counts = countsOf(p, asOf, policy);
    p.H = policy.half_life_days_by_service[p.service] ?? policy.half_life_days;
    p.g = weightOf(p.day, p.H);
    p.isCritical = p.stakes >= policy.critical_from;
    const isArbiterListed = policy.arbiters.includes(p.arbiter);
    const isTrusted = isPublic(p) ? isArbiterListed : Boolean(p.countersigned) && policy.customers.includes(p.customer);
    p.t = isTrusted ? M : BigInt(policy.unlisted_ppm);
    p.v = p.confirmedBy !== "arbiter" ? p.t : isArbiterListed ? M : BigInt(policy.unlisted_ppm);
    p.isTrusted = isTrusted;
    p.who = isPublic(p) ? `${p.arbiter} ${p.service} ${p.day}` : p.customer;
  }
  const clusters = grouped(matured, (p) => `${p.isCritical} ${p.H} ${p.isTrusted} ${p.who}`).map((cluster) => {
    const [{ isCritical, H }] = cluster;
    return { isCritical, H, sums: clusterSums(cluster, policy) };
  });
  const of = (found) => partSums(found, today, weightOf);
  const sums = of(clusters);
  const whole = reliability(sums, policy);
  const [routine, critical] = [false, true].map((isCritical) => {
    const found = clusters.filter((cluster) => cluster.isCritical === isCritical);
    return found.length ? reliability(of(found), policy) : null;
  });
  const counts = counted(matured);
  const open = all.filter(({ result }) => result === "open").length;
  const least = floorOf([routine, critical].filter(Boolean), policy);
  const witnessed = ratio(sums.confirmed, sums.fulfilled);
  const burns = burnsOf(matured, today, policy);
  const isExposed = 1000 * open > policy.exposure * whole.evidence_milli && open >= policy.min_promises;
  const isThin = least === null || [routine, critical].some((part) => part && !isJudged(part, policy));
  const cautions = [
    ["thin evidence", isThin],
    ["few customers dominate", counts.matured && whole.customers_milli < 1000 * policy.few_customers],
    ["hardly confirmed", counts.fulfilled && witnessed < policy.green_confirmed_ppm],
    ["promises more than it has shown", isExposed],
    ["failures come faster than before", burns.some(({ rings }) => rings)],
    ["what is open could change it", counts.disputed > 0],
  ];
  return {
    policy: policyHash,
    counts,
    open,
    released: all.filter(({ result }) => result === "released").length,
    floor: least,
    grade: gradeOf(least, witnessed, policy),
    confirmed: interval(counts.confirmed, counts.fulfilled, policy).rate,
    witnessed,
    reliability: whole,
    routine,
    critical,
    fairness: fairness(matured, today, policy),
    burns,
    cautions: cautions.filter(([, holds]) => holds).map(([name]) => name),
  };
}

const isJudged = ({ evidence_milli: evidence }, policy) => evidence >= 1000 * policy.min_evidence;

function floorOf(parts, policy) {
  if (!parts.some((part) => isJudged(part, policy))) return null;
  const enough = 1000 * policy.min_evidence;
  const allowed = parts.map(({ evidence_milli: evidence, credited: { low, high } }) => {
    const m = Math.min(evidence, enough);
    return Number((BigInt(low) * BigInt(m) + BigInt(high) * BigInt(enough - m)) / BigInt(enough));
  });
  return Math.min(...allowed);
}

function gradeOf(least, witnessed, policy) {
  if (least === null) return NONE;
  if (least >= policy.green_from_ppm && witnessed >= policy.green_confirmed_ppm) return "high";
  return least >= policy.amber_from_ppm ? "medium" : "low";
}

/** The first day of the periods looked at, and whether a promise was due in them. */
function periodsAt(today, policy) {
  const first = Math.max(0, Math.floor(today / policy.period_days) - policy.periods + 1);
  return { since: first * policy.period_days, isWithin: ({ day }) => day >= first * policy.period_days };
}

function burnsOf(matured, today, policy) {
  const recent = counted(matured.filter(periodsAt(today, policy).isWithin));
  return policy.alarms.flatMap(({ days, burn }) => {
    const window = counted(matured.filter(({ day }) => day > today - days));
    if (!window.matured) return [];
    const n = Math.max(0, recent.matured - window.matured);
    const c = Math.min(Math.max(0, recent.credit - window.credit), 10_000 * n);
    const leastOf = (credit, cases) => wilson([BigInt(credit), 10_000n], [BigInt(cases), 1n], policy.z)[0];
    const budget = n ? M - leastOf(c, n) : M;
    const gone = 10_000 * window.matured - window.credit;
    const lost = leastOf(gone, window.matured);
    const part = (value, [numerator, denominator]) => (value * BigInt(numerator)) / BigInt(denominator);
    const threshold = lesser(part(budget, burn), budget + part(M - budget, policy.alarm_reach));
    const rings = gone >= 10_000 * policy.alarm_failures && lost > threshold;
    const [shown, most, from] = [lost, budget, threshold].map(Number);
    return [{ days, matured: window.matured, lost: shown, budget: most, threshold: from, rings }];
  });
}

// ── fairness, number by number ──

function fairness(matured, today, policy) {
  const { since, isWithin } = periodsAt(today, policy);
  const recent = matured.filter(isWithin);
  const counts = counted(recent);
  const groups = groupsOf(recent, policy);
  const cohorts = cohortsOf(recent, counts, policy);
  const shown = cohorts.filter(({ kept }) => kept !== null).map(({ cohort }) => cohort);
  const isCompared = (cohort) => 1 <= cohort && cohort <= policy.compared_cohorts;
  const compared = shown.filter(isCompared);
  const outcome = gapsOf(groups, compared, "n", "k", policy);
  const remedy = gapsOf(groups, compared, "f", "r", policy);
  const conduct = conductOf(counts, policy);

  const strata = grouped(groups.filter(({ cohort }) => isCompared(cohort)), ({ stratum }) => stratum);
  const shared = strata
    .filter((each) => each.length > 1)
    .flat()
    .filter(({ cohort }) => shown.includes(cohort))
    .reduce((sum, { number }) => sum + number, 0);
  const states = [
    ...(outcome.length ? outcome : [{ state: NONE }]),
    ...remedy,
    ...Object.values(conduct).filter(({ cases }) => cases >= policy.min_promises),
    ...(interval(shared, counts.matured, policy).rate < policy.shared_ppm ? [{ state: NONE }] : []),
  ].map(({ state }) => state);

  const sizes = outcome.filter(({ strata: common }) => common).map(({ estimate }) => Math.abs(estimate));
  return {
    state: ["unfair", NONE].find((state) => states.includes(state)) ?? "fair",
    since: since * DAY,
    outcome,
    remedy,
    outcome_mean_difference: sizes.length ? Math.floor(sizes.reduce((a, b) => a + b) / sizes.length) : 0,
    outcome_ratio: ratioOf(recent.filter(({ cohort }) => shown.includes(cohort))),
    conduct,
    announced: interval(counts.announced, counts.failed, policy),
    answer_time: counts.answered ? Math.floor(counts.answer_time / counts.answered) : null,
    shared,
    cohorts,
  };
}

/** Groups by service, period and cohort, of cells. */
function groupsOf(recent, policy) {
  const [a, b] = policy.correlation.map(BigInt);
  const capped = (x, of) => (of ? (M * b * BigInt(x)) / (b + BigInt(of - 1) * a) : 0n);
  const stratumOf = ({ service, day }) => `${service} ${Math.floor(day / policy.period_days)}`;
  return grouped(recent, (p) => `${stratumOf(p)} ${p.cohort}`).map((members) => {
    const group = { stratum: stratumOf(members[0]), cohort: members[0].cohort, number: members.length };
    Object.assign(group, { n: 0n, k: 0n, f: 0n, r: 0n });
    for (const cell of grouped(members, (p) => (isPublic(p) ? `${p.arbiter} ${p.day}` : p.customer))) {
      const { matured: n, kept: k, failed: f, remedied: r } = counted(cell);
      group.n += capped(n, n);
      group.k += capped(k, n);
      group.f += capped(f, f);
      group.r += capped(r, f);
    }
    return group;
  });
}

function cohortsOf(recent, company, policy) {
  const m = policy.min_promises;
  const found = grouped(recent, ({ cohort }) => cohort)
    .map((members) => ({ cohort: members[0].cohort, n: members.length, k: counted(members).kept }))
    .sort((one, other) => one.cohort - other.cohort);
  const bySize = found.toSorted((one, other) => one.n - other.n || one.cohort - other.cohort);
  const small = bySize.filter(({ n }) => n < m).length;
  const hidden = bySize.slice(0, small === 1 ? 2 : small);
  return found.map((each) => {
    const { cohort, n, k } = each;
    if (hidden.includes(each)) return { cohort, matured: 0, kept: null, shrunk: null };
    const [K, N] = [BigInt(company.kept), BigInt(company.matured)];
    const shrunk = (M * (BigInt(m) * K + BigInt(k) * N)) / (N * BigInt(m + n));
    return { cohort, matured: n, kept: interval(k, n, policy), shrunk: Number(shrunk) };
  });
}

function ratioOf(promises) {
  const shares = grouped(promises, ({ cohort }) => cohort)
    .map((members) => [BigInt(counted(members).kept), BigInt(members.length)])
    .sort(([a, b], [c, d]) => Number(a * d - c * b));
  if (shares.length < 2 || shares.at(-1)[0] === 0n) return null;
  return ratio(shares[0], shares.at(-1));
}

function gapsOf(groups, cohorts, cases, good, policy) {
  const sizeOf = (cohort) => total(groups.filter((group) => group.cohort === cohort), (group) => group[cases]);
  const large = cohorts.filter((cohort) => sizeOf(cohort) >= BigInt(policy.min_promises) * M);
  const pairs = large.flatMap((first, place) => large.slice(place + 1).map((second) => [first, second]));
  if (!pairs.length) return [];
  const z = policy.fairness_z_by_pairs[pairs.length];
  if (z === undefined) throw new NotRecomputed(`its policy has no z for ${pairs.length} pairs`);
  return pairs.map(([first, second]) => {
    const common = grouped(groups, ({ stratum }) => stratum)
      .map((stratum) => [first, second].map((cohort) => stratum.find((group) => group.cohort === cohort)))
      .filter((both) => both.every((group) => group?.[cases]))
      .map((both) => both.flatMap((group) => [group[cases], group[good]]));
    if (!common.length) return { first, second, estimate: 0, low: -1_000_000, high: 1_000_000, strata: 0, state: NONE };
    const { estimate, ...ends } = gap(common, (n, m) => [n * m, n + m], z);
    const even = gap(common, (n, m) => [n + m, 1n], z);
    const [one, other] = [ends, even].map(({ low, high }) => stateOf(low, high, policy.fairness_margin_ppm));
    const state = one === "fair" && other !== "fair" ? NONE : one;
    return { first, second, estimate, ...ends, strata: common.length, state };
  });
}

/** "A gap", with the weight ω as a fraction. */
function gap(common, omega, z) {
  const FINE = 10n ** 12n;
  let [W, A, B, X, Y] = [0n, 0n, 0n, 0n, 0n];
  for (const [n, k, m, j] of common) {
    const [o, of] = omega(n, m);
    W += (M * o) / of;
    A += (M * o * k) / (of * n);
    B += (M * o * j) / (of * m);
    X += ceil(M * o * o, of * of * n);
    Y += ceil(M * o * o, of * of * m);
  }
  const limits = (share, trials) => wilson([trials * share, FINE * FINE], [trials, FINE], z, FINE);
  const [p, q] = [(FINE * A) / W, (FINE * B) / W];
  const [[l, u], [below, above]] = [limits(p, (W * W) / X), limits(q, (W * W) / Y)];
  const low = floor(p - q - rootUp((p - l) ** 2n + (above - q) ** 2n) - 1000n, M);
  const high = ceil(p - q + rootUp((u - p) ** 2n + (q - below) ** 2n) + 1000n, M);
  return {
    estimate: Number(floor(2n * (A - B) * M + W, 2n * W)),
    low: Math.max(-1_000_000, Number(low)),
    high: Math.min(1_000_000, Number(high)),
  };
}

function stateOf(low, high, margin) {
  if (low > margin || high < -margin) return "unfair";
  return low >= -margin && high <= margin ? "fair" : NONE;
}

function conductOf(counts, policy) {
  const { contested, answered, ruled, upheld, matured, unilateral, returned, failed, told } = counts;
  const of = (cases, bad, margin) => {
    const share = interval(bad, cases, policy);
    const state = cases < policy.min_promises ? NONE : stateOf(share.low, share.high, margin);
    return { cases, bad, share, state };
  };
  return {
    unanswered: of(contested, contested - answered, policy.misconduct_margin_ppm),
    overturned: of(ruled, upheld, policy.overturned_margin_ppm),
    unilateral: of(matured, unilateral, policy.misconduct_margin_ppm),
    returned: of(matured, returned, policy.misconduct_margin_ppm),
    untold: of(failed, failed - told, policy.untold_margin_ppm),
  };
}
