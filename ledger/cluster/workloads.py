"""The project's own images: staged, built and loaded by the same code on every machine."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.cluster.pins import Pins
from ledger.cluster.recipe import Recipe
from ledger.cluster.run import Shell
from ledger.cluster.site_packages import site_packages_step
from ledger.cluster.steps import Say, Step, Store, Task
from ledger.errors import ClusterError

_LABEL = "phase-ledger.base"
_IMAGES = "ctr --namespace k8s.io images"
LIST_IMAGES = f"{_IMAGES} list --quiet"
"""Run in a node, it names the images there: a node built here has no crictl."""


@dataclass(frozen=True)
class Context:
    """What a build folder gets besides the image's own files: `context.toml`.

    Args:
        binaries: programs by name, from the pinned ones.
        requirements: a hashed requirements file; what it names is installed into `site-packages`.
    """

    binaries: tuple[str, ...] = ()
    requirements: str = ""

    @classmethod
    def read(cls, folder: Path, known: Sequence[str]) -> Context:
        """Read an image's `context.toml`; an image without one gets nothing more.

        Raises:
            ClusterError: it asks for what there is not.
        """
        path = folder / "context.toml"
        data = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
        context = cls(tuple(data.pop("binaries", ())), data.pop("requirements", ""))
        wrong = [*data, *(name for name in context.binaries if name not in known)]
        if wrong:
            raise ClusterError(
                f"unknown: {', '.join(wrong)}",
                where=str(path),
                fix=f"keys are binaries and requirements; programs are {', '.join(known)}",
            )
        return context


def names(root: Path) -> list[str]:
    """List the project's images: every folder in `images/` with a Dockerfile."""
    return sorted(path.parent.name for path in root.glob("images/*/Dockerfile"))


def step(root: Path, name: str, pins: Pins, recipe: Recipe, *, airgap: bool) -> Step:
    """Describe the build of one image.

    Raises:
        ClusterError: there is no such image.
    """
    folder = root / "images" / name
    if not (folder / "Dockerfile").is_file():
        raise ClusterError(
            f"no image {name}", where=str(folder), fix=f"images are {', '.join(names(root))}"
        )
    context = Context.read(folder, sorted(recipe.binaries))
    programs = [recipe.binaries[binary] for binary in context.binaries]
    needs = list({program.name: program for program in programs}.values())
    if context.requirements:
        needs.append(site_packages_step(name, folder / context.requirements))
    if airgap and pins.python in (folder / "Dockerfile").read_text():
        needs.append(recipe.python)
    inputs = {
        "image": f"phase-ledger/{name}",
        "binaries": " ".join(context.binaries),
        "python": pins.python,
    }
    return Step(f"image-{name}", build, 10, inputs=inputs, sources=(folder,), needs=tuple(needs))


def build(task: Task) -> None:
    """Stage the build folder, build the image, keep it as an archive."""
    context = task.out / "context"
    stage(task, context)
    if "python-root" in task.needs:
        _import_base(task.shell, task.needs["python-root"], task.inputs["python"])
    image = f"{task.inputs['image']}:dev"
    task.shell.run("docker build --force-rm --tag", image, context)
    task.shell.run("docker save --output", task.out / "image.tar", image)
    # The archive is what counts: an engine keeps nothing of it.
    task.shell.run("docker rmi", image)
    shutil.rmtree(context)


def stage(task: Task, context: Path) -> None:
    """Lay out a build folder: the image's own files, programs, installed packages."""
    (folder,) = task.sources
    shutil.copytree(folder, context, ignore=shutil.ignore_patterns("context.toml", "__pycache__"))
    for name in task.inputs["binaries"].split():
        shutil.copy2(_program(task, name), context / name)
    for name, result in task.needs.items():
        if name.startswith("site-packages-"):
            shutil.copytree(result / "site-packages", context / "site-packages")


def _program(task: Task, name: str) -> Path:
    """Find a program among the results: one module may have built several."""
    found = (result / "bin" / name for result in task.needs.values())
    return next(path for path in found if path.exists())


def base_key(docker: Shell, name: str) -> str:
    """Tell which of our root file systems an engine's base image is; empty for a public image."""
    label = f'{{{{index .Config.Labels "{_LABEL}"}}}}'
    return docker.run("docker image inspect --format", label, name).strip()


def _import_base(docker: Shell, root: Path, name: str) -> None:
    """Give an engine the base image; a public one that it has is left as it is."""
    if docker.answers("docker image inspect", name):
        if base_key(docker, name) in ("", root.name):
            return
        docker.run("docker rmi", name)
    changes = (
        f"LABEL {_LABEL}={root.name}",
        'CMD ["python3"]',
        "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    )
    words = [word for change in changes for word in ("--change", change)]
    docker.run("docker import", *words, root / "root.tar", name)


def load(cluster: str, image: Step, store: Store, shell: Shell, say: Say) -> bool:
    """Bring an image into the cluster, unless it is there; tell whether it was brought.

    The tag `dev` moves to it, so new pods get it. A second tag, by content, tells what is there.
    """
    node, name = f"{cluster}-control-plane", image.inputs["image"]
    mark = f"docker.io/{name}:{image.key()[:12]}"
    present = shell.run(f"docker exec {node} {LIST_IMAGES}").split()
    if mark in present:
        return False
    archive = store.get(image) / "image.tar"
    shell.run("kind load image-archive", archive, "--name", cluster)
    stale = [
        tag for tag in present if tag.startswith(f"docker.io/{name}:") and not tag.endswith(":dev")
    ]
    for tag in stale:
        shell.run(f"docker exec {node} {_IMAGES} rm {tag}")
    shell.run(f"docker exec {node} {_IMAGES} tag --force docker.io/{name}:dev {mark}")
    say(f"loaded {name}:dev ({image.key()[:12]})")
    return True
