"""Generator of parts of the documents: python3 -m docs.generate.

The settings in docs/configuration.md are those of conf/simple-model-api.toml, which the unit tests hold equal to the
program's own; the results in README.md and docs/performance.md are those of the files in bench/results, one for each kind of
machine.
"""
import pathlib

from bench.suite import documents, table

from . import settings_tables

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIGURATION = "docs/configuration.md"
BEGIN, END = "<!-- settings:begin -->", "<!-- settings:end -->"


def generated(root=ROOT):
    """path below root -> the text that the document should have."""
    toml = (root / "conf/simple-model-api.toml").read_text(encoding="utf-8")
    text = (root / CONFIGURATION).read_text(encoding="utf-8")
    texts = documents.rewritten(str(root), documents.kept_results(str(root)))
    texts[CONFIGURATION] = table.replace_between(text, BEGIN, END, settings_tables.render(toml))
    return texts


def main():
    for path, text in generated().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
