"""Writes the JSON Schema of policies beside them: `python -m scripts.schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ledger.scoring.policy import Policy

SCHEMA = Path(__file__).parents[1] / "ledger" / "scoring" / "policy.schema.json"


def schema() -> dict[str, Any]:
    """What a policy must look like (JSON Schema 2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Policy.model_json_schema()


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(schema(), indent=2) + "\n")
