"""Debian packages without touching the host's own apt: a private state folder a suite."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.cluster.run import Shell
from ledger.errors import ClusterError

ETC = Path("/etc")


@dataclass(frozen=True)
class Source:
    """One package archive that the host is set up for."""

    uris: str
    suites: tuple[str, ...]
    signed_by: str


def host_sources(etc: Path = ETC) -> list[Source]:
    """Read the archives that the host's apt knows, in both of apt's formats."""
    folder = etc / "apt"
    lists = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    found = [source for path in lists if path.is_file() for source in _one_line(path.read_text())]
    for path in sorted(folder.glob("sources.list.d/*.sources")):
        found += _deb822(path.read_text())
    return found


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        words = line.replace("[", " [ ").replace("]", " ] ").split()
        if not words or words[0] != "deb":
            continue
        options: list[str] = []
        if words[1:2] == ["["]:
            options, words = words[2 : words.index("]")], ["deb", *words[words.index("]") + 1 :]]
        signed = [word.partition("=")[2] for word in options if word.startswith("signed-by=")]
        yield Source(words[1], (words[2],), "".join(signed))


def _deb822(text: str) -> Iterator[Source]:
    for stanza in text.split("\n\n"):
        lines = [line for line in stanza.splitlines() if ":" in line and not line.startswith("#")]
        fields = {
            key.strip().lower(): value.strip()
            for key, _, value in (line.partition(":") for line in lines)
        }
        if "deb" in fields.get("types", "").split() and fields.get("enabled") != "no":
            yield Source(
                fields["uris"], tuple(fields["suites"].split()), fields.get("signed-by", "")
            )


def derive(sources: Iterable[Source], host: str, wanted: str) -> str:
    """Write apt sources for suite `wanted` from those for the host's suite, in the deb822 format.

    Raises:
        ClusterError: the host has no archive of its own suite.
    """
    stanzas = []
    for source in sources:
        suites = [wanted + suite[len(host) :] for suite in source.suites if suite in _kin(host)]
        if not suites:
            continue
        signed = f"Signed-By: {source.signed_by}\n" if source.signed_by else ""
        stanzas.append(
            f"Types: deb\nURIs: {source.uris}\nSuites: {' '.join(suites)}\nComponents: main\n"
            f"{signed}"
        )
    if not stanzas:
        raise ClusterError(
            f"apt on this machine has no archive for its own suite ({host or 'unknown'})",
            where="/etc/apt",
            fix="use Debian 12 or newer, or start a Docker engine that can pull images",
        )
    return "\n".join(stanzas)


def _kin(suite: str) -> tuple[str, ...]:
    return (suite, f"{suite}-updates", f"{suite}-security")


def codename(etc: Path = ETC) -> str:
    """Give the host's Debian release by name; empty if it has none."""
    path = etc / "os-release"
    lines = path.read_text().splitlines() if path.exists() else []
    return "".join(
        line.partition("=")[2].strip('"') for line in lines if line.startswith("VERSION_CODENAME=")
    )


@dataclass(frozen=True)
class Apt:
    """apt for one suite, with lists and caches in a folder of its own.

    Args:
        folder: where apt keeps what it knows.
        shell: runs apt.
    """

    folder: Path
    shell: Shell

    @classmethod
    def open(cls, cache: Path, suite: str, shell: Shell) -> Apt:
        """Fetch the suite's package lists."""
        apt = cls(cache / "apt" / suite, shell)
        for folder in ("lists/partial", "archives/partial", "sources"):
            (apt.folder / folder).mkdir(parents=True, exist_ok=True)
        (apt.folder / "status").touch()
        text = derive(host_sources(), codename(), suite)
        (apt.folder / "sources" / "debian.sources").write_text(text)
        apt._get("update")
        return apt

    def fetch(self, packages: Iterable[str], into: Path) -> list[Path]:
        """Download these packages, and nothing that they depend on."""
        into.mkdir(parents=True, exist_ok=True)
        self._get("download", *packages, cwd=into)
        return sorted(into.glob("*.deb"))

    def fetch_closure(self, packages: Iterable[str], into: Path) -> list[Path]:
        """Download what an empty system needs to hold these packages."""
        (into / "partial").mkdir(parents=True)
        # usrmerge converts a live system and needs all of Perl; debootstrap lays a merged one out.
        wanted = sorted({*packages, "apt", "usr-is-merged", *self._required()} - {"usrmerge"})
        self._get(
            "install",
            "--yes",
            "--download-only",
            "--no-install-recommends",
            "-o",
            f"Dir::Cache::archives={into}",
            *wanted,
        )
        return sorted(into.glob("*.deb"))

    def stanzas(self) -> Iterator[str]:
        """Give the stanzas of the package lists: the archive's word on each package."""
        for path in sorted((self.folder / "lists").glob("*_Packages")):
            yield from filter(None, path.read_text("utf-8").split("\n\n"))

    def _required(self) -> set[str]:
        marked = (text for text in self.stanzas() if "\nPriority: required\n" in text)
        return {text.partition("\n")[0].removeprefix("Package: ") for text in marked}

    def _get(self, *words: str, cwd: Path | None = None) -> None:
        settings = {
            "Dir::State": self.folder,
            "Dir::State::status": self.folder / "status",
            "Dir::State::lists": self.folder / "lists",
            "Dir::Cache": self.folder,
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": self.folder / "sources",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Sandbox::User": "root",
            "Acquire::GzipIndexes": "false",
            "Acquire::Languages": "none",
        }
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        self.shell.run("apt-get --quiet", *options, *words, cwd=cwd)


def unpack(debs: Iterable[Path], root: Path, shell: Shell) -> None:
    """Unpack packages into a folder, without running what they bring."""
    root.mkdir(parents=True, exist_ok=True)
    for deb in debs:
        shell.run("dpkg-deb --extract", deb, root)


def mirror(apt: Apt, debs: Iterable[Path], suite: str, architecture: str, into: Path) -> list[str]:
    """Lay packages out as an archive in a folder, and give their names.

    apt has checked the signatures; here each package is found in the signed lists by its digest.
    """
    by_digest = {hashlib.sha256(deb.read_bytes()).hexdigest(): deb for deb in debs}
    chosen = {}
    for text in apt.stanzas():
        fields = dict(line.partition(": ")[::2] for line in text.splitlines() if line[:1].isalpha())
        if fields.get("SHA256") in by_digest and fields["Package"] not in chosen:
            chosen[fields["Package"]] = text
            target = into / fields["Filename"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(by_digest[fields["SHA256"]])
    _index(into / "dists" / suite, suite, architecture, "\n\n".join(chosen.values()) + "\n\n")
    return sorted(chosen)


def _index(folder: Path, suite: str, architecture: str, packages: str) -> None:
    path = folder / "main" / f"binary-{architecture}" / "Packages"
    path.parent.mkdir(parents=True)
    path.write_text(packages, "utf-8")
    data = path.read_bytes()
    entry = f"{hashlib.sha256(data).hexdigest()} {len(data)} {path.relative_to(folder)}"
    (folder / "Release").write_text(
        f"Suite: {suite}\nCodename: {suite}\nArchitectures: {architecture}\n"
        f"Components: main\nSHA256:\n {entry}\n"
    )
