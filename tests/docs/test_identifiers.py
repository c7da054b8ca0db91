"""Identifiers and files of components that documents name are those of the sources: what is renamed is renamed there, too."""
import re
import unittest

from tests.docs import sources
from tests.docs.markdown import ROOT, documents, inline_code, prose_and_code, read

OTHERS = {"perf_analyzer"}
# Where identifiers are declared; the names of these files are identifiers, too.
DECLARING = ("src/**/*", "include/**/*", "conf/*", "bench/**/*.py", "tests/**/*", "systemd/*", "run")
TEXT = {"", ".cpp", ".hpp", ".py", ".txt", ".toml", ".yaml", ".json", ".service", ".mjs", ".js", ".html"}
OWN = ROOT / "tests/docs"


def declared_words():
    paths = {path for pattern in DECLARING for path in ROOT.glob(pattern) if OWN not in path.parents}
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file() and path.suffix in TEXT]
    fuzz_targets = {f"fuzz_{path.name}" for path in (ROOT / "tests/fuzz/corpus").iterdir()}
    return fuzz_targets | {path.stem for path in paths} | {word for text in texts for word in re.findall(r"\w+", text)}


def is_file_of(component, name):
    """component/name without its ending: a source, a header or a folder."""
    return any(list((ROOT / folder / component).glob(name + ending))
               for folder in ("src", "include/sma") for ending in ("", ".[ch]pp"))


class Identifiers(unittest.TestCase):
    def test_words(self):
        known = declared_words() | OTHERS
        for document in documents():
            for code in inline_code(read(document)):
                for name in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", code):
                    with self.subTest(document=str(document), name=name):
                        self.assertTrue(name in known, f"`{code}` is in no source")

    def test_files_of_components(self):
        pattern = rf"(?<![\w/-])({'|'.join(sources.components())})/(\w+)"
        for document in documents():
            text = read(document)
            diagram = [line for line in prose_and_code(text)[1] if line.startswith("participant")]
            for code in inline_code(text) + diagram:
                for component, name in re.findall(pattern, code):
                    with self.subTest(document=str(document), name=f"{component}/{name}"):
                        self.assertTrue(is_file_of(component, name), f"`{code}` names no file")
