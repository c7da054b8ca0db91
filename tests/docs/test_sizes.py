"""What is short stays short."""
import unittest

from tests.docs.markdown import ROOT, read, table_of

LINES_MAX = 150
TERMS_MAX = 20
PICTURE_BYTES_MAX = 60 * 1024


class Sizes(unittest.TestCase):
    def test_the_readme(self):
        self.assertLessEqual(len(read("README.md").splitlines()), LINES_MAX)

    def test_the_glossary(self):
        self.assertLessEqual(len(table_of("ARCHITECTURE.md", "Glossary")), TERMS_MAX)

    def test_the_picture_of_the_page(self):
        self.assertLessEqual((ROOT / "docs/page.png").stat().st_size, PICTURE_BYTES_MAX)
