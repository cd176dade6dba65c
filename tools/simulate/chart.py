"""The picture of the month: follow-ups by state over time, as SVG."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tools.simulate.month import Sample

WIDTH, HEIGHT = 960, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 84, 48
_LAYERS = (
    ("overdue", "overdue, nobody has taken it", "#c2410c"),
    ("unacknowledged", "open, in time", "#ca8a04"),
    ("acknowledged", "acknowledged", "#2563eb"),
)
_STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", Arial, sans-serif; fill: #1f2937; font-size: 13px }
  .title { font-size: 17px; font-weight: 600 }
  .grid { stroke: #9ca3af; stroke-width: 0.6; opacity: 0.5 }
  .back { fill: #ffffff }
  .closed { fill: none; stroke: #15803d; stroke-width: 2; stroke-dasharray: 6 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e5e7eb } .back { fill: #111827 } .grid { stroke: #6b7280 } .closed { stroke: #4ade80 }
  }"""


def drawn(samples: Sequence[Sample], began: datetime, days: int) -> str:
    """Open ones stacked against the left scale; what is closed as a dashed line against the right one's greatest value."""
    last = samples[-1]
    span = max(last.at - began, timedelta(days=1))
    most = _round_up(max(one.overdue + one.unacknowledged + one.acknowledged for one in samples))
    closed_most = _round_up(max(one.closed for one in samples))
    right, bottom = WIDTH - _RIGHT - 44, HEIGHT - _BOTTOM

    def x(at: datetime) -> float:
        return _LEFT + (right - _LEFT) * ((at - began) / span)

    def y(value: float, top: float = most) -> float:
        return bottom - (bottom - _TOP) * value / top

    title = "Follow-ups of a simulated month by state"
    words = (
        f"Stacked areas over {days} days and what came after. At the end {last.overdue} are overdue and not taken, {last.unacknowledged} "
        f"open in time, {last.acknowledged} acknowledged, {last.closed} closed."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d">',
        f'<title id="t">{title}</title>',
        f'<desc id="d">{words}</desc>',
        f"<style>{_STYLE}\n</style>",
        f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{_LEFT}" y="28">{title}</text>',
    ]
    for step in range(5):
        value = most * step / 4
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.0f}</text>')
        parts.append(f'<text x="{right + 8}" y="{y(value) + 4:.1f}">{closed_most * step / 4:.0f}</text>')
    every = max(1, round(span / timedelta(days=7)))
    for day in range(0, span.days + 1, every):
        at = began + timedelta(days=day)
        parts.append(f'<text x="{x(at):.1f}" y="{bottom + 20}" text-anchor="middle">{day}</text>')
    parts.append(f'<text x="{(right + _LEFT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">day</text>')
    below = [0] * len(samples)
    for name, _, colour in _LAYERS:
        above = [base + getattr(one, name) for base, one in zip(below, samples, strict=True)]
        line = [f"{x(one.at):.1f},{y(value):.1f}" for one, value in zip(samples, above, strict=True)]
        back = [f"{x(one.at):.1f},{y(value):.1f}" for one, value in zip(reversed(samples), reversed(below), strict=True)]
        parts.append(f'<polygon fill="{colour}" fill-opacity="0.85" points="{" ".join(line + back)}"/>')
        below = above
    points = " ".join(f"{x(one.at):.1f},{y(one.closed, closed_most):.1f}" for one in samples)
    parts.append(f'<polyline class="closed" points="{points}"/>')
    parts += _legend()
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> list[str]:
    parts, at = [], float(_LEFT)
    for _, words, colour in _LAYERS:
        parts.append(f'<rect x="{at:.0f}" y="46" width="14" height="14" rx="2" fill="{colour}" fill-opacity="0.85"/>')
        parts.append(f'<text x="{at + 20:.0f}" y="58">{words}</text>')
        at += 40 + 7.4 * len(words)
    parts.append(f'<line class="closed" x1="{at:.0f}" x2="{at + 26:.0f}" y1="53" y2="53"/>')
    parts.append(f'<text x="{at + 32:.0f}" y="58">closed, in all (right scale)</text>')
    return parts


def _round_up(value: int) -> int:
    """The next of 4, 8, 20, 40, 80, 200 ...: its quarters are whole."""
    step = 4
    while True:
        for times in (1, 2, 5):
            if step * times >= value:
                return step * times
        step *= 10
