"""The generated parts of the documents are what their sources give."""
import unittest

from bench.suite import documents
from docs import generate, settings_tables
from tests.docs.markdown import ROOT, read, table_of, tables, words
from tests.docs.sources import settings

FILE = """# Comment of the file.

# ---- log ----

# First line of help,
# and the second. Allowed: a whole number from 1 to 1000000.
lines = 16

# Which | of them; "*" for any. Allowed: one of json, text.
form = "json"

# Any text.
name = ""
"""


class Settings(unittest.TestCase):
    def test_tables_of_a_file(self):
        self.assertEqual(settings_tables.render(FILE).splitlines(), [
            "## log", "",
            "| setting | default | allowed | meaning |", "| --- | --- | --- | --- |",
            "| `lines` | `16` | 1 to 1,000,000 | First line of help, and the second. |",
            '| `form` | `"json"` | `json`, `text` | Which \\| of them; "\\*" for any. |',
            '| `name` | `""` | any | Any text. |'])

    def test_every_setting_has_its_default(self):
        rows = [row for table in tables(read(generate.CONFIGURATION)) for row in table.rows]
        self.assertEqual({words(row[0])[0]: words(row[1])[0] for row in rows}, settings())


class UpToDate(unittest.TestCase):
    def test_documents_are_what_their_sources_give(self):
        for path, text in generate.generated().items():
            self.assertTrue(read(path) == text, f"{path} is not what its source gives: run ./run docs")

    def test_every_target_that_is_missed_has_its_reason(self):
        missed = {figure["what"] for results in documents.kept_results(str(ROOT)) for figure in results["targets"]
                  if not figure["ok"]}
        explained = [row[0] for row in table_of("docs/performance.md", "Targets missed, and why")]
        self.assertCountEqual(explained, missed)
