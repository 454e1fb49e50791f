"""Which methods an expression may call: each method of each plain type is decided here, once.

A method is pure where its result depends on the value and its arguments alone, and it runs no code but C. All others are
refused, with what to write instead. A test holds the table to the methods that the running Python has.
"""

from __future__ import annotations

from typing import Final

from hotlog import __builtins__


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT: Final = _words(
    """
    capitalize center count encode endswith expandtabs find index isalnum isalpha isascii isdecimal isdigit isidentifier
    islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace
    rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title upper zfill casefold
    """
)
_SET: Final = _words("copy difference intersection isdisjoint issubset issuperset symmetric_difference union")
_DATE: Final = _words("ctime isocalendar isoformat isoweekday replace strftime toordinal weekday")

PURE: Final[dict[str, frozenset[str]]] = {
    "str": _TEXT,
    "bytes": (_TEXT - _words("casefold encode isdecimal isidentifier isnumeric isprintable"))
    | _words("decode hex"),
    "int": _words("as_integer_ratio bit_count bit_length conjugate is_integer to_bytes"),
    "float": _words("as_integer_ratio conjugate hex is_integer"),
    "complex": _words("conjugate"),
    "list": _words("copy count index"),
    "tuple": _words("count index"),
    "range": _words("count index"),
    "dict": _words("copy get items keys values"),
    "set": _SET,
    "frozenset": _SET,
    "datetime.date": _DATE,
    "datetime.datetime": _DATE | _words("astimezone date dst time timestamp timetz tzname utcoffset"),
    "datetime.time": _words("dst isoformat replace strftime tzname utcoffset"),
    "datetime.timedelta": _words("total_seconds"),
    "decimal.Decimal": _words(
        """
        adjusted as_integer_ratio as_tuple canonical compare conjugate copy_abs copy_negate copy_sign is_canonical is_finite
        is_infinite is_nan is_normal is_qnan is_signed is_snan is_subnormal is_zero max min normalize number_class quantize
        same_quantum sqrt to_eng_string to_integral to_integral_exact to_integral_value
        """
    ),
    "uuid.UUID": frozenset(),
    "re.Match": _words("end group groupdict groups span start"),
}

CHANGES: Final = "it changes the value, and a rule changes nothing"
_MAKES: Final = "it is a function of the class: log what your code has made with it"
_TEMPLATE: Final = "write the value into the text: `{x:.2f}` in a message, `f'{x:.2f}'` in an expression"

# Refused, with the reason: by type, then by reason.
REFUSED: Final[dict[str, dict[str, frozenset[str]]]] = {
    "str": {
        _TEMPLATE: _words("format format_map"),
        _MAKES: _words("maketrans"),
        "its table may hold code: use `replace`": _words("translate"),
    },
    "bytes": {
        _MAKES: _words("fromhex maketrans"),
        "its table may hold code: use `replace`": _words("translate"),
    },
    "int": {_MAKES: _words("from_bytes")},
    "float": {_MAKES: _words("fromhex from_number")},
    "complex": {_MAKES: _words("from_number")},
    "list": {CHANGES: _words("append clear extend insert pop remove reverse sort")},
    "tuple": {},
    "range": {},
    "dict": {CHANGES: _words("clear pop popitem setdefault update"), _MAKES: _words("fromkeys")},
    "set": {
        CHANGES: _words(
            "add clear difference_update discard intersection_update pop remove symmetric_difference_update update"
        )
    },
    "frozenset": {},
    "datetime.date": {
        _MAKES: _words("fromisocalendar fromisoformat fromordinal fromtimestamp strptime today"),
        "read its fields: `.year`, `.month`, `.day`": _words("timetuple"),
    },
    "datetime.datetime": {
        _MAKES: _words(
            "combine fromisocalendar fromisoformat fromordinal fromtimestamp now strptime today utcfromtimestamp utcnow"
        ),
        "read its fields: `.year`, `.month`, `.day`": _words("timetuple utctimetuple"),
    },
    "datetime.time": {_MAKES: _words("fromisoformat strptime")},
    "datetime.timedelta": {},
    "decimal.Decimal": {
        _MAKES: _words("from_float from_number"),
        "it may take long: log its operands": _words(
            """
            compare_signal compare_total compare_total_mag exp fma ln log10 logb logical_and logical_invert logical_or
            logical_xor max_mag min_mag next_minus next_plus next_toward radix remainder_near rotate scaleb shift
            """
        ),
    },
    "uuid.UUID": {},
    "re.Match": {"its template is a program of its own: use `group`": _words("expand")},
}

METHODS: Final = frozenset().union(*PURE.values())

# Arguments that may be given by name.
KEYWORDS: Final[dict[str, frozenset[str]]] = {
    "astimezone": _words("tz"),
    "decode": _words("encoding errors"),
    "encode": _words("encoding errors"),
    "expandtabs": _words("tabsize"),
    "groupdict": _words("default"),
    "groups": _words("default"),
    "hex": _words("sep bytes_per_sep"),
    "isoformat": _words("sep timespec"),
    "replace": _words("year month day hour minute second microsecond tzinfo fold"),
    "rsplit": _words("sep maxsplit"),
    "split": _words("sep maxsplit"),
    "splitlines": _words("keepends"),
    "to_bytes": _words("length byteorder signed"),
}


def why_not(name: str) -> str:
    """Return why a method of a plain type is refused, and what to write; empty where no plain type has it."""
    for reasons in REFUSED.values():
        for reason, names in reasons.items():
            if name in names:
                return reason
    return ""
