#!/usr/bin/env python3
"""Writes src/tokenizers/unicode_tables.inc: what the installed `tokenizers` says of code points.

    tools/make_unicode_tables.py            write the file
    tools/make_unicode_tables.py --check    exit 1 when the file is not what would be written

Why not a Unicode library: docs/adr/0001-unicode-tables.md.
"""

import argparse
import sys
import unicodedata
from pathlib import Path

import charsmap

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

OUTPUT = Path(__file__).parent.parent / "src/tokenizers/unicode_tables.inc"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]

# Bits of a code point's record; unicode.h names them in the same order.
CONTROL, SPACE, PUNCTUATION, MARK, IDEOGRAPH, WORD, LOWER, DECOMPOSES = (1 << i for i in range(8))
# In the byte above the combining class.
LETTER, NUMBER, COMBINING, COMPATIBILITY = (1 << i for i in range(16, 20))
# Of grapheme clusters.
JOINS, EXTENDS, PREPENDS, BREAKS, PICTOGRAPH, CONSONANT, LINKER = (1 << i for i in range(20, 27))
HANGUL = range(0xAC00, 0xAC00 + 11172)  # decomposed by arithmetic, as Unicode defines
BLOCK = 128  # code points per block of the two-stage table


def normalize_each(normalizer, points, separator="|"):
    """normalize_str of every code point, in one call; nothing may map to `separator`."""
    text = separator.join(map(chr, points))
    results = normalizer.normalize_str(text).split(separator)
    assert len(results) == len(points)
    return results


def bert(**flags):
    off = {
        "clean_text": False,
        "handle_chinese_chars": False,
        "strip_accents": False,
        "lowercase": False,
    }
    return normalizers.BertNormalizer(**(off | flags))


def probe_classes(points, flags):
    for point, cleaned in zip(points, normalize_each(bert(clean_text=True), points), strict=True):
        if cleaned == "":
            flags[point] |= CONTROL
    for point, spaced in zip(
        points, normalize_each(bert(handle_chinese_chars=True), points), strict=True
    ):
        if spaced == f" {chr(point)} ":
            flags[point] |= IDEOGRAPH
    for point, stripped in zip(
        points, normalize_each(bert(strip_accents=True), points), strict=True
    ):
        if stripped == "":
            flags[point] |= MARK


def probe_splits(flags):
    """BertPreTokenizer makes of `aXa` one piece, or two (X is a space) or three (punctuation)."""
    for start in range(0, len(CODE_POINTS), 100_000):
        points = CODE_POINTS[start : start + 100_000]
        pieces = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(
            " ".join(f"a{chr(c)}a" for c in points)
        )
        ends = iter(end for _, (_, end) in pieces)
        for index, point in enumerate(points):
            count, last = 1, next(ends)
            while last != index * 4 + 3:
                count, last = count + 1, next(ends)
            flags[point] |= (0, SPACE, PUNCTUATION)[count - 1]


def probe_words(flags):
    """An added token's `single_word` and `rstrip` ask the regex classes \\w and \\s."""
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.add_tokens([AddedToken("T", single_word=True, rstrip=True, normalized=False)])
    for start in range(0, len(CODE_POINTS), 50_000):
        points = CODE_POINTS[start : start + 50_000]
        for point, encoding in zip(
            points, tokenizer.encode_batch([f"T{chr(c)}" for c in points]), strict=True
        ):
            if encoding.ids[0] == 0:
                flags[point] |= WORD
            is_space = encoding.offsets == [(0, 2)] and encoding.ids[0] != 0
            assert is_space == bool(flags[point] & SPACE), hex(point)


