"""Texts in, a verdict out: do they read as speech, or as what a device writes beside its pictures?

Drones, dashcams and apps write positions, speeds and codes as subtitles, each maker in a form of its own. Forms cannot
be listed to the end, so this goes the other way round: a text track goes along only if **every** text of it looks like
something that people say. `media.text_tracks` feeds it, `media.stream_copy` asks it again for each text that it passes
on, and the audit asks it about what left. Pure: texts and bytes, no files.

What it looks at, and why each of these alone is not enough:

* characters: no bytes that are no text, no control characters, mostly letters (ciphers and previews fail here);
* positions: coordinates in the notations known, the words for latitude and longitude of many languages, grid codes;
* digits: few in each text, few over the track (whatever is written as a table of values fails here);
* words: spaces where a script has them, vowels where it has them, no letters and digits mixed (base64 fails here).
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass, field

from dashcamcleaner.messages import msg

__all__ = ["TrackJudge", "is_language_code", "is_timestamp", "refusal", "tells_position"]

_PLACE_WORDS = (
    "lat latitude latitud latitudine breitengrad geo_lat breddegrad breddgrad breedtegraad leveysaste leveyspiiri "
    "enlem широта lintang latitudo 纬度 緯度 위도 रेखांश अक्षांश ละติจูด lon lng longitude longtitude longitud longitudine "
    "längengrad laengengrad geo_lon geo_lng lengdegrad længdegrad längdgrad lengtegraad pituusaste pituuspiiri boylam "
    "долгота bujur 经度 經度 経度 경도 देशांतर ลองจิจูด"
)
"""Words for latitude and longitude that mean nothing else; with a number that has decimals or degrees, a place."""
_LENGTH_WORDS = (
    "breite länge long szerokość długość šířka šírka délka dĺžka szélesség hosszúság širina dužina laius pikkus "
    "platums garums πλάτος μήκος ширина дължина dolgota العرض الطول רוחב אורך vĩ kinh"
)
"""Words for them that mean width and length as well; with a number as fine as only places have."""


def _worded(words: str, number: str) -> str:
    return r"(?<!\w)(?:" + "|".join(map(re.escape, words.split())) + r")(?!\w)[^\d\n]{0,12}?[-+−]?\d{1,3}" + number


_WORDED = re.compile(
    _worded(_PLACE_WORDS, r"(?:[.,]\d+|\s?°)") + "|" + _worded(_LENGTH_WORDS, r"(?:[.,]\d{3,}|\s?°)"), re.IGNORECASE
)
_POSITION = re.compile(
    r"\$[A-Z]{2,5}(?:RMC|GGA|GLL|VTG|GNS)\b"  # NMEA, as receivers speak
    r"|\b(?:gps|geo|geotag)\b[\s:=(\[]{1,4}[-+(\[]?\s*\d"
    r"|\b(?:lat|latitude|lon|lng|longitude)\b[\s:=(\[]{1,4}[-+(\[]?\s*\d"
    # two decimals in a row with next to nothing between: a map's or a log's notation
    r"|(?<![\d.])[-+−]?\d{1,3}\.\d\d\s*[,;/| ]\s*[-+−]?\d{1,3}\.\d\d(?![\d.])"
    r"|(?<![\d.])[-+−]?\d{1,3}\.\d{3,}\s*°?\s*[NS]?\s*[,;/| \t\n]?\s*(?:[EW]\s*:?\s*)?[-+−]?\d{1,3}\.\d{3,}(?![\d.])"
    r"|(?<![\d.,])[-+−]?\d{1,3},\d{4,}\s*°?\s*[NS]?\s*[;/| \t\n]\s*[-+−]?\d{1,3},\d{4,}(?![\d.,])"
    r"|\d{1,3}\s*°\s*\d{1,2}(?:[.,]\d+)?\s*['′’´]"  # degrees and minutes
    r"|\d{1,3}(?:[.,]\d+)?\s*°\s*[NSEWOnsewo]\b"
    r"|\b\d{4,5}\.\d{2,}\s*,?\s*[NSEW]\b"  # ddmm.mmmm,N
    r"|\b[NS]\s*[:=]?\s?[-+]?\d{1,2}[.°]\s?\d+.{0,24}?\b[EW]\s*[:=]?\s?[-+]?\d"
    r"|\b[EW]\s*[:=]?\s?[-+]?\d{1,3}[.°]\s?\d+.{0,24}?\b[NS]\s*[:=]?\s?[-+]?\d"
    # degrees and minutes with a space between, one number after the hemisphere's letter or before it
    r"|\b[NS]\s?\d{1,2}\s\d{1,2}(?:[.,\s]\d{1,4})?\W{1,3}[EWO]\s?\d{1,3}\s\d{1,2}"
    r"|(?<![\d.,])\d{1,2}\s\d{1,2}(?:[.,\s]\d{1,4})?\s?[NS]\W{1,3}\d{1,3}\s\d{1,2}(?:[.,\s]\d{1,4})?\s?[EWO]\b"
    r"|\d\s?(?:deg|degrees?|grad)\W{1,2}\d{1,2}(?:[.,]\d+)?\s?(?:min|minutes?|minuten)\W{1,2}(?:\d{1,2}\D{1,12})?"
    r"(?:north|south|east|west|nord|s[üu]d|ost|[NSEWO])\b"
    r"|(?<![\w+])[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,7}\b"  # open location codes
    r"|(?<!:)//+[a-z]{3,}\.[a-z]{3,}\.[a-z]{3,}\b"  # three words for a square
    r"|\b(?:geo:\s*-?\d|geohash|what3words|maps\.app\.goo|goo\.gl/maps|google\.[a-z.]+/maps|"
    r"maps\.(?:apple|google)\.com|openstreetmap\.org|(?:waze|here|bing)\.com/\S*\d)",
    re.IGNORECASE,
)
_FINE_DECIMAL = re.compile(r"(?<![\d.,])[-+]?\d{1,3}[.,]\d{4,}(?![\d.,])")

_MOST_DIGITS = 8  # in one text, whatever else it holds: two times of day, a date; a pair of fine coordinates has more
_MOST_DIGITS_ALONE = 6  # in a text without a word: a year, a countdown
_DIGITS_PER_LETTER = 0.35  # in one longer text
_DIGITS_PER_LETTER_OF_TRACK = 0.25
_DIGITS_PER_LETTER_OF_SHORT_TRACK = 0.4  # of one with `_FEW_DIGITS` at most
_FEW_DIGITS = 16
_LETTER_SHARE = 0.5
"""Of all that is no space; speech has 0.85 and more, short answers less. Judged from `_LEAST_JUDGED` characters on."""
_LEAST_JUDGED = 12
_LONGEST_TEXT = 4000  # characters; what is shown at once has some hundred
_LONGEST_WORD = 40  # letters; the longest that people use in German, Finnish or Turkish stay below
_VOWELS = frozenset("aeiouyæœøəıɪаеёиоуыэюяіїєαεηιουω")
_FORMAT_CHARACTERS = frozenset("\u00ad\u061c\u200c\u200d\u200e\u200f\u2060\ufeff") | {
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
"""Joiners and directions, which ordinary texts of many scripts hold. All other invisible characters are refused."""
_VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_HIDDEN_RUN = re.compile(
    f"[{_VARIANTS}]{{2}}|[{_VARIANTS}{''.join(sorted(_FORMAT_CHARACTERS))}]{{4}}|[\u0300-\u036f]{{5}}"
)
"""More of what is not seen by itself, one behind the other, than any script needs: it may stand for numbers."""

_SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "HANGUL", "BOPOMOFO", "YI")
_WITH_VOWELS = ("LATIN", "CYRILLIC", "GREEK")
_MARKUP = re.compile(
    r"</?(?:i|b|u|s|em|strong|ruby|rt|c(?:\.[a-z_]{1,20})*|lang [a-z-]{2,10}|"
    r"font(?:\s+(?:color|size|face)\s*=\s*(?:\"#?[a-z0-9 -]{1,20}\"|#?[a-z0-9]{1,10}))*)\s*>"
    r"|<\d\d:\d\d(?::\d\d)?\.\d{3}>|&(?:nbsp|amp|lt|gt|quot|lrm|rlm|#39);",
    re.IGNORECASE,
)
"""How a word looks, and when it is sung."""
_WORD = re.compile(r"\S+")
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?", re.IGNORECASE)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")


def tells_position(text: str | bytes) -> bool:
    """Whether a text gives a place on earth."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    plain = unicodedata.normalize("NFKC", text)
    return _POSITION.search(plain) is not None or _WORDED.search(plain) is not None


