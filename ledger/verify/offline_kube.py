"""Kubernetes resources against the schemas of one version, without asking a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from ledger.core.problem import Problem, Rule, Severity
from ledger.core.project import Project
from ledger.errors import UsageError
from ledger.pages.evidence import pinned_versions
from ledger.verify.offline_data import Document

INVALID: Final = Rule(
    "V105",
    Severity.ERROR,
    "a resource that Kubernetes would refuse, or a key that it would drop",
    "kubectl apply fails, or the setting has no effect",
    "correct the line",
)
UNCHECKED: Final = Rule(
    "V106",
    Severity.INFO,
    "a resource of which no schema is here",
    "a mistake in it is met only on the cluster",
    "nothing to do; a run on the cluster is its check",
)
_KUSTOMIZE: Final = "kustomize.config.k8s.io"
_Kind = tuple[str, str]


@dataclass
class Schemas:
    """The schemas of one minor version of Kubernetes.

    Attributes:
        version: that version, such as `1.34`.
        checked: how many resources were checked so far.
    """

    version: str
    checked: int = 0
    _definitions: dict[str, Any] = field(default_factory=dict)
    _kinds: dict[_Kind, str] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project) -> Schemas:
        """Those of the project's pinned version, or of the nearest that there is.

        Raises:
            UsageError: the schemas are not installed.
        """
        try:
            from kubernetes_validate import utils
        except ModuleNotFoundError:
            fix = "pip install 'phase-ledger[offline]'"
            raise UsageError("kubernetes-validate is not installed", fix=fix) from None
        known = utils.all_versions()
        pinned = str(pinned_versions(project).get("kubernetes", known[-1]))
        version = min(reversed(known), key=lambda one: abs(_minor(one) - _minor(pinned)))
        # Strict: a key that the schema does not name is a mistake.
        file = f"kubernetes-json-schema/v{version}-local-strict/_definitions.json"
        definitions = utils.schema_contents(file, version)
        kinds = {
            (f"{kind['group']}/{kind['version']}".lstrip("/"), kind["kind"]): name
            for name, schema in definitions["$defs"].items()
            for kind in schema.get("x-kubernetes-group-version-kind", ())
        }
        return cls(".".join(version.split(".")[:2]), 0, definitions, kinds)

    def problems(self, documents: Iterable[Document]) -> Iterator[Problem]:
        """What is wrong with the documents that are resources; others are none of ours."""
        for document in documents:
            yield from self._resource(document, document.value, ())

    def _resource(
        self, document: Document, value: Any, path: tuple[str | int, ...]
    ) -> Iterator[Problem]:
        if not isinstance(value, dict) or not {"apiVersion", "kind"} <= value.keys():
            return
        kind = (str(value["apiVersion"]), str(value["kind"]))
        if kind == ("v1", "List"):
            items = value.get("items")
            for number, item in enumerate(items if isinstance(items, list) else ()):
                yield from self._resource(document, item, (*path, "items", number))
        elif name := self._kinds.get(kind):
            self.checked += 1
            yield from self._breaches(document, value, path, name)
        elif _group(kind[0]) != _KUSTOMIZE:
            yield self._unknown(document, kind, path)

    def _unknown(self, document: Document, kind: _Kind, path: Sequence[str | int]) -> Problem:
        told, line = f"{kind[0]} {kind[1]}", document.line((*path, "kind"))
        if _group(kind[0]) not in {_group(version) for version, _ in self._kinds}:
            what = f"not checked: no schema of {told} in Kubernetes {self.version}"
            return UNCHECKED.at(document.where, line, what)
        names = {f"{version} {kind}": f"{version} {kind}" for version, kind in self._kinds}
        near = get_close_matches(told, names, n=1)
        what = f"Kubernetes {self.version} has no {told}"
        return INVALID.at(document.where, line, what, f"did you mean {near[0]}?" if near else "")

    def _breaches(
        self, document: Document, value: Any, path: tuple[str | int, ...], name: str
    ) -> Iterator[Problem]:
        from jsonschema import Draft202012Validator

        schema = {**self._definitions, "$ref": f"#/$defs/{name}"}
        for error in Draft202012Validator(schema).iter_errors(_whole(value, document.patch)):
            here = (*path, *error.absolute_path)
            if error.validator == "required" and document.patch:
                continue
            if error.validator == "additionalProperties":
                known = error.schema["properties"]
                for key in error.instance.keys() - known.keys():
                    near = get_close_matches(str(key), known, n=1)
                    fix = f"did you mean {near[0]}?" if near else ""
                    yield _breach(document, (*here, key), f"unknown key {key}", fix)
            else:
                yield _breach(document, here, error.message)


def _breach(document: Document, path: Sequence[str | int], what: str, fix: str = "") -> Problem:
    parent = ".".join(str(step) for step in path)
    told = what if not parent else f"{parent}: {what}"
    return INVALID.at(document.where, document.line(path), told, fix)


def _whole(value: Any, patch: bool) -> Any:
    """The value; of a patch without what says how to lay it over, such as `$patch: delete`."""
    if patch and isinstance(value, dict):
        kept = {key: part for key, part in value.items() if not str(key).startswith("$")}
        return {key: _whole(part, patch) for key, part in kept.items()}
    return [_whole(part, patch) for part in value] if isinstance(value, list) else value


def _group(version: str) -> str:
    return version.rpartition("/")[0]


def _minor(version: str) -> int:
    """The minor number of `1.34.4`, `v1.34` or the like; Kubernetes has only had one major."""
    return int(version.split(".")[1])
