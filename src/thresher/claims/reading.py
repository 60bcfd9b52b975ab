"""Reading claim files, every key checked before anything runs."""

import dataclasses
import difflib
import hashlib
import importlib.resources
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from thresher.claims.claim import Arm, Claim, Listen, Made, Test
from thresher.errors import ThresherError
from thresher.settings import from_mapping, read_recipe

T = TypeVar("T")


def all_claims(folder: Path | None = None) -> list[Claim]:
    """Every claim, by name; of the package, or of a folder of one's own."""
    files = Path(str(importlib.resources.files("thresher.claims"))) / "files"
    return [load_claim(path) for path in sorted((folder or files).glob("*.toml"))]


def find_claims(names: Sequence[str], claims: Sequence[Claim]) -> list[Claim]:
    """Claims by name, in the order given; a path to a claim file is read.

    Raises:
        ThresherError: no such claim, naming the nearest.
    """
    known = {claim.name: claim for claim in claims}
    found = []
    for name in names:
        if name.endswith(".toml"):
            found.append(load_claim(Path(name)))
        elif name in known:
            found.append(known[name])
        else:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise ThresherError(
                f"there is no claim '{name}'",
                looked_at="thresher claims list",
                hint=near[0] if near else "a path to a claim file, NAME.toml",
            )
    return found


def load_claim(path: Path) -> Claim:
    """Read and check a claim file.

    Raises:
        ThresherError: not TOML, an unknown key (naming the nearest), a wrong type, or a test
            that names an arm there is not.
    """
    tables = read_recipe(path)
    shared = _table(tables.pop("shared", {}), "shared", path)
    raw_arms = _tables(tables.pop("arms", []), "arms", path)
    arms = [arm_from(_laid_over(shared, given), path) for given in raw_arms]
    raw_tests = _tables(tables.pop("tests", []), "tests", path)
    tests = [_filled(Test, given, f"{path} [[tests]]") for given in raw_tests]
    digest = _digest(arms, tests)
    own = _filled(_Head, tables, str(path))
    claim = Claim(name=path.stem, arms=tuple(arms), tests=tuple(tests), digest=digest, **vars(own))
    _check(claim, path)
    return claim


def arm_from(values: Mapping[str, Any], path: Path) -> Arm:
    """An arm out of plain values, every key checked.

    Raises:
        ThresherError: an unknown key (naming the nearest), or a wrong type.
    """
    corpus = _filled(Made, values.get("corpus", {}), f"{path} corpus")
    listen = _filled(Listen, values.get("listen", {}), f"{path} listen")
    own = {key: value for key, value in values.items() if key not in ("corpus", "listen")}
    arm = _filled(Arm, own, f"{path} [[arms]]")
    return dataclasses.replace(arm, corpus=corpus, listen=listen)


@dataclass(frozen=True, kw_only=True)
class _Head:
    """What stands at the top of a claim file."""

    statement: str
    source: str
    reported: str
    seeds: int = 3
    quick: bool = False
    unit_seconds: float = 0.0
    decides: str = ""
    waits_for: str = ""


def _filled(kind: type[T], values: Any, origin: str) -> T:
    if not isinstance(values, dict):
        raise ThresherError(f"{values!r} should be a table", looked_at=origin)
    return from_mapping(kind, values, origin=origin)


def _digest(arms: Sequence[Arm], tests: Sequence[Test]) -> str:
    """SHA-256 of the experiment; its wording and its cost may change."""
    plain = [dataclasses.asdict(arm) for arm in arms]
    plain += [dataclasses.asdict(test) for test in tests]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _laid_over(shared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """An arm's own values over the shared ones; tables are merged key by key."""
    merged = dict(shared)
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if both else value
    return merged


def _table(value: Any, name: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ThresherError(f"[{name}] must be a table", looked_at=path)
    return value


def _tables(value: Any, name: str, path: Path) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ThresherError(f"[[{name}]] must be tables", looked_at=path)
    return value


def _check(claim: Claim, path: Path) -> None:
    """Insist on what types alone cannot say."""
    names = [arm.name for arm in claim.arms]
    if len(set(names)) != len(names) or "" in names:
        raise ThresherError(f"arms need a name each, got {names}", looked_at=path)
    if not claim.waits_for and not (claim.arms and claim.tests):
        raise ThresherError("a claim that can run needs [[arms]] and [[tests]]", looked_at=path)
    for test in claim.tests:
        for name in test.arms:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
                raise ThresherError(
                    f"a test names the arm '{name}', which is not there",
                    looked_at=path,
                    hint=near[0] if near else None,
                )
        _check_test(test, path)


def _check_test(test: Test, path: Path) -> None:
    wanted = {"value": 1, "difference": 2, "ratio": 2}.get(test.effect)
    if (wanted is not None and len(test.arms) != wanted) or not test.arms:
        raise ThresherError(
            f"a test of a {test.effect} takes {wanted or 'two or more'} arms, got {len(test.arms)}",
            looked_at=path,
        )
    if test.above is None and test.below is None:
        raise ThresherError("a test needs 'above' or 'below', or both", looked_at=path)