def is_language_code(text: str) -> bool:
    """Whether a language tag holds a language (``deu``, ``pt-BR``, ``zh-Hant-TW``) and nothing else."""
    return _LANGUAGE_CODE.fullmatch(text) is not None


def is_timestamp(text: str) -> bool:
    """Whether a text is a date, or a date and time, as ISO 8601 writes them, and nothing else."""
    return _TIMESTAMP.fullmatch(text.strip()) is not None


def refusal(text: str | bytes) -> str:
    """Why one text does not read as speech, in a few words; empty if it does, or says nothing.

    Args:
        text: without the wrapping of its format; bytes are taken as UTF-8.
    """
    return _read(text)[0]


def _read(text: str | bytes) -> tuple[str, str, _Counts]:
    """See `refusal`; with it, what is left of the text without its markup, and what that is made of."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            return msg("holds bytes that are no text"), "", _Counts()
    if len(text) > _LONGEST_TEXT:
        return msg("is longer than anything that is read at once"), "", _Counts()
    plain = unicodedata.normalize("NFKC", _MARKUP.sub(" ", text))
    counts = _Counts.of(plain)
    return _refused(plain, counts), plain, counts


def _refused(plain: str, counts: _Counts) -> str:
    if any(_is_hidden(character) for character in plain) or _HIDDEN_RUN.search(plain):
        return msg("holds control characters")
    if tells_position(plain):
        return msg("tells the position")
    most = _MOST_DIGITS if counts.letters > 2 else _MOST_DIGITS_ALONE
    if counts.digits > most and counts.digits > _DIGITS_PER_LETTER * counts.letters:
        return msg("holds numbers rather than words")
    if counts.letters <= 2 and re.search(r"\d{5}", plain):  # no year
        return msg("holds numbers rather than words")
    if counts.visible >= _LEAST_JUDGED and counts.letters + counts.digits < _LETTER_SHARE * counts.visible:
        return msg("holds signs rather than words")
    words = _WORD.findall(plain)
    if any(_is_code(word) for word in words) or _runs_on(plain):
        return msg("holds codes rather than words")
    return ""


@dataclass(slots=True)
class _Counts:
    letters: int = 0
    digits: int = 0
    visible: int = 0

    @classmethod
    def of(cls, text: str) -> _Counts:
        counts = cls()
        for character in text:
            category = unicodedata.category(character)
            counts.letters += category[0] in "LM"
            counts.digits += category[0] == "N"
            counts.visible += category[0] not in "ZC"
        return counts


@dataclass(slots=True)
class TrackJudge:
    """Judges the texts of one track, one after another.

    Attributes:
        why: why the track does not read as speech, in a few words; empty as long as it does.
    """

    why: str = ""
    _letters: int = 0
    _digits: int = 0
    _texts: int = 0
    _fine_decimals: int = 0
    _words: int = 0
    _odd_words: int = 0
    _forms: dict[str, int] = field(default_factory=dict)
    _counting: dict[str, list[int]] = field(default_factory=dict)

    def add(self, text: str | bytes) -> str:
        """Take the next text; gives `why`."""
        if self.why:
            return self.why
        self.why, plain, counts = _read(text)
        if self.why or not plain.strip():
            return self.why
        self._texts += 1
        self._letters += counts.letters
        self._digits += counts.digits
        self._fine_decimals += len(_FINE_DECIMAL.findall(plain))
        for word in _WORD.findall(plain):
            self._words += 1
            self._odd_words += _is_odd(word)
        numbers = re.findall(r"\d+(?:[.,:]\d+)*", plain)
        form = re.sub(r"\d+", "#", plain)[:200]
        if len(numbers) >= 2 or any(not number.isdecimal() for number in numbers):
            if form in self._forms or len(self._forms) < 1000:
                self._forms[form] = self._forms.get(form, 0) + 1
        elif numbers and (form in self._counting or len(self._counting) < 1000):
            self._counting.setdefault(form, []).append(int(numbers[0][:18]))
        return ""

    def finish(self) -> str:
        """The verdict once all texts were seen: why it is no speech, empty if it is."""
        if self.why or not self._texts:
            return self.why
        few = self._digits <= _FEW_DIGITS
        share = _DIGITS_PER_LETTER_OF_SHORT_TRACK if few else _DIGITS_PER_LETTER_OF_TRACK
        if self._fine_decimals > 1:  # one may be pi
            self.why = msg("tells the position")
        elif self._digits > max(_MOST_DIGITS_ALONE, share * self._letters):
            self.why = msg("holds numbers rather than words")
        elif max((*self._forms.values(), *map(_measured, self._counting.values())), default=0) > max(
            3, self._texts // 2
        ):
            self.why = msg("repeats one form with other numbers")
        elif self._odd_words > max(2, self._words // 5):
            self.why = msg("holds codes rather than words")
        return self.why


def _measured(numbers: list[int]) -> int:
    """How many these are, where they are values that go up and down; none where somebody counts."""
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    return len(numbers) if len(steps) > 1 and not (min(steps) > 0 or max(steps) < 0) else 0


def _is_hidden(character: str) -> bool:
    if character in "\n\r\t" or character in _FORMAT_CHARACTERS:
        return False
    category = unicodedata.category(character)
    return category in ("Cc", "Cf", "Cs", "Co", "Cn") or character == "\ufffd"


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def _is_code(word: str) -> bool:
    """Whether a word is none that people say or read: letters and digits mixed, or cases, or without an end."""
    core = word.strip(".,;:!?…\"'“”„«»()[]-–—")
    if len(core) < 6:
        return False
    kinds = ["d" if c.isdecimal() else "u" if c.isupper() else "l" if c.isalpha() else "" for c in core]
    solid = [kind for kind in kinds if kind]
    turns = sum((a == "d") != (b == "d") for a, b in itertools.pairwise(solid))
    if turns >= 2 and len(re.findall(r"[^\W\d_]", core)) >= 2 and re.fullmatch(r"[\w+/=.-]+", core):
        return _mixes(core)
    inside = sum(a == "l" and b == "u" for a, b in itertools.pairwise(kinds))
    brand = re.fullmatch(r"[A-Z]?[a-z]+(?:[A-Z][a-z]{2,}){2}", core)  # such as DashCamCleaner
    return len(core) >= 12 and core.isascii() and inside >= 2 and brand is None


def _mixes(core: str) -> bool:
    """Letters and digits change places twice and more within one part of a word (``u281z7j``, not ``2-in-1``)."""
    for part in re.split(r"[^\w]+|_", core):
        kinds = [c.isdecimal() for c in part]
        if len(part) >= 6 and sum(a != b for a, b in itertools.pairwise(kinds)) >= 2:
            return True
    return False


def _is_drawn_out(word: str) -> bool:
    """``Noooooooo``: few letters of their own."""
    return len(set(word.lower())) <= 4


def _is_odd(word: str) -> bool:
    """A word that one or two of are no matter: without a vowel, or with capitals inside."""
    letters = [c for c in word if c.isalpha()]
    if len(letters) < 5 or not all(_script(c).startswith(_WITH_VOWELS) for c in letters):
        return False
    base = unicodedata.normalize("NFD", "".join(letters).lower())
    vowelless = not any(c in _VOWELS for c in base)
    inside = sum(a.islower() and b.isupper() for a, b in itertools.pairwise(letters))
    return vowelless or inside > 0


def _runs_on(text: str) -> bool:
    """Whether a script that has spaces goes on without any."""
    for piece in re.split(r"\s+|\.{2,}|[…/–—-]+", text):
        letters = [c for c in piece if c.isalpha()]
        if len(piece) > _LONGEST_WORD and not _is_drawn_out("".join(letters)):
            spaceless = sum(_script(c).startswith(_SPACELESS) for c in letters)
            if spaceless < 0.5 * len(letters) or not letters:
                return True
    return False
