#!/usr/bin/env python3
"""The benchmark of `heapreel detect`: how well it finds what people marked and what was
made, what it reports of noise, and how long it takes.

Started by `meson test --benchmark`. It is no test: nothing fails because a figure is
missed. HEAPREEL_BENCH_POINTS sizes the large series (1000000, and ten times that);
HEAPREEL_BENCH_SEEDS is how many of each made series there are (10).
"""

import argparse
import json
import lzma
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

MARGIN = 5
LENGTH = 400
NOISES = ("white", "AR(1) 0.5", "AR(1) 0.9", "random walk", "t3")
KINDS = ("level", "slope", "variance")
SIZES = (1, 2, 4)
AIM_S = (1.0, 8.0)


def say(text=""):
    print(text, flush=True)


def detect(options, columns):
    """Change points of the columns, None being a missing value."""
    rows = ["t" + ",y" * len(columns)]
    for i, row in enumerate(zip(*columns)):
        rows.append("%d,%s" % (i, ",".join("" if v is None else repr(v) for v in row)))
    done = subprocess.run([options.heapreel, "detect", "--json", "-"],
                          input="\n".join(rows).encode(), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["changepoints"]


# --- the two scores, as their paper defines them ---


def covering(marks, found, count):
    """Mean over the people of how well our segments cover theirs, by Jaccard's index."""
    ours = cut(found, count)
    total = 0.0
    for one in marks:
        for a, b in cut(one, count):
            best = 0.0
            for c, d in ours:
                common = min(b, d) - max(a, c)
                if common > 0:
                    best = max(best, common / (max(b, d) - min(a, c)))
            total += (b - a) * best
    return total / count / len(marks)


def cut(points, count):
    edges = [0] + sorted({p for p in points if 0 < p < count}) + [count]
    return list(zip(edges, edges[1:]))


def hits(marks, found):
    """Marks, in order of time, that have a point of their own within the margin."""
    free, count = set(found), 0
    for mark in sorted(marks):
        near = [p for p in free if abs(p - mark) <= MARGIN]
        if near:
            free.discard(min(near, key=lambda p: (abs(p - mark), p)))
            count += 1
    return count


def f1(marks, found):
    """Precision by what anyone marked, recall averaged over the people; 0 always counts."""
    found = set(found) | {0}
    people = [set(one) | {0} for one in marks]
    precision = hits(set().union(*people), found) / len(found)
    recall = sum(hits(one, found) / len(one) for one in people) / len(people)
    return 2 * precision * recall / (precision + recall)


def mean(values):
    return sum(values) / len(values)


def group_of(name, series):
    if len(series["columns"]) > 1:
        return "several dimensions"
    if name.startswith("quality_control"):
        return "quality control"
    if name == "uk_coal_employ":
        return "missing values"
    return "one dimension"


def marked(options):
    say("Series that people marked (covering, F1 within %d samples)" % MARGIN)
    with lzma.open(options.tcpd) as file:
        every = json.load(file)
    scores, published = {}, {}
    for name, series in sorted(every.items()):
        count, marks = len(series["columns"][0]), series["annotations"]
        found = detect(options, series["columns"])
        score = covering(marks, found, count), f1(marks, found)
        say("    %-20s %5d  %.3f %.3f  %s" % (name, count, *score, found))
        group = group_of(name, series)
        scores.setdefault(group, []).append(score)
        for method, values in series["published"].items():
            published.setdefault((group, method), []).append([v or 0 for v in values])
    for group, rows in scores.items():
        say("  %-20s %2d series: covering %.3f, F1 %.3f" % (
            group, len(rows), mean([c for c, _ in rows]), mean([f for _, f in rows])))
        others = {m: v for (g, m), v in published.items()
                  if g == group and len(v) == len(rows)}
        for what, index in (("covering", 0), ("F1", 1)):
            if others:
                best = max(others, key=lambda m: mean([v[index] for v in others[m]]))
                say("      best published %s: %.3f (%s)" % (
                    what, mean([v[index] for v in others[best]]), best))
    say()


# --- made series ---


def noise(kind, count, draw):
    """Of standard deviation 1; a walk has steps of that."""
    last, out = 0.0, []
    for _ in range(count):
        one = draw.gauss(0, 1)
        if kind == "t3":
            one /= math.sqrt(sum(draw.gauss(0, 1) ** 2 for _ in range(3)))
        elif kind == "random walk":
            one = last = last + one
        elif kind != "white":
            memory = float(kind.split()[1])
            one = last = memory * last + math.sqrt(1 - memory * memory) * one
        out.append(one)
    return out


def change(values, kind, size):
    at = len(values) // 2
    rest = len(values) - at
    for i in range(at, len(values)):
        if kind == "level":
            values[i] += size
        elif kind == "slope":  # so much by the end
            values[i] += 2 * size * (i - at) / rest
        else:
            values[i] *= 1 + size
    return at


def made(options):
    say("Made series of %d samples, one change in the middle, %d of each" % (
        LENGTH, options.seeds))
    say("    found: within %d samples; off: mean distance of those; extra: points beside it" %
        (LENGTH // 20))
    say("    %-12s %-9s %4s  %5s %6s %6s" % ("noise", "change", "size", "found", "off",
                                             "extra"))
    for n in NOISES:
        for kind in ("none",) + KINDS:
            for size in SIZES if kind != "none" else (0,):
                found, off, extra = 0, [], 0
                for seed in range(options.seeds):
                    draw = random.Random("%s %s %d %d" % (n, kind, size, seed))
                    values = noise(n, LENGTH, draw)
                    at = change(values, kind, size) if size else -LENGTH
                    points = detect(options, [values])
                    near = [p for p in points if abs(p - at) <= LENGTH // 20]
                    found += bool(near)
                    extra += len(points) - bool(near)
                    off += [min(abs(p - at) for p in near)] if near else []
                say("    %-12s %-9s %4s  %5s %6s %6.2f" % (
                    n, kind, size or "", "%d%%" % (100 * found / options.seeds)
                    if size else "", "%.1f" % mean(off) if off else "",
                    extra / options.seeds))
    say()


def invariance(options):
    say("The same series in another unit, and backwards: points that moved")
    draw = random.Random(7)
    values = noise("AR(1) 0.5", LENGTH, draw)
    change(values, "level", 4)
    plain = detect(options, [values])
    for a, b in ((-3.7, 11), (1e-9, 0), (1e12, -5e12)):
        other = detect(options, [[a * y + b for y in values]])
        say("    %g y + %g: %d of %d" % (a, b, len(set(plain) ^ set(other)), len(plain)))
    other = [LENGTH - p for p in detect(options, [values[::-1]])]
    say("    backwards: %d of %d" % (len(set(plain) ^ set(other)), len(plain)))
    say()


# --- speed ---


def large(options):
    say("Time, from a file of one number a line, parsing included")
    for factor, aim in zip((1, 10), AIM_S):
        count = options.points * factor
        for every in (0, 1000):
            draw = random.Random(3)
            block = ["%.5g\n" % draw.gauss(0, 1) for _ in range(10000)]
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
                for i in range(0, count, 1000):
                    level = 8 * (i // 1000 % 2) if every else 0
                    part = [block[(i * 7 + k) % 10000] for k in range(1000)]
                    if level:
                        part = ["%.5g\n" % (float(y) + level) for y in part]
                    file.writelines(part)
                file.flush()
                start = time.monotonic()
                done = subprocess.run([options.heapreel, "detect", "--json", file.name],
                                      stdout=subprocess.PIPE, check=True)
                took = time.monotonic() - start
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            say("    %9d samples, %-22s %6.2f s, %5d points, peak so far %.0f MiB%s" % (
                count, "a change every 1000:" if every else "no change:", took,
                len(json.loads(done.stdout)["changepoints"]), peak,
                "" if count != 1000000 * factor else " (aim: %g s)" % aim))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--heapreel", required=True)
    parser.add_argument("--tcpd", required=True)
    options = parser.parse_args()
    options.points = int(os.environ.get("HEAPREEL_BENCH_POINTS", "1000000"))
    options.seeds = int(os.environ.get("HEAPREEL_BENCH_SEEDS", "10"))
    if options.points < 1 or options.seeds < 1:
        sys.exit("HEAPREEL_BENCH_POINTS and HEAPREEL_BENCH_SEEDS must be positive")
    marked(options)
    made(options)
    invariance(options)
    large(options)


if __name__ == "__main__":
    main()
