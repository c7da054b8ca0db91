"""What documents name exists: files, flags, environment variables, commands, events of the log."""
import re
import unittest

from tests.docs import sources
from tests.docs.markdown import ROOT, documents, inline_code, prose_and_code, read, table_of, words

FOLDERS = "bench|cmake|conf|docs|include|src|systemd|tests|third_party"
PROGRAM = re.compile(r"(^|\| )((build/release/)?simple-model-api|\./run)\b")
OTHERS_FLAGS = {"--input-data", "--build-arg"}  # perf_analyzer's and podman's
DEVELOPERS_DOCUMENTS = {"development", "isolation"}  # not in the package


def everything_in_code(text):
    return inline_code(text) + prose_and_code(text)[1]


def known_flags():
    """Of the program, of ./run, of the soak and of the demo's drawing."""
    flags = {"--" + name.replace("_", "-") for name in sources.settings()}
    texts = sources.source_files("src", "conf/demo") + [
        sources.source(name) for name in ("run", "bench/soak/__main__.py", "tests/operations/in_root")]
    return flags | {flag for text in texts for flag in re.findall(r"--[a-z][a-z0-9-]+", text)}


class Names(unittest.TestCase):
    def test_files(self):
        for document in documents():
            for code in everything_in_code(read(document)):
                for name in re.findall(rf"(?<![\w/.])(?:{FOLDERS})/[\w./@-]*[\w/]", code):
                    self.assertTrue((ROOT / name).exists(), f"{document}: {name} does not exist")

    def test_flags(self):
        known = known_flags() | OTHERS_FLAGS
        for document in documents():
            for code in everything_in_code(read(document)):
                if code.startswith("--") or PROGRAM.search(code):
                    for flag in re.findall(r"(?<!\S)--[a-z][a-z0-9-]+", code):
                        self.assertTrue(flag in known, f"{document}: {flag} of `{code}` is no flag")

    def test_environment_variables(self):
        known = {"SMA_" + name.upper() for name in sources.settings()} | {"SMA_CONFIG", "SMA_SHARED"}
        for document in documents():
            self.assertLessEqual(set(re.findall(r"\bSMA_\w+", read(document))), known, document)

    def test_commands_of_run(self):
        known = set(re.findall(r"^    (\w+)\)", sources.source("run"), re.M)) | {"help"}
        for document in documents():
            self.assertLessEqual(set(re.findall(r"\./run ([a-z]\w*)", read(document))), known, document)

    def test_events_of_the_log(self):
        literals = sources.literals()
        for _, _, seen in table_of("docs/operations.md", "When things go wrong"):
            for event in words(seen):
                if re.fullmatch(r"[a-z]+(?:,? [a-z]+)+", event):
                    self.assertTrue(event in literals, f"no source logs `{event}`")

    def test_the_package_has_every_document_for_users(self):
        installed = re.search(r"^foreach\(document (.*)\)$", sources.source("conf/debian/package.cmake"), re.M)[1].split()
        self.assertEqual(set(installed) | DEVELOPERS_DOCUMENTS, {path.stem for path in (ROOT / "docs").glob("*.md")})
