"""The entries of ``datasets.toml`` as frozen values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.errors import DatasetError

CATALOGUE = Path(__file__).with_name("datasets.toml")


@dataclass(frozen=True)
class RemoteFile:
    """A published file.

    Attributes:
        name: its name in the cache, without a folder.
        bytes: its exact size.
        sha256: the hash of its content, in hexadecimal digits.
        urls: addresses to download it from, tried in this order.
    """

    name: str
    bytes: int
    sha256: str
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One data set.

    Attributes:
        name: as in ``datasets.toml``.
        title: a description for readers.
        kind: "bundled" (in an installed package or in this one), "download", "synthetic" or "trained" (weights of a
            network).
        source: its address or package.
        licence: the terms of use.
        splits: number of samples of each split.
        files: the files to download; empty for the other kinds.
        sha256: the hash of the content after reading, or '' if it is not pinned.
        class_names: the names of the labels 0, 1, 2, ...; empty if there are none.
        pins: sha256 for each version, if the content depends on the version.
    """

    name: str
    title: str
    kind: str
    source: str
    licence: str
    splits: Mapping[str, int]
    files: tuple[RemoteFile, ...] = ()
    sha256: str = ""
    class_names: tuple[str, ...] = ()
    pins: Mapping[str, str] | None = None

    def file(self, name: str) -> RemoteFile:
        """The file of that name.

        Raises:
            KeyError: there is none.
        """
        for file in self.files:
            if file.name == name:
                return file
        raise KeyError(f"{self.name} does not have a file {name}")


def catalogue(path: Path = CATALOGUE) -> dict[str, Source]:
    """Every data set by its name.

    Raises:
        DatasetError: the catalogue cannot be read.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _source(name, entry) for name, entry in entries.items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: {type(error).__name__}: {error}") from None


def source(name: str) -> Source:
    """One data set.

    Raises:
        DatasetError: there is none of that name.
    """
    entries = catalogue()
    if name not in entries:
        raise DatasetError(f"there is no data set {name!r}; allowed are {', '.join(sorted(entries))}")
    return entries[name]


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    files = tuple(
        RemoteFile(file["name"], file["bytes"], file["sha256"], tuple(base + file["name"] for base in entry["mirrors"]))
        for file in entry.get("files", [])
    )
    return Source(
        name=name,
        title=entry["title"],
        kind=entry["kind"],
        source=entry["source"],
        licence=entry["licence"],
        splits=entry["splits"],
        files=files,
        sha256=entry.get("sha256", ""),
        class_names=tuple(entry.get("class_names", ())),
        pins=entry.get("pins"),
    )
