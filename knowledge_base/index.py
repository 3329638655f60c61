"""The FAISS index on disk: one file, stamped with what it was made from, swapped in by one rename."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from knowledge_base.encoder.encoder import Vectors
from knowledge_base.swap import write_swapped

MAGIC = b"FANZHAIX"
EXACT_UP_TO = (
    100_000  # phrases; past that exact search costs more than HNSW's small loss (design.md section 2)
)
HNSW_LINKS = 32
HNSW_DEPTH = 128  # FAISS's default of 16 misses too many neighbours; recall: docs/benchmarks.md
HEADER_LIMIT = 64 * 1024  # bytes


class IndexFileError(Exception):
    """The index file cannot be used: rebuild it. Root of the two reasons below."""


class IndexCorrupt(IndexFileError):
    """The file is damaged, cut short, or no index of ours."""


class IndexStale(IndexFileError):
    """The file was made from other content or by another encoder."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was made from."""

    content: str
    encoder: str
    dimension: int
    count: int


class PhraseIndex:
    """Vectors of phrases, searched by inner product (cosine, since rows have length 1)."""

    def __init__(self, stamp: Stamp, index: faiss.Index) -> None:
        self.stamp = stamp
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors, content: str, encoder: str) -> PhraseIndex:
        """Index ``vectors`` of shape (n, d): exact up to 100k rows, HNSW past that."""
        count, dimension = vectors.shape
        if count <= EXACT_UP_TO:
            index: faiss.Index = faiss.IndexFlatIP(dimension)
        else:
            index = faiss.IndexHNSWFlat(dimension, HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efSearch = HNSW_DEPTH
        index.add(np.ascontiguousarray(vectors))
        return cls(Stamp(content, encoder, dimension, count), index)

    def search(self, vectors: Vectors, k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return scores and phrase numbers, both (n, min(k, count)), best first."""
        scores, rows = self._index.search(np.ascontiguousarray(vectors), min(k, self.stamp.count))
        return scores, rows

    def vectors(self) -> Vectors:
        """Return all vectors, (count, dimension), in the order they were indexed."""
        stored: Vectors = self._index.reconstruct_n(0, self.stamp.count)
        return stored

    def save(self, path: Path) -> None:
        """Write beside ``path``, sync, and swap in one rename: a reader sees the old file or the new one."""
        payload = faiss.serialize_index(self._index).tobytes()
        header = json.dumps({**asdict(self.stamp), "sha256": hashlib.sha256(payload).hexdigest()}).encode()
        write_swapped(
            path, lambda stream: stream.write(MAGIC + struct.pack("<I", len(header)) + header + payload)
        )

    @classmethod
    def load(cls, path: Path, content: str, encoder: str) -> PhraseIndex:
        """Read an index and check it.

        Raises ``FileNotFoundError``, ``IndexCorrupt`` or ``IndexStale``. Only a payload whose hash fits its
        header reaches FAISS, which does not survive damaged bytes.
        """
        stamp, payload = _read(path)
        if (stamp.content, stamp.encoder) != (content, encoder):
            raise IndexStale(
                f"{path}: made from {stamp.content} by {stamp.encoder}, need {content} by {encoder}"
            )
        try:
            index = faiss.deserialize_index(np.frombuffer(payload, dtype=np.uint8))
        except RuntimeError as error:
            raise IndexCorrupt(f"{path}: FAISS refuses it") from error
        if (index.d, index.ntotal) != (stamp.dimension, stamp.count):
            raise IndexCorrupt(f"{path}: holds {index.ntotal} vectors of {index.d}, header says otherwise")
        return cls(stamp, index)


def _read(path: Path) -> tuple[Stamp, bytes]:
    data = path.read_bytes()
    start = len(MAGIC) + 4
    if len(data) < start or not data.startswith(MAGIC):
        raise IndexCorrupt(f"{path}: not an index of ours")
    (length,) = struct.unpack("<I", data[len(MAGIC) : start])
    if length > HEADER_LIMIT or len(data) < start + length:
        raise IndexCorrupt(f"{path}: cut short")
    try:
        header = json.loads(data[start : start + length])
        stamp = Stamp(**{key: header[key] for key in ("content", "encoder", "dimension", "count")})
        expected = header["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise IndexCorrupt(f"{path}: unreadable header") from error
    payload = data[start + length :]
    if hashlib.sha256(payload).hexdigest() != expected:
        raise IndexCorrupt(f"{path}: its bytes do not fit its checksum")
    return stamp, payload
