"""A backup is one tar file: a manifest with checksums, then the files it names. Knows no room's meaning."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

from storage.engine import StorageError

FORMAT = 1
MANIFEST = "manifest.json"
MOST_MANIFEST = 64 * 1024  # bytes
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")  # of a file in it: never a path
CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    ``made_at`` is in Unix seconds, ``database`` the kind (sqlite, postgresql), ``schema`` its revision. ``running``:
    the assistant went on working meanwhile. ``keys``: marks of the keys that open it. ``files``: name → SHA-256.
    """

    made_at: float
    database: str
    schema: str
    running: bool
    keys: tuple[str, ...]
    files: Mapping[str, str]
    format: int = FORMAT


def write(path: Path, manifest: Manifest, folder: Path) -> None:
    """Write the files of ``manifest`` that lie in ``folder`` to ``path``, readable by its owner only.

    Raises ``StorageError`` when there is a file already.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
            said = json.dumps(asdict(manifest), indent=1).encode()
            head = tarfile.TarInfo(MANIFEST)
            head.size, head.mode = len(said), 0o600
            archive.addfile(head, BytesIO(said))
            for name in manifest.files:
                archive.add(folder / name, name)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(fresh, path)  # unlike a rename, a link never replaces an older backup
    except FileExistsError:
        raise StorageError(f"{path} is there already; a backup never replaces another one") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror})") from None
    finally:
        fresh.unlink(missing_ok=True)


def read(path: Path, folder: Path) -> Manifest:
    """Unpack the backup at ``path`` into ``folder`` and check every byte. Raises ``StorageError``."""
    try:
        with tarfile.open(path, "r:") as archive:
            manifest = _manifest(archive.next(), archive)
            for name, digest in manifest.files.items():
                if _unpack(archive, archive.next(), folder / name) != digest:
                    raise StorageError(f"{path}: {name} does not fit its checksum; the backup is damaged")
            if archive.next() is not None:
                raise StorageError(f"{path}: holds more than its manifest says")
    except FileNotFoundError:
        raise StorageError(f"{path}: no such file") from None
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, EOFError, RecursionError):
        raise StorageError(f"{path}: not a backup of ours, or damaged") from None
    return manifest


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _manifest(member: tarfile.TarInfo | None, archive: tarfile.TarFile) -> Manifest:
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > MOST_MANIFEST:
        raise ValueError("no manifest")
    stream = archive.extractfile(member)
    assert stream is not None
    said = json.loads(stream.read())
    if said["format"] != FORMAT:
        raise StorageError("the backup was made by another version of this program")
    files = {str(name): str(value) for name, value in said["files"].items()}
    if not all(NAME.fullmatch(name) for name in files):
        raise ValueError("a name that is a path")
    return Manifest(
        float(said["made_at"]),
        str(said["database"]),
        str(said["schema"]),
        bool(said["running"]),
        tuple(str(mark) for mark in said["keys"]),
        files,
    )


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo | None, target: Path) -> str:
    """Write one member to ``target``, and return its SHA-256; only a plain file of that very name is taken."""
    if member is None or member.name != target.name or not member.isreg():
        raise ValueError("another file than the manifest says")
    stream = archive.extractfile(member)
    assert stream is not None
    found = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := stream.read(CHUNK):
            found.update(piece)
            out.write(piece)
    return found.hexdigest()
