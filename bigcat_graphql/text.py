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
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.translate(_PLAIN).split())


def slugify(text: str) -> str:
    """Write text as a name for URLs: folded ASCII words and dashes, `concert` if none is left."""
    folded = fold(text).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in folded).split()
    return "-".join(words)[:80].rstrip("-") or "concert"
