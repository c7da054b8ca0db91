"""Plots as SVG, drawn by hand: lines on logarithmic or linear axes, and stacked bars."""
import math
from xml.sax.saxutils import escape

COLORS = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#57606a"]
WIDTH, HEIGHT = 800, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 260, 40, 50


def text(x, y, words, anchor="middle", size=12, color="#24292f", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{color}"{more}>'
            f"{escape(words)}</text>")


def line(x1, y1, x2, y2, color="#d0d7de", width=1, dash=""):
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" '
            f'stroke-width="{width}"{dashes}/>')


def document(parts, width, height):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="sans-serif">\n<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
            + "\n".join(parts) + "\n</svg>\n")


class LogAxis:
    """From a range of values to a range of pixels, by their logarithm."""

    def __init__(self, values, first_pixel, last_pixel):
        low, high = min(values), max(values)
        self.low = low / 1.15
        self.high = max(high, self.low * 2) * 1.15
        self.first, self.last = first_pixel, last_pixel

    def __call__(self, value):
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.first + share * (self.last - self.first)

    def ticks(self):
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        steps = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        return [step for step in steps if self.low <= step <= self.high]


class LinearAxis:
    """The same, from 0, by the values themselves."""

    def __init__(self, values, first_pixel, last_pixel):
        self.low, self.high = 0, max(*values, 1e-9) * 1.05
        self.first, self.last = first_pixel, last_pixel

    def __call__(self, value):
        return self.first + value / self.high * (self.last - self.first)

    def ticks(self):
        """Between five and ten, with one digit that is not 0."""
        power = 10.0**math.floor(math.log10(self.high))
        step = next(power * share for share in (0.1, 0.2, 0.5, 1) if self.high / (power * share) <= 10)
        return [i * step for i in range(math.floor(self.high / step) + 1)]


def panel(title, x_label, y_label, series, top=0, diagonal=False, axis=LogAxis):
    """Parts of one plot; series: name to points (x, y), all of them above 0. diagonal: the line y = x."""
    points = [point for each in series.values() for point in each]
    x = axis([p[0] for p in points], LEFT, WIDTH - RIGHT)
    y = axis([p[1] for p in points], top + HEIGHT - BOTTOM, top + TOP)
    parts = [text(LEFT, top + 22, title, "start", 15)]
    for tick in x.ticks():
        parts.append(line(x(tick), top + TOP, x(tick), top + HEIGHT - BOTTOM))
        parts.append(text(x(tick), top + HEIGHT - BOTTOM + 16, f"{tick:g}"))
    for tick in y.ticks():
        parts.append(line(LEFT, y(tick), WIDTH - RIGHT, y(tick)))
        parts.append(text(LEFT - 6, y(tick) + 4, f"{tick:g}", "end"))
    if diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        if low < high:
            parts.append(line(x(low), y(low), x(high), y(high), "#8c959f", 1, "4 4"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, top + HEIGHT - 14, x_label))
    middle = top + (TOP + HEIGHT - BOTTOM) / 2
    parts.append(text(16, middle, y_label, more=f' transform="rotate(-90 16 {middle:.1f})"'))
    for i, (name, each) in enumerate(series.items()):
        color = COLORS[i % len(COLORS)]
        path = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in each)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(px):.1f}" cy="{y(py):.1f}" r="3" fill="{color}"/>' for px, py in each]
        parts.append(line(WIDTH - RIGHT + 12, top + TOP + 10 + 20 * i, WIDTH - RIGHT + 32, top + TOP + 10 + 20 * i,
                          color, 2))
        parts.append(text(WIDTH - RIGHT + 38, top + TOP + 14 + 20 * i, name, "start"))
    return parts


def load_plot(throughput, p99):
    """Throughput and p99 against the offered load, one above the other."""
    parts = panel("Answered against offered", "predictions asked for a second", "predictions answered a second",
                  throughput, 0, True)
    parts += panel("99th percentile, from the planned start", "predictions asked for a second", "milliseconds", p99,
                   HEIGHT)
    return document(parts, WIDTH, 2 * HEIGHT)


def bar(label, parts, unit, top, pixels_a_unit, left):
    """One bar of parts laid end to end, its label before it and its whole length behind it."""
    out = [text(left - 8, top + 17, label, "end")]
    at = float(left)
    for i, (name, value) in enumerate(parts.items()):
        width = max(value * pixels_a_unit, 0)
        out.append(f'<rect x="{at:.1f}" y="{top}" width="{width:.1f}" height="24" fill="{COLORS[i % len(COLORS)]}">'
                   f"<title>{escape(name)} {value:.2f} {escape(unit)}</title></rect>")
        if width > 34:
            out.append(text(at + width / 2, top + 16, f"{value:.1f}", color="#ffffff"))
        at += width
    out.append(text(at + 6, top + 17, f"{sum(parts.values()):.1f} {unit}", "start"))
    return out


def stacked_bars(title, unit, groups):
    """groups: name to bars, label to a dictionary of parts; each group is drawn on a scale of its own."""
    left, right = 110, 90
    out = [text(16, 22, title, "start", 15)]
    top = TOP
    for group, bars in groups.items():
        out.append(text(16, top + 14, group, "start"))
        top += 24
        longest = max(sum(parts.values()) for parts in bars.values())
        for label, parts in bars.items():
            out += bar(label, parts, unit, top, (WIDTH - left - right) / longest, left)
            top += 34
    names = next(iter(next(iter(groups.values())).values()))
    for i, name in enumerate(names):
        out.append(f'<rect x="{left + 110 * i}" y="{top + 8}" width="12" height="12" '
                   f'fill="{COLORS[i % len(COLORS)]}"/>')
        out.append(text(left + 110 * i + 18, top + 18, name, "start"))
    return document(out, WIDTH, top + 34)