def probe_regex(flags):
    """The classes that ByteLevel splits at: a code point of the class stands alone."""
    for pattern, flag in ((r"\p{L}", LETTER), (r"\p{N}", NUMBER), (r"\s", SPACE)):
        split = pre_tokenizers.Split(Regex(pattern), "removed")
        for start in range(0, len(CODE_POINTS), 100_000):
            points = CODE_POINTS[start : start + 100_000]
            # A pair of code points on each side, both outside of all three classes.
            text = "".join(f"--{chr(c)}" for c in points)
            kept = {end for _, (_, end) in split.pre_tokenize_str(text)}
            removed = {i for i in range(len(points)) if i * 3 + 2 in kept}
            for index, point in enumerate(points):
                if flag == SPACE:
                    assert (index in removed) == bool(flags[point] & SPACE), hex(point)
                elif index in removed:
                    flags[point] |= flag


def probe_combining(points, flags):
    for point, left in zip(points, normalize_each(normalizers.StripAccents(), points), strict=True):
        if left == "":
            flags[point] |= COMBINING


def probe_compositions(decompositions):
    """(first, second, composite) of every pair that NFC joins, but for Hangul."""
    nfc = normalizers.NFC()
    for point, parts in sorted(decompositions.items()):
        text = "".join(map(chr, parts))
        if len(parts) < 2 or nfc.normalize_str(text) != chr(point):
            continue
        first = nfc.normalize_str(text[:-1])
        assert len(first) == 1 and nfc.normalize_str(first + text[-1]) == chr(point), hex(point)
        yield ord(first), parts[-1], point


def probe_mapping(normalizer, points, separator="|"):
    """The code points that the normalizer changes, with what it makes of them."""
    results = normalize_each(normalizer, points, separator)
    return {p: tuple(map(ord, r)) for p, r in zip(points, results, strict=True) if r != chr(p)}


def probe_combining_classes(decompositions):
    """The order that NFD puts two marks in tells their classes; `unicodedata` only names them."""
    nfd = normalizers.NFD()
    points = [c for c in CODE_POINTS if c not in decompositions and c != ord("|")]
    # U+0334 has the lowest class, 1, and U+0345 the highest, 240: a mark moves beside one of them.
    after = nfd.normalize_str("".join(f"|\u0345{chr(c)}" for c in points)).split("|")[1:]
    before = nfd.normalize_str("".join(f"|{chr(c)}\u0334" for c in points)).split("|")[1:]
    marks = [
        c
        for c, a, b in zip(points, after, before, strict=True)
        if a != f"\u0345{chr(c)}" or b != f"{chr(c)}\u0334" or c == 0x0334
    ]
    known = {}
    for mark in marks:
        known.setdefault(unicodedata.combining(chr(mark)), mark)
    classes = {}
    for mark in marks:
        pairs = [
            (k, nfd.normalize_str(chr(mark) + chr(m)), nfd.normalize_str(chr(m) + chr(mark)))
            for k, m in known.items()
        ]
        (classes[mark],) = [k for k, a, b in pairs if (a == b) == (known[k] == mark)]
    return classes


def probe_clusters(flags):
    """Where grapheme clusters end. A precompiled charsmap replaces a cluster of less than six bytes
    as one, and each code point of a longer one: here everything becomes an X, so that they count.
    """
    normalizer = normalizers.Precompiled(charsmap.build({bytes([b]): "X" for b in range(2, 256)}))
    points = CODE_POINTS[2:]

    def pieces(text_of, count):
        texts = normalizer.normalize_str("\x01".join(text_of(chr(c)) for c in points))
        pairs = zip(points, texts.split("\x01"), strict=True)
        return {point for point, text in pairs if len(text) == count}

    accent, joiner, sign, ka, virama = "\u0301", "\u200d", "\xa9", "\u0915", "\u094d"
    joins = pieces(lambda c: "a" + c, 1)
    prepends = pieces(lambda c: c + "a", 1)
    classes = {
        JOINS: joins,
        EXTENDS: joins & pieces(lambda c: sign + c + joiner + sign + accent, 5),
        PREPENDS: prepends,
        BREAKS: {0, 1} | pieces(lambda c: c + accent + accent, 2),
        PICTOGRAPH: pieces(lambda c: sign + joiner + c + accent, 4) - joins,
        CONSONANT: pieces(lambda c: c + virama + ka + accent, 4),
        LINKER: pieces(lambda c: ka + c + ka + accent, 4) - prepends,
    }
    for flag, members in classes.items():
        for point in members:
            flags[point] |= flag


