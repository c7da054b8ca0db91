import os
import tempfile
import unittest

from bench.suite import documents, report


def write(*path, text):
    os.makedirs(os.path.join(*path[:-1]), exist_ok=True)
    with open(os.path.join(*path), "w", encoding="utf-8") as f:
        f.write(text)


class Documents(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def test_each_has_its_own_part(self):
        self.assertEqual(documents.PARTS, {"README.md": report.readme, "docs/performance.md": report.performance})
        for path in documents.PARTS:
            write(self.root, *path.split("/"), text=f"{path}\n{documents.BEGIN}\nold\n{documents.END}\nend\n")
        self.addCleanup(documents.PARTS.update, dict(documents.PARTS))
        documents.PARTS.update({path: lambda results, path=path: f"{results} in {path}" for path in documents.PARTS})
        self.assertEqual(documents.rewritten(self.root, "new"), {
            path: f"{path}\n{documents.BEGIN}\nnew in {path}\n{documents.END}\nend\n" for path in documents.PARTS})

    def test_the_newest_results_are_those_of_the_last_date(self):
        for name in ("2026-01-31", "2026-11-26", "2025-12-31"):
            write(self.root, "bench", "results", name + ".json", text=f'{{"date": "{name}"}}')
        write(self.root, "bench", "results", "soak.json", text="{}")
        self.assertEqual(documents.newest_results(self.root), {"date": "2026-11-26"})
