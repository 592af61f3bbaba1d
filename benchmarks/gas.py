"""What the ledger's transactions cost in gas, beside the same on EAS, and beside the least that they could.

`ours` is the committed contract, `peer` the Ethereum Attestation Service (EAS, npm's eas-contracts 1.9.0, its authors'
own build), `floor` what the protocol charges in any case (benchmarks/gas_floor.py). All are the gas of transactions by
the rules of Osaka; of a batch, for one item. Both sides record the same promise between the same accounts, and are in
steady state: the company has acted before, the customer has signed for a relayer before, the rest is cold.

- make: EAS attests, the company as attester, to a schema of the promise's other eleven fields, each in its own type.
  `make_packed` is the same with the small fields in two words, as our contract takes them: cheaper, but EAS's tools
  would show two numbers instead of seven fields.
- fulfil: EAS attests to the evidence's digest, referring to the promise's attestation.
- confirm_relayed: the customer signs (EIP-712, ECDSA), another account sends. EAS attests to the rating, referring to
  the fulfilment's attestation, and so says what is confirmed; its log names the customer in clear. Ours also proves
  by a salt that the signer is the promise's customer, and says what is confirmed.
- anchor: EAS attests, with the company as recipient, to a head, a policy and a statement, referring to nothing. Ours
  also checks that the head is the company's.
- batch100: `make` and `fulfil` with 100 items, EAS's `multiAttest` with 100. EAS runs without Osaka's cap of
  16,777,216 gas on a transaction (EIP-7825), because its batches exceed it; ours runs under it. The rows
  `…_total` are whole transactions.

Not compared: EAS keeps each attestation's content in storage, where contracts can read it; ours keeps a state and a
hash in storage and the content in the log. EAS also checks none of what our contract does: that a promise is sound,
that a confirmer is the customer, that a status may follow another; and it chains no history.

`python -m benchmarks.gas --snapshot` writes what ours used to benchmarks/gas-snapshot.json, which a test compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import gas_ours, gas_peer
from benchmarks.gas_case import BATCH
from benchmarks.gas_floor import floor
from benchmarks.report import report
from tests.support.meter import GAS_CAP, Spent

SNAPSHOT = Path(__file__).parent / "gas-snapshot.json"
RENEW = "python -m benchmarks.gas --snapshot"


def main() -> None:
    """Measures both sides, or renews the snapshot of ours."""
    if sys.argv[1:] == ["--snapshot"]:
        SNAPSHOT.write_text(json.dumps(snapshot(gas_ours.measure()), indent=2) + "\n")
        return
    report("gas", figures(gas_ours.measure(), gas_peer.measure()))


def snapshot(ours: dict[str, Spent]) -> dict[str, int]:
    """The gas of each whole transaction."""
    return {name: spent.gas for name, spent in ours.items()}


def figures(ours: dict[str, Spent], peer: dict[str, Spent]) -> dict[str, dict[str, int]]:
    """What is reported: for each action ours, peer and floor; then how whole batches stand to the cap."""
    compared = {
        name: {
            "ours": _each(name, ours[name].gas),
            "peer": _each(name, peer[name].gas),
            "floor": _each(name, floor(ours[name], needs)),
        }
        for name, needs in gas_ours.NEEDS.items()
    }
    packed = {name: {"peer": _each(name, spent.gas)} for name, spent in peer.items() if name not in compared}
    totals = {
        f"{name}_total": {"ours": ours[name].gas, **({"peer": peer[name].gas} if name in peer else {}), "cap": GAS_CAP}
        for name in ours
        if "batch" in name
    }
    return compared | packed | totals


def _each(name: str, gas: int) -> int:
    """The gas of one item, to the nearest whole."""
    return round(gas / BATCH) if name.endswith("batch100") else gas


if __name__ == "__main__":
    main()
