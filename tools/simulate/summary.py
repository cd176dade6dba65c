"""The page about the month."""

import statistics
from collections import Counter, defaultdict

from tools.simulate.simulation import Month


def page(month: Month, seconds: float) -> str:
    """A page of text; the same seed gives the same page but for its last line."""
    lines = [*_head(month), "", *_letters(month), "", *_follow_ups(month), "", *_holds(month), "", *_verdict(month)]
    rate = month.kinds.total() / seconds if seconds else 0.0
    lines += ["", f"{seconds:.0f} s in all; {rate:.0f} files/s through the whole product"]
    return "\n".join(lines)


def _head(month: Month) -> list[str]:
    out = month.outages
    where = "an invented hospital" if month.hospitals == 1 else f"{month.hospitals} invented hospitals"
    return [
        f"A month of {where}: {month.exams} exams in {month.days} days, seed {month.seed}",
        f"  files      {month.kinds.total()}: {_told(month.kinds)}",
        f"  finals     {_told(month.said)}",
        f"  oddities   {_told(month.oddities)}",
        f"  outages    daemon down {out['daemon']} times, receiver {out['receiver']} times; killed {out['killed']} times",
    ]


def _letters(month: Month) -> list[str]:
    return [
        f"Letters      {month.letters.total()}: {_told(month.letters)}",
        f"             {_told(month.types)}; wrong letters out {month.checked.wrong_letters_out}",
    ]


def _follow_ups(month: Month) -> list[str]:
    by_reason: dict[str, Counter[str]] = defaultdict(Counter)
    for (reason, state), n in month.follow_ups.items():
        by_reason[reason][state] += n
    waits: dict[str, list[float]] = defaultdict(list)
    for reason, minutes in month.taken:
        waits[reason].append(minutes)
    lines = [f"{'Follow-ups':20}{'all':>6}{'open':>6}{'taken':>6}{'closed':>7}   time to acknowledge (median, p90)"]
    for reason, states in sorted(by_reason.items()):
        taken, closed = states["accepted"] + states["in-progress"], states["completed"] + states["cancelled"] + states["rejected"]
        wait = f"{_short(statistics.median(waits[reason]))}, {_short(_p90(waits[reason]))}" if waits[reason] else "-"
        lines.append(f"  {reason:18}{states.total():6}{states['requested']:6}{taken:6}{closed:7}   {wait}")
    everything = [minutes for some in waits.values() for minutes in some]
    if everything:
        lines.append(f"  all: {_short(statistics.median(everything))}, {_short(_p90(everything))} of {len(everything)} acknowledged")
    levels = {f"level {level}": n for level, n in sorted(month.climbed.items())}
    lines.append(f"  escalated: {_told(Counter(levels)) or 'none' if month.laddered else 'this product has no ladders'}")
    return lines


def _holds(month: Month) -> list[str]:
    by_reason: dict[str, Counter[str]] = defaultdict(Counter)
    for (reason, state), n in month.holds.items():
        by_reason[reason][state] += n
    lines = [f"{'Holds':20}{'all':>6}{'open':>6}{'freed':>6}"]
    return lines + [f"  {name:18}{one.total():6}{one['open']:6}{one['released']:6}" for name, one in sorted(by_reason.items())]


def _verdict(month: Month) -> list[str]:
    found = month.checked
    lines = [f"Checked      {sum(found.looked_at.values())} times; {len(found.wrong)} wrong"]
    broken = Counter(words.split(":")[0] for words in found.wrong)
    for name, n in sorted(found.looked_at.items()):
        lines.append(f"  {'✗' if broken[name] else '✓'} {name:48}{n:7}{f'  {broken[name]} wrong' if broken[name] else ''}")
    shown: Counter[str] = Counter()
    for words in found.wrong:
        kind = words.split(":")[0]
        shown[kind] += 1
        if shown[kind] <= 5:
            lines.append(f"  {words}")
    return lines


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _p90(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.9 * len(values)))]


def _short(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
