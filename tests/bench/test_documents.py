import json
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

    def test_each_kind_of_machine_is_kept_whole_processors_first_and_the_most_capable_first(self):
        for name, used, own in (("a", "avx2", "avx512_core"), ("b", "avx2", "avx2"), ("c", "avx512_core_amx", None)):
            machine = {"processor": name, **({"own_instruction_set": own} if own else {})}
            results = {"predict": {}, "machine": machine, "engine": {"instruction_set": used}}
            write(self.root, "bench", "results", name + ".json", text=json.dumps(results))
        write(self.root, "bench", "results", "soak.json", text="{}")
        self.assertEqual([each["machine"]["processor"] for each in documents.kept_results(self.root)], ["c", "b", "a"])
