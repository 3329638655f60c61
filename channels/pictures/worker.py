"""The process that opens pictures of strangers: it may break or be ended without harm to the gateway.

Speaks over stdin and stdout: four bytes of length, then the message; pictures in, JSON out. It says what it is once it
is ready. It keeps nothing, may write no file, and leaves no memory image when it crashes.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from typing import BinaryIO

from channels.base import Refuse

LENGTH = struct.Struct(">I")
MOST_MEMORY = (
    3 * 1024**3
)  # bytes of address space; decoding and reading the largest picture takes about a third


def main(threads: int, seconds: float) -> None:
    """Answer pictures until stdin ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints must not get between the answers
    try:
        from channels.pictures.ocr import Ocr
        from channels.pictures.read import read_picture

        ocr = Ocr(threads)
    except Exception as error:  # a missing system library, most likely: its name is no secret
        _send(target, {"broken": f"{type(error).__name__}: {error}"[:200]})
        return
    _send(target, {"ready": True})
    while (data := _receive(source)) is not None:
        try:
            answer = read_picture(ocr, data, seconds)
        except Refuse as refuse:
            answer = {"refused": refuse.code, "status": refuse.status}
        except Exception as error:  # its message may quote the picture: only the type goes out
            answer = {"broken": type(error).__name__}
        _send(target, answer)
        del data, answer


def _receive(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH.size)
    return source.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


def _send(target: BinaryIO, answer: dict[str, object]) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
    target.write(LENGTH.pack(len(body)) + body)
    target.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
