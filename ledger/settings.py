"""Settings, read from TROTH_* variables once, at the edge. Only commands and the gateway build them."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.chain.anvil import CHAIN_ID as LOCAL_CHAIN_ID
from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.nodes import Nodes
from ledger.errors import InvalidSettings
from ledger.indexer.follow import Finality
from ledger.indexer.run import BLOCKS_AT_ONCE, Limits
from ledger.keys import Key, open_key, read_password
from ledger.scoring.policy import PUBLISHED, Policy
from ledger.store.database import Database
from ledger.units import Digest

PREFIX = "TROTH_"
RECORD = "deployment.json"
_URLS = re.compile(r"[\s,]+")
"""What stands between several."""

_FOR_APE = re.compile(f"{PREFIX}\\w+_RPC_URL")
"""Networks' URLs, which ape-config.yaml reads."""


class Settings(BaseSettings):
    """Each field is the variable TROTH_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    home: Path = Path(".troth")
    """Folder for what has no place of its own; `troth demo` keeps everything there."""
    rpc_url: str = "http://127.0.0.1:8545"
    """The Ethereum node to read from, or several, apart by commas: the first is the one to send to. They may hold keys,
    so they are never shown whole."""
    quorum: Annotated[int, Field(ge=1, le=9)] = 1
    """How many nodes have to agree on each part of the final log."""
    deployment: Path | None = None
    """The deployment record; by default deployment.json in the home folder."""
    database: str | None = None
    """The database's URL; by default SQLite's troth.db in the home folder."""
    policy: str = "standard"
    """The scoring policy: `standard`, `strict`, or a file."""
    finality: str | None = None
    """From which block on nothing changes: a tag, or how many blocks below the latest; by default `latest` on the local
    chain, `finalized` elsewhere."""
    blocks_per_step: Annotated[int, Field(ge=1, le=1_000_000)] = BLOCKS_AT_ONCE
    """How many blocks of the log to ask a node for at once, at the most; public nodes allow few."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where `troth index --follow` serves its metrics to Prometheus; none by default."""
    keystore: Path | None = None
    """The keystore of the account that acts, where a command does, and by which the gateway signs."""
    password_file: Path | None = None
    """A file that holds the keystores' password, where nobody is there to type it."""
    anchor_companies: str | None = None
    """The companies, by address or handle, apart by commas, whose figures the gateway anchors by its own key."""
    anchor_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """How often it does: once in each period of so many hours, counted from the epoch."""
    host: str = "127.0.0.1"
    """The address that the gateway listens on."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    """The port that the gateway listens on."""

    @field_validator("rpc_url")
    @classmethod
    def _names_nodes(cls, value: str) -> str:
        for url in _urls(value) or [""]:
            try:
                parts = urlsplit(url)
                whole = parts.scheme in ("http", "https") and parts.port != 0 and bool(parts.hostname)
                whole = whole and not set(parts.hostname or "") & set("\\^|<>{}`")
            except ValueError:
                whole = False
            if not whole:
                # Without the URL: it may hold a key anywhere.
                raise ValueError(
                    "it is not the URL of a node, such as http://127.0.0.1:8545, or several, apart by commas"
                )
        return value

    @model_validator(mode="after")
    def _can_anchor(self) -> Self:
        if self.anchor_companies and not (self.keystore and self.password_file):
            raise ValueError(
                f"{PREFIX}ANCHOR_COMPANIES needs {PREFIX}KEYSTORE and {PREFIX}PASSWORD_FILE, the account that pays"
            )
        return self

    @field_validator("finality")
    @classmethod
    def _names_blocks(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch("latest|safe|finalized|[0-9]{1,9}", value):
            raise ValueError(f"{value!r} is neither latest, safe, finalized, nor how many blocks below the latest")
        return value

    @classmethod
    def read(cls, **chosen: Any) -> Settings:
        """Reads and checks the environment, in whose place stands what is `chosen`. Raises InvalidSettings, also for a
        variable that is none of ours.
        """
        known = [PREFIX + field.upper() for field in cls.model_fields]
        for name, value in os.environ.items():
            if name.upper().startswith(PREFIX) and name.upper() not in known and value and not _FOR_APE.fullmatch(name):
                closest = get_close_matches(name.upper(), known, 1, cutoff=0)[0]
                raise InvalidSettings(f"{name} is none of them, and {closest} is the closest")
        try:
            return cls(**chosen)
        except ValidationError as error:
            first = error.errors()[0]
            why = first["msg"].removeprefix("Value error, ")
            # What is wrong with several names them itself.
            name = PREFIX + ".".join(map(str, first["loc"])).upper() if first["loc"] else ""
            raise InvalidSettings(f"{name}: {why}" if name else why) from error

    def open_node(self) -> Node:
        """The first node, not yet asked anything."""
        return self.open_nodes().all[0]

    def open_nodes(self) -> Nodes:
        """All nodes, not yet asked anything. One that is named twice is one: it can't be a quorum with itself."""
        return Nodes([Node(url) for url in {_same(url): url for url in _urls(self.rpc_url)}.values()])

    def limits(self, agreeing: int | None = None) -> Limits:
        """How much the index asks nodes for, and how many have to agree: by default, as many as the settings say."""
        return Limits(blocks=self.blocks_per_step, quorum=agreeing or self.quorum)

    def open_database(self) -> Database:
        """The database, not yet opened."""
        return Database(self.database) if self.database else Database.in_file(self.home / "troth.db")

    def load_deployment(self) -> Deployment:
        """The deployment record. Raises NoDeployment."""
        return Deployment.load(self.deployment or self.home / RECORD)

    def found_deployment(self, chain_id: int | None = None) -> Deployment | None:
        """The deployment record, if one is named, or if there is one in the home folder, of this chain where one is
        given. Raises NoDeployment.
        """
        if self.deployment is not None:
            return self.load_deployment()
        if not (self.home / RECORD).exists():
            return None
        found = self.load_deployment()
        return found if chain_id in (None, found.chain_id) else None

    def known_policies(self) -> dict[Digest, Policy]:
        """The published policies and the one in force, by their hashes. Raises InvalidPolicy."""
        return {policy.hash: policy for policy in (*map(Policy.named, PUBLISHED), self.load_policy())}

    def load_policy(self) -> Policy:
        """The policy. Raises InvalidPolicy."""
        return Policy.find(self.policy)

    def open_own_key(self) -> Key | None:
        """The key that the gateway signs and anchors with; None where it is given none, or no password to open it.
        Raises NoKey, CannotRead.
        """
        if self.keystore is None or self.password_file is None:
            return None
        return open_key(self.keystore, read_password(self.password_file, self.keystore))

    def finality_of(self, deployment: Deployment) -> Finality:
        """From which block of the ledger's chain on nothing changes."""
        return Finality.parse(self.finality or ("latest" if deployment.chain_id == LOCAL_CHAIN_ID else "finalized"))


def _urls(text: str) -> list[str]:
    return [url for url in _URLS.split(text) if url]


def _same(url: str) -> str:
    """What two names of one node have in common."""
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname in ("localhost", "::1") else parts.hostname
    return (
        f"{parts.scheme}://{parts.username}:{parts.password}@{host}:{parts.port}{parts.path.rstrip('/')}?{parts.query}"
    )
