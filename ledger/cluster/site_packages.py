"""Python packages for an image, from hashed requirements, for the image's own Python."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ledger.cluster.golang import PIP
from ledger.cluster.steps import Step, Task

PYTHON = "3.11"
"""The Python of the base image: wheels are chosen for it, whatever Python runs this."""


def install(task: Task) -> None:
    """Install what a requirements file names into `site-packages`."""
    tags = [
        f"--platform=manylinux{glibc}_{os.uname().machine}"
        for glibc in ("2014", "_2_17", "_2_28", "_2_35")
    ]
    task.shell.run(
        Path(sys.executable),
        *PIP.split(),
        *(
            "--no-compile",
            "--implementation",
            "cp",
            "--python-version",
            task.inputs["python"],
            *tags,
        ),
        *("--target", task.out / "site-packages", "--requirement", task.sources[0]),
    )


def site_packages_step(image: str, requirements: Path) -> Step:
    """Describe the installation of an image's packages."""
    return Step(
        f"site-packages-{image}", install, 10, inputs={"python": PYTHON}, sources=(requirements,)
    )
