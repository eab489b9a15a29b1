"""Images: what their build folders hold, and archives that are the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from ledger.cluster import archive
from ledger.cluster.node import storage_manifest
from ledger.cluster.run import Shell
from ledger.cluster.steps import Task
from ledger.cluster.workloads import Context, stage
from ledger.errors import ClusterError


def test_a_build_folder_holds_files_programs_and_packages(tmp_path: Path) -> None:
    image, program, installed = (tmp_path / name for name in ("image", "program", "installed"))
    (image / "__pycache__").mkdir(parents=True)
    (image / "Dockerfile").write_text("FROM scratch\n")
    (image / "context.toml").write_text('binaries = ["nats", "nats-too"]\n')
    (program / "bin").mkdir(parents=True)
    for name in ("nats", "nats-too", "nats-unwanted"):
        (program / "bin" / name).write_text("#!")
        (program / "bin" / name).chmod(0o755)
    (installed / "site-packages" / "lib").mkdir(parents=True)
    needs = {"module": program, "site-packages-image": installed}
    inputs = {"binaries": "nats nats-too"}
    task = Task(tmp_path, inputs, (image,), needs, tmp_path, Shell(tmp_path / "log"))
    stage(task, tmp_path / "context")
    found = {
        path.relative_to(tmp_path / "context").as_posix()
        for path in (tmp_path / "context").rglob("*")
    }
    assert found == {"Dockerfile", "nats", "nats-too", "site-packages", "site-packages/lib"}
    assert (tmp_path / "context" / "nats").stat().st_mode & 0o100


@pytest.mark.parametrize(
    ("text", "wrong"), [('binaries = ["nts"]', "nts"), ('binary = ["nats"]', "binary")]
)
def test_what_a_build_folder_cannot_have_is_told(tmp_path: Path, text: str, wrong: str) -> None:
    (tmp_path / "context.toml").write_text(text)
    with pytest.raises(ClusterError, match=f"unknown: {wrong}") as caught:
        Context.read(tmp_path, ["kind", "nats"])
    assert "kind, nats" in caught.value.fix


def test_the_same_content_gives_the_same_archive(tmp_path: Path) -> None:
    paths = []
    for name in ("one", "two"):
        root = tmp_path / name
        (root / "bin").mkdir(parents=True)
        (root / "bin" / "tool").write_text("tool")
        (root / "bin" / "link").symlink_to("tool")
        paths.append(tmp_path / f"{name}.tar")
        archive.write(paths[-1], ["a:1", "b:2"], root, machine="x86_64", entrypoint=["/bin/tool"])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_archive_says_what_docker_needs_to_know(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_text("x")
    if os.geteuid() == 0:
        os.chown(tmp_path / "root" / "file", 1234, 1234)
    path = tmp_path / "image.tar"
    archive.write(path, ["a:1"], tmp_path / "root", machine="aarch64", entrypoint=["/file"])
    with tarfile.open(path) as tar:
        content = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    (manifest,) = json.loads(content["manifest.json"])
    config = json.loads(content[manifest["Config"]])
    layer = content[manifest["Layers"][0]]
    assert manifest["RepoTags"] == ["a:1"]
    assert config["architecture"] == "arm64"
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        (member,) = tar.getmembers()
    assert (member.name, member.uid, member.gid, member.mtime) == ("file", 0, 0, 0)


def test_the_storage_manifest_is_read_out_of_go_source() -> None:
    source = (
        'const storageProvisionerImage = "x"\nconst storageHelperImage = "y"\n'
        "var list = []string{a}\n\nconst defaultStorageManifest = `\nimage: ` + "
        "storageProvisionerImage + `\nargs: [` + storageHelperImage + `]\n`\n"
    )
    assert storage_manifest(source, "own/a:1", "own/b:1") == "\nimage: own/a:1\nargs: [own/b:1]\n"
