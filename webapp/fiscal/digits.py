"""Check digits of the access key and the GTIN, without punctuation."""

import re
from functools import lru_cache
from itertools import accumulate
from operator import mul

_WEIGHTS = tuple(2 + place % 8 for place in range(64))
_ZEROS = (0, *accumulate(weight * ord("0") for weight in _WEIGHTS))


@lru_cache(maxsize=16)  # a note's key is asked for when it is built, and thrice when it is checked
def mod11(body: str) -> str:
    """Modulo 11, weights 2 to 9 from the right, 0 for a remainder of 0 or 1.

    `ord - 48` is the rule of the alphanumeric CNPJ (IN RFB 2.229/2024) and is the digit itself for
    digits.
    """
    rest = (sum(map(mul, body.encode("ascii", "replace")[::-1], _WEIGHTS)) - _ZEROS[len(body)]) % 11
    return "0" if rest < 2 else str(11 - rest)


def has_length_of_gtin(value: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", value))


@lru_cache(maxsize=1024)
def is_gtin(value: str) -> bool:
    """GTIN-8, 12, 13 or 14 (GS1 general specifications, modulo 10)."""
    if not has_length_of_gtin(value):
        return False
    total = sum(
        int(char) * (3 if place % 2 == 0 else 1) for place, char in enumerate(reversed(value[:-1]))
    )
    return (10 - total % 10) % 10 == int(value[-1])


# The first three digits that GS1 has given to its countries, to books and to serials. What is left
# out is free for a shop's own use (02, 04, 2), a coupon, or given to nobody.
_GIVEN_OUT = (
    *((1, 19), (30, 39), (60, 139), (300, 379), (380, 380), (383, 383), (385, 385), (387, 387)),
    *((389, 390), (400, 440), (450, 471), (474, 489), (490, 509), (520, 521), (528, 531)),
    *((535, 535), (539, 549), (560, 560), (569, 579), (590, 590), (594, 594), (599, 601)),
    *((603, 609), (611, 611), (613, 613), (615, 632), (640, 649), (680, 681), (690, 709)),
    *((729, 746), (750, 750), (754, 755), (759, 771), (773, 773), (775, 775), (777, 780)),
    *((784, 784), (786, 786), (789, 790), (800, 850), (858, 860), (865, 865), (867, 881)),
    *((883, 885), (888, 888), (890, 890), (893, 894), (896, 896), (899, 919), (930, 952)),
    *((955, 955), (958, 958), (960, 969), (977, 979)),
)


@lru_cache(maxsize=1024)
def is_gtin_given_out(value: str) -> bool:
    """Whether a GTIN's prefix is one of those that GS1 gives to makers; the authority knows no
    other (codes 882 and 883)."""
    if len(value) == 8 and value[0] == "0":
        return False
    prefix = int(value[:3] if len(value) == 8 else value.zfill(14)[1:4])
    return any(first <= prefix <= last for first, last in _GIVEN_OUT)
