"""Eight bugs, planted in copies of the example: what was changed, what a person sees of it, and which line is to blame.

They were planted before anything that looks for them was written. `rename` gives a copy other names for files, functions and
variables: what finds a bug there as well has read these names in what it was told.
"""

from __future__ import annotations

import ast
import shutil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.support.agents import order
from tests.support.live import ORDERS

if TYPE_CHECKING:
    from pathlib import Path


class Bug(NamedTuple):
    """A planted bug.

    Attributes:
        kind: what a person suspects.
        symptom: what a person sees, in words that the code has not.
        edits: file, what stood there, what stands there now.
        guilty: file, and the text of the line to blame.
        shows: what must have been seen of values to say so.
        traffic: events that come in, again and again.
        value: of the symptom, where there is one: a number that customers see.
    """

    kind: str
    symptom: str
    edits: tuple[tuple[str, str, str], ...]
    guilty: tuple[str, str]
    shows: str
    traffic: tuple[Any, ...]
    value: str = ""


def _sent_at(time: str, request: str) -> Any:
    event = order(("tea-assam", 1))
    return {**event, "requestContext": {**event["requestContext"], "time": time, "requestId": request}}


SMALL, LARGE = order(("tea-assam", 2)), order(("pot-cast-iron", 4))
COUPON = order(("tea-assam", 2), coupon="SUMMER15")

BUGS: Final = (
    Bug(
        "none",
        "orders with a coupon that we do not know fail with a 500",
        (("pricing.py", "COUPONS.get(self.coupon, 0)", "COUPONS.get(self.coupon)"),),
        ("pricing.py", "percent = COUPONS.get(self.coupon)"),
        "None",
        (COUPON, order(("tea-assam", 1), coupon="NOTHING")),
    ),
    Bug(
        "off by one",
        "ten pieces of one article are to be cheaper, and only eleven are",
        (
            (
                "pricing.py",
                "    if line.quantity >= BULK_FROM:\n        price -=",
                "    if line.quantity > BULK_FROM:\n        price -=",
            ),
        ),
        ("pricing.py", "if line.quantity > BULK_FROM:"),
        "10 10",
        (order(("tea-assam", 10)), order(("tea-assam", 11)), SMALL),
    ),
    Bug(
        "wrong branch",
        "small orders are sent for nothing, and large ones pay 490",
        (
            ("pricing.py", "return 0 if goods", "return SHIPPING if goods"),
            ("pricing.py", "else SHIPPING", "else 0"),
        ),
        ("pricing.py", "return SHIPPING if goods >= FREE_SHIPPING_FROM else 0"),
        "10000",
        (SMALL, LARGE),
        "490",
    ),
    Bug(
        "data shape",
        "an order that is sent for the second time fails with a 500",
        (("storage.py", "[line._asdict() for line in cart.lines]", "[line for line in cart.lines]"),),
        ("storage.py", "lines = json.dumps([line for line in cart.lines])"),
        "Line",
        tuple(
            event
            for number in range(150)
            for event in (SMALL, _sent_at("24/Nov/2026:09:30:00 +0000", f"new {number}"))
        ),
    ),
    Bug(
        "stale state",
        "the second order of a customer costs what the first one did",
        (
            ("pricing.py", "COUPONS = {", "KNOWN: dict[str, int] = {}\nCOUPONS = {"),
            (
                "pricing.py",
                "        goods = sum(",
                "        if self.customer in KNOWN:\n            return KNOWN[self.customer]\n        goods = sum(",
            ),
            (
                "pricing.py",
                "        return total\n",
                "        KNOWN[self.customer] = total\n        return total\n",
            ),
        ),
        ("pricing.py", "if self.customer in KNOWN:"),
        "2050",
        (SMALL, LARGE, *(order(("cup-glass", 1), customer=f"customer {number}") for number in range(20))),
    ),
    Bug(
        "time zone",
        "orders of the evening in New York are due a day too early",
        (
            ("app.py", "import pricing\n", "import pricing\nimport promise\n"),
            (
                "app.py",
                '"total": total, "lines"',
                '"total": total, "due": promise.due_day(event["requestContext"]["time"]), "lines"',
            ),
            (
                "promise.py",
                "",
                (
                    "from __future__ import annotations\n\nfrom datetime import datetime, timedelta\n\n\n"
                    "def due_day(text: str) -> str:\n    at = datetime.strptime(text[:20], '%d/%b/%Y:%H:%M:%S')\n"
                    "    due = at + timedelta(days=2)\n    return due.date().isoformat()\n"
                ),
            ),
        ),
        ("promise.py", "at = datetime.strptime(text[:20], '%d/%b/%Y:%H:%M:%S')"),
        "-0500",
        (_sent_at("24/Nov/2026:22:30:00 -0500", "r1"), _sent_at("24/Nov/2026:09:30:00 +0000", "r2")),
    ),
    Bug(
        "configuration",
        "in this stage every order is sent for nothing",
        (
            (
                "pricing.py",
                "from dataclasses import dataclass\n",
                "import os\nfrom dataclasses import dataclass\n",
            ),
            (
                "pricing.py",
                "FREE_SHIPPING_FROM = 10_000",
                'FREE_SHIPPING_FROM = int(os.environ.get("SHOP_FREE_FROM", "0"))',
            ),
        ),
        ("pricing.py", 'FREE_SHIPPING_FROM = int(os.environ.get("SHOP_FREE_FROM", "0"))'),
        "0",
        (SMALL, LARGE),
    ),
    Bug(
        "swallowed",
        "coupons make nothing cheaper, and nothing fails",
        (
            (
                "pricing.py",
                "        percent = COUPONS.get(self.coupon, 0)\n",
                (
                    "        try:\n            percent = COUPONS[self.coupon.strip]\n"
                    "        except Exception as problem:\n            percent = 0\n"
                ),
            ),
        ),
        ("pricing.py", "except Exception as problem:"),
        "KeyError",
        (COUPON,),
    ),
)

