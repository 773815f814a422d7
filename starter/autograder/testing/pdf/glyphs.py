"""Characters by the names that fonts give their glyphs (Adobe Glyph List, the part that texts use)."""

from __future__ import annotations

import re
import unicodedata

UNKNOWN = "�"
_PAIRS = """
exclam ! quotedbl " numbersign # dollar $ percent % ampersand & quotesingle ' parenleft ( parenright )
asterisk * plus + comma , hyphen - period . slash / zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8
nine 9 colon : semicolon ; less < equal = greater > question ? at @ bracketleft [ backslash \\ bracketright ]
asciicircum ^ underscore _ grave ` braceleft { bar | braceright } asciitilde ~ quoteleft ‘ quoteright ’
quotedblleft “ quotedblright ” quotesinglbase ‚ quotedblbase „ guillemotleft « guillemotright » guilsinglleft ‹
guilsinglright › endash – emdash — bullet • ellipsis … dagger † daggerdbl ‡ section § paragraph ¶ degree °
plusminus ± multiply × divide ÷ minus − periodcentered · cdot · asteriskmath ∗ copyright © registered ® trademark ™
sterling £ Euro € yen ¥ cent ¢ circlecopyrt ○ openbullet ◦ germandbls ß ae æ AE Æ oe œ OE Œ oslash ø Oslash Ø dotlessi ı
dotlessj ȷ lslash ł Lslash Ł eth ð Eth Ð thorn þ Thorn Þ mu µ ff ff fi fi fl fl ffi ffi ffl ffl sfthyphen -
alpha α beta β gamma γ delta δ epsilon ε epsilon1 ε zeta ζ eta η theta θ iota ι kappa κ lambda λ nu ν xi ξ pi π rho ρ
sigma σ tau τ upsilon υ phi φ phi1 φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ
Phi Φ Psi Ψ Omega Ω lessequal ≤ greaterequal ≥ notequal ≠ approxequal ≈ similar ∼ equivalence ≡ arrowright →
arrowleft ← arrowdblright ⇒ element ∈ infinity ∞ partialdiff ∂ nabla ∇ gradient ∇ summation ∑ integral ∫ radical √
product ∏ proportional ∝ logicaland ∧ logicalor ∨ universal ∀ existential ∃ union ∪ intersection ∩ bardbl ‖ prime ′
hyphenchar - onesuperior ¹ twosuperior ² threesuperior ³ onehalf ½ ordfeminine ª ordmasculine º exclamdown ¡
questiondown ¿ brokenbar ¦ logicalnot ¬ currency ¤ macron ¯ dieresis ¨ acute ´ cedilla ¸ circumflex ˆ tilde ˜
"""
_ACCENTS = {
    "grave": "\u0300", "acute": "\u0301", "circumflex": "\u0302", "tilde": "\u0303", "macron": "\u0304",
    "breve": "\u0306", "dotaccent": "\u0307", "dieresis": "\u0308", "ring": "\u030a", "hungarumlaut": "\u030b",
    "caron": "\u030c", "cedilla": "\u0327", "ogonek": "\u0328",
}  # fmt: skip
_UNI = re.compile(r"(?:uni((?:[0-9A-Fa-f]{4}){1,4})|u([0-9A-Fa-f]{4,6}))$")
_ACCENTED = re.compile(r"([A-Za-z])(" + "|".join(_ACCENTS) + ")$")


def _table() -> dict[str, str]:
    found = {"space": " ", "nbspace": " ", "visiblespace": " ", "compwordmark": ""}
    for name, sign in re.findall(r"(\w+) (\S+)", _PAIRS):
        found.setdefault(name, sign)
    return found


_BY_NAME = _table()


def character(name: str) -> str:
    """The character or characters of a glyph; UNKNOWN where the name says nothing."""
    base = name.partition(".")[0]  # "a.sc" is another drawing of an a
    if base in _BY_NAME:
        return _BY_NAME[base]
    if len(base) == 1:
        return base
    if match := _UNI.match(base):
        codes = [match[1][at : at + 4] for at in range(0, len(match[1]), 4)] if match[1] else [match[2]]
        return "".join(chr(int(code, 16)) if int(code, 16) < 0x110000 else UNKNOWN for code in codes)
    if match := _ACCENTED.match(base):
        return unicodedata.normalize("NFC", match[1] + _ACCENTS[match[2]])
    if "_" in base.strip("_"):
        parts = [character(part) for part in base.split("_")[:8] if part]
        return UNKNOWN if UNKNOWN in parts else "".join(parts)
    return UNKNOWN
