"""Index build and search at 10k, 100k and 1M vectors: ``python -m bench.index_scale [--cap SECONDS]``."""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.house import workspace
from bench.isolated import few_threads, isolated
from bench.processes import cores, total_memory_gb
from bench.section import Section, Table
from bench.timing import Timing, time_each

if TYPE_CHECKING:
    from bench.vectors import Source
    from knowledge_base.encoder.encoder import Vectors
    from knowledge_base.index import PhraseIndex

COMMAND = "python -m bench.index_scale"
CAP = 300.0  # seconds; if building 1M vectors would take longer, they get fewer dimensions
FEWER = 128  # dimensions then
NEEDED_GB = 10.0  # of memory for 1M vectors of 512 dimensions: the vectors, their index, its file
QUERIES = 300
NEIGHBOURS = 10
LARGE = 1_000_000
METHOD = """\
`knowledge_base.index.PhraseIndex` as it is served: exact (IndexFlatIP) up to 100,000 vectors, HNSW past that. "phrases"
are vectors spread as phrases are: mixtures of two encoded sayings of ours and a little noise. "random" are unit vectors
with no structure at all, the worst case for HNSW, which no text ever makes. Built on all cores, searched by one thread,
one query at a time."""


@dataclass(frozen=True)
class Measured:
    """``build``, ``save`` and ``load`` in seconds, ``file`` in MB, ``recall`` of the exact ten nearest (0..1)."""

    name: str
    kind: str
    dimension: int
    build: float
    save: float
    load: float
    file: float
    search: Timing
    recall: float


def measure(data: Path, cap: float = CAP) -> Section:
    """Return the section; ``data`` holds a built index."""
    measured, encoded, predicted = isolated(len(cores()), _measure, data, cap)
    last = measured[-1]
    remarks = [
        f"The encoder makes {encoded:.0f} vectors a second from sayings on one core: building from text takes "
        f"{10_000 / encoded:.0f} s for 10k phrases, {100_000 / encoded / 60:.0f} min for 100k.",
        f"From the time of 100k, HNSW over 1M vectors of 512 dimensions was expected to take {predicted:.0f} s "
        f"(cap {cap:.0f} s).",
    ]
    if last.dimension == FEWER:
        remarks.append(
            f"So 1M was built with {FEWER} of the 512 dimensions (the same vectors, cut and normalised); "
            f"times and size are smaller than with all of them. `--cap` lifts the limit."
        )
    header = ("vectors", "kind", "dims", "build s", "save s", "load s", "file MB")
    rows = tuple(
        (
            each.name,
            each.kind,
            each.dimension,
            *(each.build, each.save, each.load, each.file),
            *(each.search.p50, each.search.p95, each.search.per_second, f"{each.recall:.3f}"),
        )
        for each in measured
    )
    table = Table((*header, "search p50 ms", "p95 ms", "per second", "recall@10"), rows)
    return Section("Index build and search", COMMAND, METHOD, (table,), tuple(remarks))


def _measure(data: Path, cap: float) -> tuple[list[Measured], float, float]:
    from bench.vectors import Source

    source = Source.load(data)
    done = [
        _one(source, "phrases", 10_000),
        _one(source, "phrases", 100_000),
        _one(source, "random", 100_001),
        _one(source, "phrases", 100_001),
    ]
    predicted = done[-1].build * (LARGE / 100_000) * math.log(LARGE) / math.log(100_000)
    fits = predicted <= cap and total_memory_gb() >= NEEDED_GB
    done.append(_one(source, "phrases", LARGE, None if fits else FEWER))
    return done, source.per_second, predicted


def _one(source: Source, kind: str, count: int, dimension: int | None = None) -> Measured:
    import faiss

    from knowledge_base.index import EXACT_UP_TO, PhraseIndex

    vectors = source.vectors(kind, count, dimension)
    queries = source.vectors(kind, QUERIES, dimension)
    truth = _exact(vectors, queries)
    faiss.omp_set_num_threads(len(cores()))
    started = time.perf_counter()
    index = PhraseIndex.build(vectors, "bench", "bench")
    build = time.perf_counter() - started
    del vectors
    faiss.omp_set_num_threads(1)
    search = Timing.of(time_each(lambda row: index.search(row, NEIGHBOURS), queries[:, None]))
    _, rows = index.search(queries, NEIGHBOURS)
    shared = sum(len(set(found) & set(true)) for found, true in zip(rows.tolist(), truth, strict=True))
    width = index.stamp.dimension
    name = f"{count:,} {'exact' if count <= EXACT_UP_TO else 'HNSW'}"
    recall = shared / (QUERIES * NEIGHBOURS)
    return Measured(name, kind, width, build, *_disk(index), search, recall)


def _exact(vectors: Vectors, queries: Vectors) -> list[list[int]]:
    import faiss

    _, rows = faiss.knn(queries, vectors, NEIGHBOURS, metric=faiss.METRIC_INNER_PRODUCT)
    result: list[list[int]] = rows.tolist()
    return result


def _disk(index: PhraseIndex) -> tuple[float, float, float]:
    """Return seconds to save, seconds to load, and the file's size in MB."""
    with tempfile.TemporaryDirectory(prefix="fanzha-bench-") as folder:
        path = Path(folder) / "phrases.index"
        started = time.perf_counter()
        index.save(path)
        saved = time.perf_counter()
        type(index).load(path, "bench", "bench")
        return saved - started, time.perf_counter() - saved, path.stat().st_size / 1024**2


def main() -> None:
    """Print the section."""
    few_threads()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cap", type=float, default=CAP, help="seconds that building 1M vectors may take")
    options = parser.parse_args()
    with workspace() as space:
        print(measure(space.data, options.cap).markdown())


if __name__ == "__main__":
    main()
