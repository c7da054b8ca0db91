"""Relative links lead to files that exist, and to headings that are there."""
import unittest

from tests.docs.markdown import ROOT, anchors, documents, links, read


class Links(unittest.TestCase):
    def test_targets_exist(self):
        for document in documents():
            for link in links(read(document)):
                if "://" in link or link.startswith("mailto:"):
                    continue
                path, _, anchor = link.partition("#")
                target = (ROOT / document.parent / path).resolve() if path else ROOT / document
                self.assertTrue(target.exists(), f"{document}: {link} leads nowhere")
                if anchor:
                    text = target.read_text(encoding="utf-8")
                    self.assertIn(anchor, anchors(text), f"{document}: {link} names no heading")

    def test_every_document_can_be_reached_from_the_readme(self):
        reached, waiting = set(), [ROOT / "README.md"]
        while waiting:
            document = waiting.pop()
            reached.add(document)
            targets = [(document.parent / link.partition("#")[0]).resolve() for link in links(read(document))]
            waiting += [each for each in targets if each.suffix == ".md" and each not in reached]
        self.assertEqual({ROOT / document for document in documents()} - reached, set())
