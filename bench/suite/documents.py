"""Parts of the documents that are generated from a run of the suite."""
import glob
import json
import os

from . import report, table

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
PARTS = {"README.md": report.readme, "docs/performance.md": report.performance}


def rewritten(root, results):
    """path below root -> its text with the part that follows from these results."""
    return {path: table.replace_between(read(os.path.join(root, path)), BEGIN, END, part(results))
            for path, part in PARTS.items()}


def newest_results(root):
    """Of the full runs that are kept: their names are dates."""
    with open(max(glob.glob(os.path.join(root, "bench/results/*-*-*.json"))), encoding="utf-8") as f:
        return json.load(f)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()
