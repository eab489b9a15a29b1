"""The files below `manifests/`: which are patches, and whether what kustomize names is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ledger.core.problem import Problem, Rule, Severity
from ledger.core.project import Project
from ledger.verify.offline_data import NOT_YAML, Data, Document, read_yaml

MISSING: Final = Rule(
    "V107",
    Severity.ERROR,
    "a kustomization names a file that does not exist",
    "kubectl apply -k fails",
    "correct the path; it starts at the kustomization's folder",
)
_NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS: Final = ("resources", "components", "bases", "crds", "configurations", "generators")
_PATCHES: Final = ("patches", "patchesStrategicMerge", "patchesJson6902")
_GENERATORS: Final = ("configMapGenerator", "secretGenerator")


def manifest_data(project: Project) -> tuple[int, Data]:
    """How many YAML files lie below manifests/, and what they hold."""
    folder = project.root / "manifests"
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and (path.suffix in {".yaml", ".yml"} or path.name in _NAMES)
    )
    read = {path: _read(project, path, patch=False) for path in files}
    data, patches = Data(), set[Path]()
    for path, found in read.items():
        if path.name in _NAMES:
            for document in found.documents:
                data.problems += _missing(path, document)
                patches |= {(path.parent / name).resolve() for _, name in _patches(document.value)}
    for path, found in read.items():
        told = _read(project, path, patch=True) if path.resolve() in patches else found
        data.documents += told.documents
        data.problems += told.problems
    return len(files), data


def _read(project: Project, path: Path, *, patch: bool) -> Data:
    where = project.relative(path)
    try:
        return read_yaml(path.read_text("utf-8"), where, patch=patch)
    except (OSError, UnicodeDecodeError):
        return Data(problems=[NOT_YAML.at(where, 1, "not UTF-8 text that you may read")])


def _missing(path: Path, document: Document) -> Iterator[Problem]:
    for at, name in (*_named(document.value), *_patches(document.value)):
        # What is fetched from elsewhere has a scheme or a reference.
        if "://" not in name and "?ref=" not in name and not (path.parent / name).exists():
            what = f"{'.'.join(str(step) for step in at)}: {name} does not exist"
            yield MISSING.at(document.where, document.line(at), what)


_Named = Iterator[tuple[tuple[str | int, ...], str]]


def _named(value: Any) -> _Named:
    """Every file and folder that a kustomization builds from, and where it says so."""
    for key in _LISTS:
        for number, item in enumerate(_list(value, key)):
            if isinstance(item, str) and "\n" not in item:
                yield (key, number), item
    for key in _GENERATORS:
        for number, item in enumerate(_list(value, key)):
            for part in ("files", "envs"):
                for place, text in enumerate(_list(item, part)):
                    yield (key, number, part, place), str(text).rpartition("=")[2]


def _patches(value: Any) -> _Named:
    """Every file that a kustomization lays over others; a patch in its own text is none."""
    for key in _PATCHES:
        for number, item in enumerate(_list(value, key)):
            if isinstance(item, dict) and isinstance(item.get("path"), str):
                yield (key, number, "path"), item["path"]
            elif isinstance(item, str) and "\n" not in item:
                yield (key, number), item


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
