"""Texts made to find differences between tokenizers. Seeded: the same count, the same texts."""

import random
import unicodedata

SPACES = " \t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\xad\u180e\ufffd\ufffc\ue000\ufff0\U000e0001\U000f0000"
CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
SPECIALS = "[CLS] [SEP] [MASK] [PAD] [UNK] [MASK MASK] [mask] [[SEP]] [CLS][CLS]".split()  # noqa: SIM905
EMOJI = "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇺🇳 ❤️ 1️⃣ 🧑🏿‍🚀 😀 ☺ 🏴󠁧󠁢󠁥󠁮󠁧󠁿".split()  # noqa: SIM905
WORDS = """
the movie Good unaffable a_b don't can't've U.S.A. C++ #hashtag ##ing user@example.com 3.14159
https://a.b/c?d=e&f 1,000,000 $5.00 €10 naïve coöperate İstanbul ıI ǅ ŉ ß ẞ ΑΣ ς ﬃ ﬁ Å Å Ω ẛ̣ ộ ñ
가각힣 각 ཱི 𝒳 𐐀 Ⅷ ① ａＢＣ ﾊﾟ العربية עִבְרִית हिन्दी ไทย தமிழ் Ελληνικά Привет 﨎 豈 丽 𠀀 𪜀
𫠠 𫝀 ゔ プ 한국어 ᄀᆨ 각
""".split()  # noqa: RUF001, SIM905
CJK = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2FFFF), (0xF900, 0xFAFF), (0x3040, 0xD7A3)]


def is_scalar(code):
    return not 0xD800 <= code < 0xE000


CODE_POINTS = [chr(c) for c in range(0x110000) if is_scalar(c)]
MARKS = [c for c in CODE_POINTS if unicodedata.combining(c)]
UNASSIGNED = [c for c in CODE_POINTS[:0x30000] if unicodedata.category(c) == "Cn"]


def any_char(rng):
    limit = rng.choice((0x250, 0x3000, 0x10000, 0x110000))
    return chr(rng.choice([c for c in (rng.randrange(limit), 0x61) if is_scalar(c)]))


def block_text(rng):
    """Mostly code points from one place, as a real language has."""
    start = ord(any_char(rng))
    codes = [min(start + rng.randrange(128), 0x10FFFF) for _ in range(rng.randrange(1, 30))]
    return "".join(rng.choice(("", "", " ", "a")) + chr(c) for c in codes if is_scalar(c))


def long_word(rng):
    length = rng.choice((98, 99, 100, 101, 102, 200))
    letters = ("a", "A", "é", "中", "e\u0301", "x", "\u0301", "ß", "İ", "-", "1", any_char(rng))
    word = (rng.choice(letters) * length)[:length]
    return rng.choice(("", "the ")) + word + rng.choice(("", " end", ".", "!"))


def mark_text(rng):
    parts = []
    for _ in range(rng.randrange(1, 6)):
        parts.append(rng.choice(("", "a", "E", "ö", "가", " ", any_char(rng))))
        parts.extend(rng.choice(MARKS) for _ in range(rng.randrange(6)))
    return "".join(parts)


def mixture(rng, most, *choices):
    """Up to `most` pieces: each a string of `choices`, or an element of a list or tuple there."""
    pieces = (rng.choice(choices) for _ in range(rng.randrange(1, most)))
    return "".join(p if isinstance(p, str) else rng.choice(p) for p in pieces)


def spaced_text(rng):
    words = [rng.choice((any_char(rng), *WORDS)) for _ in range(rng.randrange(1, 9))]
    return "".join(word + rng.choice(SPACES) * rng.randrange(3) for word in words)


def special_text(rng):
    return mixture(rng, 12, SPECIALS, SPECIALS, list(SPACES), "a", "word", "!", "É", any_char(rng))


def control_text(rng):
    return mixture(rng, 20, list(CONTROLS), list(INVISIBLE), "a", "B", " ", "é")


def emoji_text(rng):
    return mixture(rng, 9, EMOJI, EMOJI, list(INVISIBLE), "ok", " ", "!")


def unassigned_text(rng):
    return mixture(rng, 12, UNASSIGNED, UNASSIGNED, "\U000e0fff", "\U0010ffff", "a", " ", "Z")


def cjk_text(rng):
    codes = [rng.randint(*rng.choice(CJK)) for _ in range(rng.randrange(1, 15))]
    return "".join(chr(c) + rng.choice(("", "", " ", "a", "。", "\u3099")) for c in codes)


def ascii_text(rng):
    return "".join(chr(rng.randrange(0x20, 0x7F)) for _ in range(rng.randrange(60)))


def any_text(rng):
    return "".join(any_char(rng) for _ in range(rng.randrange(25)))


def piece_text(rng, vocabulary):
    """Words glued together from tokens: greedy matching has many ways to go."""
    words = []
    for _ in range(rng.randrange(1, 6)):
        tokens = rng.choices(vocabulary, k=rng.randrange(1, 6))
        word = "".join(token.removeprefix("##") for token in tokens)
        words.append(rng.choice((word, word.upper(), word.capitalize())))
    return rng.choice((" ", " ", "  ", "-")).join(words)


KINDS = [block_text, long_word, mark_text, spaced_text, special_text, control_text, emoji_text]
KINDS += [unassigned_text, cjk_text, ascii_text, any_text]


def adversarial_texts(count, vocabulary, seed=1):
    rng = random.Random(seed)

    def one_text():
        kind = rng.choice([*KINDS, None, None])
        return kind(rng) if kind else piece_text(rng, vocabulary)

    texts = ["", " ", "\0", "\0\0a\0", "[CLS]", "a" * 100, "a" * 101, "\u0301", "中", "\U0010ffff"]
    while len(texts) < count:
        texts.append(one_text())
        if rng.random() < 0.1:
            texts[-1] += rng.choice(("", " ")) + one_text()
    return texts[:count]
