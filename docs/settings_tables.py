"""The settings as Markdown tables, from the commented file that `simple-model-api config` prints."""
import re

from bench.suite import table

ALLOWED = " Allowed: "


def settings(toml):
    """(group, name, default, help, allowed) of each setting, in the order of the file; allowed may be empty."""
    group, comment = None, []
    for line in toml.splitlines():
        if heading := re.fullmatch(r"# ---- (\w+) ----", line):
            group, comment = heading[1], []
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
        elif setting := re.fullmatch(r"(\w+) = (.*)", line):
            help_text, _, allowed = " ".join(comment).partition(ALLOWED)
            yield group, setting[1], setting[2], help_text, allowed.removesuffix(".")
            comment = []


def escaped(text):
    """A cell's text: what Markdown would take for emphasis, a tag or the cell's end stands as it is."""
    return re.sub(r"([*|<])", r"\\\1", text)


def short(allowed):
    """Numbers as people read them, words as they are written in the file."""
    if numbers := re.fullmatch(r"a whole number from (\d+) to (\d+)", allowed):
        return " to ".join(f"{int(number):,}" for number in numbers.groups())
    if words := re.fullmatch(r"one of (.*)", allowed):
        return ", ".join(f"`{word}`" for word in words[1].split(", "))
    return escaped(allowed or "any")


def render(toml):
    """A heading and a table for each group."""
    groups = {}
    for group, name, default, help_text, allowed in settings(toml):
        groups.setdefault(group, []).append([f"`{name}`", f"`{default}`", short(allowed), escaped(help_text)])
    head = ["setting", "default", "allowed", "meaning"]
    return "\n".join(f"## {group}\n\n{table.render(head, rows)}" for group, rows in groups.items())
