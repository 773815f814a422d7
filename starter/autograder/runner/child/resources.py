"""A submission's files other than Python, from memory: what ``importlib.resources.files("project")`` shows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_FILES: dict[str, bytes] = {}  # by path, as submitted


def offer(files: Mapping[str, bytes]) -> None:
    """Make ``files`` readable in this process, in place of those before."""
    _FILES.clear()
    _FILES.update(files)


@dataclass(frozen=True)
class MemoryPath:
    """A file or folder; has the form of ``importlib.resources.abc.Traversable``."""

    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        return self.path

    def __truediv__(self, child: str) -> MemoryPath:
        return self.joinpath(child)

    def joinpath(self, *children: str) -> MemoryPath:
        return MemoryPath("/".join((self.path, *(str(child).strip("/") for child in children))))

    def is_file(self) -> bool:
        return self.path in _FILES

    def is_dir(self) -> bool:
        return any(path.startswith(f"{self.path}/") for path in _FILES)

    def iterdir(self) -> Iterator[MemoryPath]:
        start = f"{self.path}/"
        inner = (path[len(start) :].partition("/")[0] for path in _FILES if path.startswith(start))
        return map(self.joinpath, dict.fromkeys(inner))

    def read_bytes(self) -> bytes:
        if self.path not in _FILES:
            raise FileNotFoundError(f"{self.path} is not among the submitted files")
        return _FILES[self.path]

    def read_text(self, encoding: str | None = None) -> str:
        return self.read_bytes().decode(encoding or "utf-8")

    def open(self, mode: str = "r", *args: object, **keywords: object) -> io.IOBase:
        stream = io.BytesIO(self.read_bytes())
        return stream if "b" in mode else io.TextIOWrapper(stream, *args, **keywords)  # type: ignore[arg-type]  # as open() takes them


@dataclass(frozen=True)
class Reader:
    """The resource reader of one package."""

    path: str

    def files(self) -> MemoryPath:
        return MemoryPath(self.path)


def reader_of(package: str) -> Reader:
    """Return the reader of ``package``, a dotted name."""
    return Reader(package.replace(".", "/"))
