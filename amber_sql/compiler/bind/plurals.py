"""English plurals → singulars, by a table of endings: what table names hold, and no more.

A word that is in no list loses its `s`. What comes out wrong is overridden in the table's comment
by `@struct Name`.
"""

from __future__ import annotations

_UNCHANGED = frozenset(
    "analytics aws bellows chassis chaos christmas clothes corps cosmos dns economics ethics ethos"
    " genetics goods gps graphics headquarters https ios kudos lens logistics mathematics means"
    " news pancreas physics politics series settings sms species thanks tls yes alias bias"
    " atlas canvas gas".split()
)
_WHOLE = {
    "people": "person", "men": "man", "women": "woman", "mice": "mouse", "geese": "goose",
    "teeth": "tooth", "feet": "foot", "oxen": "ox", "lives": "life", "wives": "wife",
    "elves": "elf", "ties": "tie", "pies": "pie", "lies": "lie", "dies": "die", "aches": "ache",
    "axes": "axis", "gases": "gas", "uses": "use", "does": "doe", "toes": "toe", "foes": "foe",
    "buses": "bus", "taxis": "taxi", "skis": "ski", "kiwis": "kiwi", "wikis": "wiki",
    "apis": "api", "uris": "uri", "emojis": "emoji", "bikinis": "bikini", "menus": "menu",
    "gurus": "guru", "cpus": "cpu", "gpus": "gpu", "skus": "sku", "tofus": "tofu",
    "bases": "base", "doses": "dose", "noses": "nose", "roses": "rose", "poses": "pose",
    "cacti": "cactus", "alumni": "alumnus", "foci": "focus", "nuclei": "nucleus",
    "radii": "radius", "stimuli": "stimulus", "syllabi": "syllabus", "fungi": "fungus",
    "loci": "locus", "oases": "oasis", "bonuses": "bonus",
}  # fmt: skip
_ENDINGS = {
    # Compounds end like their last part: bookshelves, grandchildren.
    "children": "child", "housewives": "housewife", "midwives": "midwife", "shelves": "shelf",
    "knives": "knife", "leaves": "leaf", "halves": "half", "wolves": "wolf", "thieves": "thief",
    "loaves": "loaf", "selves": "self", "calves": "calf", "scarves": "scarf", "hooves": "hoof",
    "indices": "index", "matrices": "matrix", "vertices": "vertex", "appendices": "appendix",
    "movies": "movie", "cookies": "cookie", "calories": "calorie", "zombies": "zombie",
    "brownies": "brownie", "selfies": "selfie", "rookies": "rookie", "genies": "genie",
    "hoodies": "hoodie", "smoothies": "smoothie", "prairies": "prairie", "species": "species",
    "heroes": "hero", "potatoes": "potato", "tomatoes": "tomato", "echoes": "echo",
    "vetoes": "veto", "cargoes": "cargo", "torpedoes": "torpedo", "volcanoes": "volcano",
    "mosquitoes": "mosquito", "embargoes": "embargo", "criteria": "criterion",
    "phenomena": "phenomenon", "schemata": "schema", "bacteria": "bacterium",
    "caches": "cache", "niches": "niche", "headaches": "headache", "avalanches": "avalanche",
    "theses": "thesis", "crises": "crisis", "emphases": "emphasis", "diagnoses": "diagnosis",
    "prognoses": "prognosis", "analyses": "analysis", "paralyses": "paralysis",
    "catalyses": "catalysis", "synopses": "synopsis", "irises": "iris", "quizzes": "quiz",
    "atlases": "atlas", "canvases": "canvas", "lenses": "lens", "pancreases": "pancreas",
    # What ends in -use, not in -us.
    "causes": "cause", "clauses": "clause", "pauses": "pause", "houses": "house",
    "mouses": "mouse", "spouses": "spouse", "blouses": "blouse", "excuses": "excuse",
    "abuses": "abuse", "refuses": "refuse", "reuses": "reuse", "fuses": "fuse", "muses": "muse",
    "iases": "ias",
    "uses": "us",
    "sses": "ss", "shes": "sh", "ches": "ch", "xes": "x", "tzes": "tz", "zzes": "zz",
}  # fmt: skip
_ALREADY = ("ss", "us", "is", "data", "media")


def singular(name: str) -> str:
    """`api_keys` → `api_key`: the last word only."""
    head, _, last = name.rpartition("_")
    word = _singular(last, last.lower())
    return f"{head}_{word}" if head else word


def _singular(word: str, lower: str) -> str:
    if lower in _UNCHANGED:
        return word
    if lower in _WHOLE:
        return _WHOLE[lower]
    for ending, one in _ENDINGS.items():
        if lower.endswith(ending):
            return word[: -len(ending)] + one
    if lower.endswith(_ALREADY):
        return word
    if lower.endswith("ies"):
        return word[:-3] + "y"
    return word.removesuffix("s").removesuffix("S") if lower.endswith("s") else word
