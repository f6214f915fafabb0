"""Strings that tokenizers get wrong: every script, spaces of all kinds, look-alikes of special tokens, digits, runs."""

import random

HOSTILE = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", " \n ", "\n \n", "a", " a", "a ", "  a", "   a  ",
    # The article's prompts.
    " 1, 1, 1,", "The keys to the cabinet", "The key to the cabinets", "The doctor was a", "The nurse was a",
    "Heathrow airport is located in the city of",
    "The countries of the European Union are:\n1. Austria\n2. Belgium\n3. Bulgaria\n4.",
    # Contractions, in capitals and with other apostrophes.
    "don't", "DON'T", "I'm we've they'll he'd you're it's 's 't", "’s ’t", "'s's's", "'ſ", "'K", "y'all'd've", "'tis", "we'RE", "it´s",
    # Digits.
    "0", "1234567890", "3.14159", "1,000,000", "١٢٣", "१२३", "Ⅷ", "½", "²³", "①②", "10 000", "  12  34", "a1b2c3", "v1.2.3-rc4",
    " 7", "\n7", "  7", "𝟘𝟙", "𐹠",
    # Scripts.
    "中文", "你好，世界！", "日本語のテキスト", "한국어", "кириллица", "Привет, мир", "עברית", "שָׁלוֹם", "العربية", "مرحبا بالعالم", "हिन्दी", "ไทย",
    "ქართული", "አማርኛ", "ελληνικά", "Հայերեն", "বাংলা", "தமிழ்", "မြန်မာ", "ខ្មែរ", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "𐍈𐌰", "𒀀𒁀", "𓀀", "ᚠᛇᚻ", "ລາວ", "བོད",
    "ଓଡ଼ିଆ", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "සිංහල", "Ꮳꮃꭹ", "ᐃᓄᒃᑎᑐᑦ", "ߒߞߏ", "𮯰 a𮯰1", "\U0001e030b",
    # Combining marks and forms.
    "é", "e\u0301", "a\u0308", "ﬁ", "Å", "Å", "ẛ̣", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "n\u0303", "ộ", "ﷺ", "ǅ", "ß", "ẞ", "ſ", "İ", "ı", "\u0301", " \u0301",
    # Emoji.
    "😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "1️⃣", "❤️", "a😀b", "😀😀😀", "🧑🏿‍🚀 launch", "☺️", "🏴\U000e0067\U000e0062\U000e007f",
    # Control, format and odd spaces.
    "\x00", "a\x00b", "\x01\x02", "\x1b[31m", "\x7f", "\x80\x85\x9f", "\xa0", "a\xa0b", "\xad", "\u200b", "\u200c\u200d", "\u200e\u200f",
    "\u202e abc", "\u2028\u2029", "\u2060", "\ufeff", "\ufeffBOM", "\ufffd", "\ufffe", "\U0010ffff", "\ue000", "\u180e", "a\u180eb", "\u3000",
    "　全角", "\u2003em", "\u1680", "\u205f", "\u202f9", "\x0b\x0c", "a\x0bb", "\x1c\x1d\x1e\x1f", "a\x1cb", "  \xa0  x", "x \u3000 y", "\x04",
    # Special tokens and what looks like them.
    "<|endoftext|>", "<|endoftext|", "a<|endoftext|>b", " <|endoftext|> ", "<|im_start|>user\nhi<|im_end|>\n", "<|im_start|><|im_start|>",
    "<bos>", "<eos>", "<pad>", "<unk>", "<mask>", "<bos><bos>", "a <bos> b", "< bos >", "<BOS>", "<start_of_turn>user\nhi<end_of_turn>\n",
    "<unused0>", "<unused99><unused6241>", "<unused99999>", "[multimodal]", "<start_of_image>", "<0x0A>", "<0x41>", "<0xE2><0x96><0x81>",
    "<0xFF>", "<0xZZ>", "▁", "▁▁", "▁a", "a▁b", " ▁ ", "Ġ", "Ġhello", "Ċ", "ĠĠ", "â", "Ã©", "<s>", "</s>", "[INST]", "<repo_name>",
    "<file_sep>x", "<table>", "<h1>", "</div>", "<tr><td>", "<sub>2</sub>",
    # Code, addresses, punctuation.
    "http://www.example.com/a?b=c&d=%20#e", "user@example.com", "C:\\Users\\x", "def f(x):\n    return x**2\n",
    "for (int i=0;i<10;i++) { a[i] += 1; }\n", "\tif x:\n\t\ty()\n", '{"a": [1, 2, {"b": null}]}', "<!-- c -->", "#include <stdio.h>",
    "$x_{i}^2$ \\frac{a}{b}", "!!!", "...", "…", "—–-", "«»„“”‚‘’", "€£¥₿", "∑∫√∞≠", "→←↑↓", "────", "████", "(╯°□°）╯︵ ┻━┻", "¯\\_(ツ)_/¯",
    "a.b.c", "x=y", "--help", "@#$%^&*()", "~`|", "_a_ __b__", "snake_case camelCase PascalCase kebab-case SCREAMING",
    # Line breaks and spaces between words.
    "a\nb", "a\n\nb", "a \nb", "a\n b", "a\r\nb", "a\tb", "a\t\tb", "a  b", "a   b", "a    b", " \t \n \t ", "trailing \n", "trailing\n ",
    "   leading", "naïve café résumé", "Straße", "Łódź", "İstanbul", "Đà Nẵng", "smörgåsbord",
]
for _n in (2, 3, 4, 7, 8, 16, 17, 30, 31, 32, 33, 65):
    HOSTILE += [" " * _n, " " * _n + "a", "a" + " " * _n + "b", "\n" * _n, "\t" * _n, "a" * _n, "." * _n, "1" * _n]