NAMES: Final = {
    "pricing": "preise",
    "stock": "lager",
    "storage": "ablage",
    "problems": "sorgen",
    "promise": "zusage",
    "place_order": "bestelle",
    "read_order": "lies",
    "body_of": "inhalt",
    "answer": "antwort",
    "total": "summe",
    "goods": "waren",
    "percent": "prozent",
    "discount_percent": "nachlass",
    "line_price": "zeilenpreis",
    "shipping": "versand",
    "SHIPPING": "PORTO",
    "FREE_SHIPPING_FROM": "FREI_AB",
    "BULK_FROM": "MENGE_AB",
    "BULK_PERCENT": "MENGE_PROZENT",
    "COUPONS": "GUTSCHEINE",
    "KNOWN": "GEMERKT",
    "price": "preis",
    "price_of": "preis_von",
    "save": "schreibe",
    "load": "lade",
    "earlier": "vorher",
    "found": "fund",
    "problem": "kummer",
    "due_day": "tag",
    "due": "faellig",
    "at": "moment",
    "text": "worte",
    "cart": "korb",
    "Cart": "Korb",
    "line": "zeile",
    "order_id": "nummer",
}


class _Renamed(ast.NodeTransformer):
    """Names of functions, classes, variables, parameters, modules and methods; texts and fields stay."""

    def visit(self, node: ast.AST) -> Any:
        for field in ("id", "name", "arg", "attr", "module", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str) and value in NAMES:
                setattr(node, field, NAMES[value])
        return self.generic_visit(node)


def plant(bug: Bug, folder: Path, *, renamed: bool = False) -> tuple[Path, str]:
    """Write a copy with the bug; return its folder, and the place to blame as file and line."""
    shutil.copytree(ORDERS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in bug.edits:
        path = folder / file
        before = path.read_text() if path.exists() else ""
        assert before.count(old) == 1 or not before, (bug.kind, file, before.count(old))
        path.write_text(before.replace(old, new) if before else new)
    file, text = bug.guilty
    if renamed:
        text = _rename_text(text)
        for path in sorted(folder.glob("*.py")):
            tree = _Renamed().visit(ast.parse(path.read_text()))
            path.unlink()
            (folder / f"{NAMES.get(path.stem, path.stem)}.py").write_text(ast.unparse(tree) + "\n")
        file = f"{NAMES.get(file.removesuffix('.py'), file.removesuffix('.py'))}.py"
    lines = [line.strip() for line in (folder / file).read_text().split("\n")]
    assert lines.count(text) == 1, (bug.kind, text)
    return folder, f"{file}:{lines.index(text) + 1}"


def _rename_text(text: str) -> str:
    """Return the first line of a statement as a renamed copy has it."""
    whole = f"try:\n    pass\n{text}\n    pass" if text.startswith("except") else text
    whole = f"{text}\n    pass" if text.startswith("if ") else whole
    lines = ast.unparse(_Renamed().visit(ast.parse(whole))).split("\n")
    return lines[2] if text.startswith("except") else lines[0]
