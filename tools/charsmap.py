"""Builds what a tokenizer.json calls a precompiled charsmap, as sentencepiece writes it.

The size of a trie in bytes, the trie (a double array of 32-bit units), then the replacements, each
ended by a zero byte."""

import struct

HAS_LEAF = 1 << 8
LEAF = 1 << 31


def build(replacements: dict[bytes, str]) -> bytes:
    """`replacements`: what the UTF-8 strings, or the first bytes of strings, are replaced with."""
    blob = bytearray()
    starts = {}
    root: dict = {}
    for key, text in replacements.items():
        if text not in starts:
            starts[text] = len(blob)
            blob += text.encode() + b"\0"
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = starts[text]
    units = double_array(root)
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + bytes(blob)


def double_array(root: dict) -> list[int]:
    """A child of the node at i is at i ^ offset(i) ^ label; a value is the child of label 0."""
    units = [0] * 256
    taken = {0}
    waiting = [(0, 0, root)]  # where a node is, the label that leads there, the node
    first = 1
    for place, label, node in waiting:
        base = first
        while any(base ^ child in taken for child in node):
            base += 1
        while first in taken:
            first += 1
        units += [0] * max(0, (base | 255) + 1 - len(units))
        units[place] = label | (HAS_LEAF if 0 in node else 0) | (place ^ base) << 10
        for child, below in node.items():
            taken.add(base ^ child)
            if child == 0:
                units[base] = LEAF | below
            else:
                waiting.append((base ^ child, child, below))
    return units