for _n in (2, 5, 31):
    HOSTILE += ["é" * _n, "中" * _n, "😀" * _n, "\u0301" * _n, "<" * _n, "▁" * _n, "\u200d" * _n, "ab " * _n, "\r\n" * _n, " \n" * _n, "\x00" * _n]

BLOCKS = [
    (0x20, 0x7E), (0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x17F), (0x250, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xEFF),
    (0x1000, 0x10FF), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x218F), (0x2190, 0x2BFF), (0x3000, 0x30FF),
    (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFEF), (0x10000, 0x103FF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF),
    (0, 0x1F), (0x7F, 0x9F), (0xE0000, 0xE007F),
]
WORDS = (
    "the of and to in is was The He It's don't I'm we'll 's 2023 1st 12,000 3.5% Hello foo_bar <bos> <|endoftext|> <|im_start|> <eos> "
    "<unk> <unused3> http:// .com != == ▁ <0x20> <0xC3> é ñ 中国 日本 Привет שלום مرحبا 😀 👩‍🚀 \u200b \xa0 <h1> </p> <start_of_turn>"
).split(" ") + ["\n", "\n\n", "\t", "    ", "\r"]


def random_strings(count, seed):
    """Mixtures of characters, words and white space; the same for the same seed."""
    r = random.Random(seed)
    anything = lambda: chr(r.randint(*r.choice(BLOCKS)))
    strings = []
    for i in range(count):
        if i % 5 == 0:
            text = "".join(anything() for _ in range(r.randint(1, 30)))
        elif i % 5 == 1:
            block = r.choice(BLOCKS)
            text = "".join(chr(r.randint(*block)) if r.random() < 0.8 else " " for _ in range(r.randint(1, 40)))
        elif i % 5 == 2:
            text = r.choice([" ", "", "  ", "\n"]).join(r.choice(WORDS) for _ in range(r.randint(1, 15)))
        elif i % 5 == 3:
            text = "".join(r.choice(" \n\t\r\xa0  aA1.'\"é中<>▁|-_") for _ in range(r.randint(1, 40)))
        else:
            text = "".join(r.choice(WORDS) if r.random() < 0.6 else anything() for _ in range(r.randint(1, 25)))
        strings.append(text)
    return strings
