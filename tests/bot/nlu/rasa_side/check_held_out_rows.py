"""Recall and false interruption of the trained model on tests/eval_dialogue; run by test_held_out_rows.py.

Prints one JSON object: half -> intent -> [rows, rows taken for any emergency]; the half "all" are all but the fresh ones.
The halves "honest_stories" and "honest_others" are the honest messages, stories and talks of tests/eval.
"""

import asyncio
import json
import sys
from pathlib import Path

from rasa.core.agent import Agent

EMERGENCIES = ("already_paid", "gave_info", "on_the_line")


async def main():
    agent = Agent.load(sys.argv[1])
    counts = {}
    for path in sorted(Path("tests/eval_dialogue").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            got = (await agent.parse_message(row["text"]))["intent"]["name"]
            fresh = path.stem.startswith("fresh")
            for half in ("fresh",) if fresh else ("all", row.get("half", path.stem)):
                pair = counts.setdefault(half, {}).setdefault(row["intent"], [0, 0])
                pair[0] += 1
                pair[1] += got in EMERGENCIES
    for path in sorted(Path("tests/eval").glob("*.jsonl")):
        if "honest" not in path.stem and "questions" not in path.stem:
            continue
        half = "honest_stories" if path.stem.endswith("honest_stories") else "honest_others"
        for line in path.read_text(encoding="utf-8").splitlines():
            got = (await agent.parse_message(json.loads(line)["text"]))["intent"]["name"]
            pair = counts.setdefault(half, {}).setdefault("other", [0, 0])
            pair[0] += 1
            pair[1] += got in EMERGENCIES
    print("counts:" + json.dumps(counts))


if __name__ == "__main__":
    asyncio.run(main())
