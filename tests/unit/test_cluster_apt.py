"""apt's sources: read in both formats, and turned into those of another suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.cluster.apt import Source, codename, derive, host_sources
from ledger.errors import ClusterError

DEB822 = """\
Types: deb
# a comment: with a colon
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb-src
URIs: http://mirror.example/sources
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://mirror.example/off
Suites: bookworm
Components: main
"""
ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/security bookworm-security main
deb http://other.example/tool stable main  # not Debian's
deb-src http://mirror.example/debian bookworm main
"""


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "apt" / "sources.list.d").mkdir(parents=True)
    (tmp_path / "apt" / "sources.list").write_text(ONE_LINE)
    (tmp_path / "apt" / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    return tmp_path


def test_both_formats_are_read(etc: Path) -> None:
    assert host_sources(etc) == [
        Source("http://mirror.example/security", ("bookworm-security",), "/k.gpg"),
        Source("http://other.example/tool", ("stable",), ""),
        Source(
            "http://mirror.example/debian",
            ("bookworm", "bookworm-updates"),
            "/usr/share/keyrings/debian.gpg",
        ),
    ]


def test_another_suite_comes_from_the_same_archives_with_the_same_keys(etc: Path) -> None:
    assert derive(host_sources(etc), codename(etc), "trixie") == (
        "Types: deb\nURIs: http://mirror.example/security\nSuites: trixie-security\n"
        "Components: main\nSigned-By: /k.gpg\n\n"
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie trixie-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian.gpg\n"
    )


def test_a_host_without_debian_is_told(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="no archive for its own suite"):
        derive(host_sources(tmp_path), codename(tmp_path), "trixie")
