"""Parts of the documents that are generated from runs of the suite."""
import glob
import json
import os

from . import kinds, report, table

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
PARTS = {"README.md": report.readme, "docs/performance.md": report.performance}


def rewritten(root, kept):
    """path below root -> its text with the part that follows from these results."""
    return {path: table.replace_between(read(os.path.join(root, path)), BEGIN, END, part(kept))
            for path, part in PARTS.items()}


def kept_results(root):
    """Of the full runs: one for each kind of machine."""
    runs = [json.loads(read(path)) for path in glob.glob(os.path.join(root, "bench/results/*.json"))]
    return sorted((each for each in runs if "predict" in each), key=kinds.order)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()
