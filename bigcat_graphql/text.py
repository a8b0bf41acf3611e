"""Text folded so that search ignores case and accents."""

import unicodedata

# Letters that Unicode does not decompose, in the spelling people type without them.
_PLAIN = str.maketrans(
    {
        "\u0131": "i",  # dotless i
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
    }
)


def fold(text: str) -> str:
    """Write text without case, accents and extra blanks: `Antonín  DVOŘÁK` is `antonin dvorak`."""
    # Unfolded forms first: case folding does not know that a bold mathematical A is a letter.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.translate(_PLAIN).split())


def slugify(text: str) -> str:
    """Write text as a name for URLs: folded ASCII words and dashes, `concert` if none is left."""
    # Before letters are dropped: `Bach\u2013Busoni` is two words, whatever dash stands between.
    spaced = "".join(letter if letter.isalnum() else " " for letter in fold(text))
    words = spaced.encode("ascii", "ignore").decode().split()
    return "-".join(words)[:80].rstrip("-") or "concert"