def probe():
    flags = dict.fromkeys(CODE_POINTS, 0)
    separable = [c for c in CODE_POINTS if c != ord("|")]
    probe_classes(separable, flags)
    probe_splits(flags)
    probe_words(flags)
    probe_regex(flags)
    probe_combining(separable, flags)
    probe_clusters(flags)
    lower = probe_mapping(normalizers.Lowercase(), separable)
    decompositions = probe_mapping(normalizers.NFD(), separable)
    others = [c for c in CODE_POINTS if c != 1]  # a vertical line is what U+FF5C becomes
    compatibility = {
        point: parts
        for point, parts in probe_mapping(normalizers.NFKD(), others, "\x01").items()
        if parts != decompositions.get(point)
    }
    for point in HANGUL:
        lead, tail = divmod(point - 0xAC00, 588)
        vowel, final = divmod(tail, 28)
        expected = (0x1100 + lead, 0x1161 + vowel) + ((0x11A7 + final,) if final else ())
        assert decompositions.pop(point) == expected, hex(point)
        flags[point] |= DECOMPOSES
    for point in lower:
        flags[point] |= LOWER
    for point in compatibility:
        flags[point] |= COMPATIBILITY
    for point in decompositions:
        flags[point] |= DECOMPOSES
    classes = probe_combining_classes(set(decompositions) | set(HANGUL))
    records = {c: flags[c] | classes.get(c, 0) << 8 for c in CODE_POINTS}
    compositions = sorted(probe_compositions(decompositions))
    mappings = {"Lower": lower, "Decomposition": decompositions, "Compatibility": compatibility}
    return records, mappings, compositions


def numbers(name, kind, values):
    lines, line = [], ""
    for text in (f"{v}," for v in values):
        if len(line) + len(text) > 98:
            lines.append(line)
            line = ""
        line += text
    return f"const {kind} {name}[] = {{\n" + "\n".join([*lines, line]) + "};\n"


def mapping_tables(name, mapping):
    """Sorted keys, the start of each key's value, and the values one after the other."""
    keys = sorted(mapping)
    values = [v for k in keys for v in mapping[k]]
    starts = [0]
    for key in keys:
        starts.append(starts[-1] + len(mapping[key]))
    return (
        numbers(f"k{name}Keys", "char32_t", keys)
        + numbers(f"k{name}Starts", "std::uint16_t", starts)
        + numbers(f"k{name}Values", "char32_t", values)
    )


def render():
    records, mappings, compositions = probe()
    kinds = sorted(set(records.values()) | {0})
    assert len(kinds) <= 65536
    index_of = {kind: i for i, kind in enumerate(kinds)}
    blocks, stage1 = {}, []
    for start in range(0, 0x110000, BLOCK):
        block = tuple(index_of[records.get(c, 0)] for c in range(start, start + BLOCK))
        stage1.append(blocks.setdefault(block, len(blocks)))
    return (
        "// Made by tools/make_unicode_tables.py; do not edit. What was asked: "
        f"tokenizers {tokenizers.__version__}\n// clang-format off\n"
        + numbers("kRecords", "std::uint32_t", kinds)
        + numbers("kBlockOf", "std::uint16_t", stage1)
        + numbers("kBlocks", "std::uint16_t", [i for block in blocks for i in block])
        + "".join(mapping_tables(name, mapping) for name, mapping in mappings.items())
        + numbers("kCompositions", "char32_t", [c for one in compositions for c in one])
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    text = render()
    if not check:
        OUTPUT.write_text(text)
        return 0
    if OUTPUT.read_text() == text:
        return 0
    print(
        f"{OUTPUT} differs from what tokenizers {tokenizers.__version__} answers", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
