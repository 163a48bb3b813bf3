"""Writes readings.jsonl: YAML texts as people write specs, and how PyYAML reads each, or that it does not. It has two readers, its
own and libyaml; texts that one of them takes and the other refuses are left out.

Usage: python3 record.py >readings.jsonl
"""
import json
import random

import yaml

rng = random.Random(20261201)

WORDS = ["a", "0027", "1.50", "true", "null", "~", "it's", "x y", "a: b", "#c", "a #b", "a#b", "-", "- a", "key:", "http://h:80/p",
         "\ttab", "tab\tin", "back\\slash", "\"q\"", "é", "日本", "*x", "&x", "%d", "@a", "`b`", "[a", "a]", "{a", "a}", "a,b", "a, b",
         "?", "? a", "|", ">", "", " ", "$HOME", "2001-01-01", "0x1F", "1_000", "=", "<<", "yes", "1e3", ".5", "-5", "+.inf", "..."]


def plain():
    return rng.choice(WORDS)


def quoted():
    style = rng.choice("'\"")
    text = rng.choice(WORDS)
    if style == "'":
        text = text.replace("'", "''")
    else:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
        text += rng.choice(["", "\\n", "\\t", "\\x41", "\\u00e9", "\\0", "\\e", "\\\n      x", "\\q"])
    if rng.random() < 0.3:
        text += rng.choice(["\n    more", "\n\n    more", "\n  \n      more", " \n    more"])
    return style + text + style


def block(indent):
    head = rng.choice("|>") + rng.choice(["", "", "", "-", "+", "2", "4", "1", "-2", "2+", " # why", "x"]) + "\n"
    lines = []
    for _ in range(rng.randint(0, 5)):
        lines.append(rng.choice(["", "", " " * indent, "  " * indent]) if rng.random() < 0.3 else
                     " " * (indent + rng.choice([0, 0, 0, 0, 1, 2])) + rng.choice(WORDS + ["# no comment", "x\t", "x "]))
    return head + "\n".join(lines)


def flow(depth=0):
    if depth > 2 or rng.random() < 0.5:
        return rng.choice([plain, quoted])()
    if rng.random() < 0.5:
        return "[" + ", ".join(flow(depth + 1) for _ in range(rng.randint(0, 3))) + rng.choice(["", ",", "\n  "]) + "]"
    return "{" + ", ".join(rng.choice(["k", '"q"', "0027"]) + str(i) + rng.choice([": ", ":", " : "]) + flow(depth + 1)
                           for i in range(rng.randint(0, 3))) + "}"


def value(indent):
    kind = rng.random()
    if kind < 0.3:
        return plain()
    if kind < 0.45:
        return quoted()
    if kind < 0.7:
        return block(indent + 2)
    if kind < 0.85:
        return flow()
    if kind < 0.93:
        return "\n" + "\n".join(" " * (indent + rng.choice([0, 2])) + "- " + rng.choice([plain, quoted])() for _ in range(2))
    return "\n" + "\n".join(" " * (indent + 2) + f"n{i}: " + rng.choice([plain, quoted])() for i in range(2))


def text():
    lines = []
    for i in range(rng.randint(1, 3)):
        lines.append(f"k{i}: " + value(0) + rng.choice(["", "", " # why", "\n", "\n# note"]))
    out = "\n".join(lines) + rng.choice(["\n", "\n", "", "\n\n", "\n---\nk9: end\n", "\n...\n"])
    ends = rng.random()
    if ends < 0.35:
        out = out.replace("\n", "\r\n")
    elif ends < 0.4:
        out = out.replace("\n", "\r")
    if rng.random() < 0.05:
        out = "\ufeff" + out
    return out


def tree(node):
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [tree(n) for n in node.value]
    return {"keys": [[tree(k), tree(v)] for k, v in node.value]}


def reading(document, loader):
    try:
        found = list(yaml.compose_all(document, Loader=loader))
        return [tree(n) for n in found if n is not None and not (isinstance(n, yaml.ScalarNode) and n.tag.endswith(":null"))]
    except yaml.YAMLError:
        return None


recorded = 0
while recorded < 1500:
    document = text()
    by_both = [reading(document, loader) for loader in (yaml.SafeLoader, yaml.CSafeLoader)]
    if by_both[0] == by_both[1]:
        recorded += 1
        print(json.dumps({"text": document, "reading": by_both[0]}, ensure_ascii=True))
