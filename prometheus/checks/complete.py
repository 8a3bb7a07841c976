#!/usr/bin/env python3
"""Checks that each alert has its texts, its section in the runbook, a test that it fires, and a test that it does not.

complete.py [DIRECTORY]: a repository; by default the one that contains this file.
"""

import re
import sys
from pathlib import Path

import yaml

SEVERITIES = {"page", "ticket", "none"}
# The dead man's switch always fires
NEVER_QUIET = {"Watchdog"}


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def alerts(root):
    for path in sorted((root / "prometheus/rules").glob("*.yml")):
        for group in load(path)["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    yield path.name, rule


def tested(root):
    """For each alert: whether a test wants it to fire, and whether one wants it quiet."""
    found = {}
    for path in sorted((root / "prometheus/tests").glob("*.yml")):
        for test in load(path)["tests"]:
            for check in test["promql_expr_test"]:
                name = re.search(r'alertname="(\w+)"', check["expr"]).group(1)
                fires, quiet = found.get(name, (False, False))
                wanted = bool(check["exp_samples"])
                found[name] = (fires or wanted, quiet or not wanted)
    return found


def sections(root, page):
    """The text below each heading of a page, by the heading's anchor."""
    text = (root / "docs" / page).read_text(encoding="utf-8")
    parts = re.split(r"^#{2,3} +(.+)$", text, flags=re.MULTILINE)[1:]
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-"): body.strip() for title, body in zip(parts[::2], parts[1::2])}


def defects(root):
    known, names = tested(root), []
    pages = {page: sections(root, page) for page in ("ALERTS.md", "OPERATIONS.md")}
    runbook = pages["ALERTS.md"]
    for file, rule in alerts(root):
        name = rule["alert"]
        names.append(name)
        where = f"{file}: {name}"
        if rule.get("labels", {}).get("severity") not in SEVERITIES:
            yield f"{where} has none of the severities {sorted(SEVERITIES)}"
        for key in ("summary", "description", "runbook"):
            if not rule.get("annotations", {}).get(key):
                yield f"{where} has no {key}"
        page, _, anchor = rule.get("annotations", {}).get("runbook", "").partition("#")
        if page != "docs/ALERTS.md" or anchor != name.lower() or len(runbook.get(anchor, "")) < 80:
            yield f"{where} has no section in docs/ALERTS.md that its runbook names"
        fires, quiet = known.pop(name, (False, False))
        if not fires:
            yield f"{where} has no test in which it fires"
        if not quiet and name not in NEVER_QUIET:
            yield f"{where} has no test in which it does not fire"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is defined twice"
    for name in known:
        yield f"prometheus/tests: {name} is tested, and no alert"
    text = (root / "docs/ALERTS.md").read_text(encoding="utf-8")
    for title in set(re.findall(r"^### (\w+)$", text, flags=re.MULTILINE)) - set(names):
        yield f"docs/ALERTS.md: {title} is no alert"
    for name in names:
        if f"[{name}](#{name.lower()})" not in text.partition("\n## ")[0]:
            yield f"docs/ALERTS.md: {name} is not in the list at its begin"
    for page in pages:
        for link, anchor in re.findall(r"\]\(([\w.]*)#([\w-]+)\)", (root / "docs" / page).read_text(encoding="utf-8")):
            if anchor not in pages.get(link or page, {anchor}):
                yield f"docs/{page}: a link to {link}#{anchor}, which is no section"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = list(defects(root))
    print("\n".join(found) or f"{len(list(alerts(root)))} alerts: each has its texts, its section and its tests")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
