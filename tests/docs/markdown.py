"""Parser for as much of Markdown as the tests of the documents need: headings, tables, links and code."""
import pathlib
import re
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUTSIDE = {"build", ".git", ".cache", "node_modules"}
INLINE_CODE = re.compile(r"(`+)(.+?)\1")


class Table(typing.NamedTuple):
    section: str
    head: list
    rows: list


def documents():
    """Every Markdown file of the project, as paths below ROOT."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(path for path in found if OUTSIDE.isdisjoint(path.parts))


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def prose_and_code(text):
    """The lines outside and inside of blocks of code, which are fenced or indented by four spaces."""
    prose, code, fenced = [], [], False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            code.append(line.strip())
        else:
            prose.append(line)
    return prose, code


def inline_code(text):
    return [found[2] for found in INLINE_CODE.finditer("\n".join(prose_and_code(text)[0]))]


def headings(text):
    return [line.lstrip("#").strip() for line in prose_and_code(text)[0] if re.match(r"#{1,6} ", line)]


def anchors(text):
    """What GitHub makes of the headings."""
    found = set()
    for heading in headings(text):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        while (unique := f"{anchor}-{number}" if number else anchor) in found:
            number += 1
        found.add(unique)
    return found


def links(text):
    """The targets of links and images."""
    plain = INLINE_CODE.sub("", "\n".join(prose_and_code(text)[0]))
    return re.findall(r"\]\(([^)\s]+)\)", plain)


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def tables(text):
    section, found, lines = "", [], []
    for line in prose_and_code(text)[0] + [""]:
        if line.startswith("|"):
            lines.append(cells(line))
            continue
        if lines:
            found.append(Table(section, lines[0], lines[2:]))
            lines = []
        if re.match(r"#{1,6} ", line):
            section = line.lstrip("#").strip()
    return found


def table_of(path, section):
    """The rows of the one table below this heading."""
    found = [table for table in tables(read(path)) if table.section == section]
    if len(found) != 1:
        raise AssertionError(f"{path} has {len(found)} tables below the heading {section!r}, not one")
    return found[0].rows


def words(cell):
    """The inline code of a cell."""
    return [found[2] for found in INLINE_CODE.finditer(cell)]
