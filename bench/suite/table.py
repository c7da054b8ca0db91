"""Markdown tables, and the part of a document between two marks."""


def number(value, digits=3):
    """Three significant digits, thousands with a comma; a dash for what was not measured."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if value == 0:
        return "0"
    magnitude = abs(value)
    whole = len(str(int(magnitude)))
    if magnitude >= 1:
        return f"{value:,.{max(digits - whole, 0)}f}"
    return f"{value:.{digits}f}"


def render(head, rows):
    cells = [[number(cell) for cell in row] for row in rows]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join(lines) + "\n"


def replace_between(text, begin, end, content):
    """The text with what stands between the two marks replaced; each mark must be there once."""
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"the marks {begin} and {end} are not there once, in this order")
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    return f"{head}{begin}\n{content.strip()}\n{end}{tail}"
