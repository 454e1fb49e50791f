"""`hotlog help`, `explain`, `schema` and `find`: what ships with hotlog, and what the commands say of themselves."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from hotlog.cli.listing import json_of, list_commands
from hotlog.client.pages import list_codes, list_settings
from hotlog.rules.kinds import KINDS
from tests.support.cli import hotlog, settle_in
from tests.support.places import ROOT
from tests.support.rows import each_row

DOCS = ROOT / "hotlog" / "docs"
ERRORS = re.compile(
    r"(HotlogError|RuleError|LocationError|InstallError|StoreError|SinkError|ConfigError|Note)"
)


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)


def raised() -> set[str]:
    """The codes of all errors and notes that hotlog makes."""
    found: set[str] = set()
    for path in (ROOT / "hotlog").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            if ERRORS.fullmatch(name) and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    return found


def test_every_code_is_explained() -> None:
    codes = raised()
    assert len(codes) > 100
    assert codes - list_codes().keys() == set(), "write what they mean into hotlog/docs/codes.md"


@pytest.mark.long
@each_row("code", sorted(list_codes()))
def test_explain_says_what_each_code_means(code: str) -> None:
    ran = hotlog("explain", f"[{code}]")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{code}: ")


def test_a_code_that_is_none_is_answered_with_near_ones() -> None:
    assert "Did you mean source-changed" in hotlog("explain", "source-change").err
    assert hotlog("explain", "zzz").code == 2
    assert hotlog("help", "codse").err.startswith("error: no page speaks of 'codse'. Did you mean codes?")
    assert "Did you mean throttled" in hotlog("help", "trottled").err


def test_help_lists_and_prints_the_pages() -> None:
    listed = json.loads(hotlog("help", "--json").out)
    assert (
        set(listed)
        == {path.stem for path in DOCS.glob("*.md")}
        >= {"codes", "settings", "security", "events"}
    )
    for topic in listed:
        page = re.sub(r"<!-- .*? -->\n*", "", (DOCS / f"{topic}.md").read_text(encoding="utf-8"))
        assert hotlog("help", topic).out == page.rstrip() + "\n"


NIGHT = {  # the heading that answers, and what an operator asks
    "Nothing comes": "nothing comes|nothing in the logs|no output|rule disappeared|not-imported",
    "Rules come late, or reads are throttled": "throttled|ThrottlingException|rate exceeded|quota",
    "Who added this rule?": "who added this|who did this|audit",
    "Take everything out, now": "take everything out|kill switch|remove everything|rollback|uninstall|undo|emergency",
    "The function is slow, times out or fails": "slow|timeout|timed out|function is down|is my function slower now",
    "Is it safe to add a rule in production?": "is it safe|risk",
    "What does it cost?": "what does it cost|costs|bill|cold start",
    "The layer does not go on": "the layer will not go on|cannot attach",
    "A container image": "a container image|docker|Dockerfile",
    "Secrets: what do rules show, and to whom?": "what about secrets|password leaked|PII|who can see this",
    "Which Pythons, which runtimes?": "which Python|python version|runtimes",
    "The command itself fails": "access denied|AccessDenied|AccessDeniedException|permissions|no credentials",
}


@each_row("title", sorted(NIGHT))
def test_a_question_finds_the_section_that_answers_it(title: str) -> None:
    for question in [title, *NIGHT[title].split("|")]:
        ran = hotlog("help", *question.split())
        assert (ran.code, ran.err) == (0, ""), question
        assert ran.out.startswith(f"## {title}\n"), question
        assert "<!--" not in ran.out


def test_what_is_named_beside_an_answer_is_a_command_that_prints_it() -> None:
    also = hotlog("help", "docker").out.partition("From the page troubleshooting. Also:\n")[2].split("\n")
    assert "  hotlog help attach container images and runtimes without layers" in also
    for line in filter(None, also):
        words = line.split()[1:]
        first = hotlog(*words).out.partition("\n")[0]
        assert len(words) == 2 or re.findall(r"[\w-]+", first.strip("# ").lower()) == words[2:]


def test_help_of_a_command_is_what_the_command_says_itself() -> None:
    for words in (["rm"], ["layer", "build"]):
        assert hotlog("help", *words).out == hotlog(*words, "--help").out
    assert hotlog("help", "try").out.startswith("# Lines that you type")


def test_explain_names_the_section_that_goes_further() -> None:
    assert (
        "\nMore: hotlog help troubleshooting the layer does not go on\n"
        in hotlog("explain", "layer-damaged").out
    )
    more = json.loads(hotlog("explain", "deployment-owned", "--json").out)["more"]
    assert more == "hotlog help fleets what an alias serves"
    assert "`deployment-owned`" in hotlog(*more.split()[1:]).out
    assert "More" not in hotlog("explain", "bad-query").out


def test_the_lines_for_a_container_image_are_those_of_the_recipe() -> None:
    (shown,) = re.findall(r"(?s)```dockerfile\n(.*?)```", hotlog("help", "docker").out)
    recipe = (
        (ROOT / "wrapper" / "deploy" / "container" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    )
    assert [line for line in shown.splitlines() if line not in recipe] == []


def test_words_that_no_page_has_are_refused_and_the_list_says_how_to_ask() -> None:
    assert "[unknown-topic]" in hotlog("help", "xyzzy", "quux").err
    assert json.loads(hotlog("help", "who", "added", "this", "--json").out)["topic"] == "troubleshooting"
    listed = hotlog("help")
    assert "troubleshooting" in listed.out
    assert "hotlog help who added this rule" in listed.out


def test_the_schema_is_what_the_documents_say() -> None:
    schema = json.loads(hotlog("schema").out)
    assert json.loads(hotlog("schema", "--json").out) == schema
    page = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert set(schema["commands"]) == set(list_commands())
    for words, command in schema["commands"].items():
        row = next(row for row in page.splitlines() if row.startswith((f"| `{words} ", f"| `{words}`")))
        assert command["json"].replace("|", "\\|") in row
        assert command["json"] == json_of(list_commands()[words])
        names = [name for option in command["options"] for name in option["names"]]
        assert [name for name in names if name not in page] == []
        assert all(option["help"] for option in command["options"])
        assert ("--json" in names) is (
            words not in {"hotlog completion", "hotlog dap", "hotlog editor", "hotlog mcp", "hotlog ui"}
        )
    assert set(schema["codes"]) == set(list_codes())
    assert set(schema["settings"]) == set(list_settings())
    assert set(schema["events"]) == {*KINDS, "status", "counts"}
    events = (DOCS / "events.md").read_text(encoding="utf-8")
    assert [
        name for fields in schema["events"].values() for name in fields if f"`{name}`" not in events
    ] == []


# --- find --------------------------------------------------------------------------------------------------------------

APP = """\
class Cart:
    def total(self):
        goods = sum(self.prices)
        return goods


LIMIT = 3


def total(cart):
    return cart.total()
"""


@pytest.fixture(name="code")
def _code() -> None:
    Path("shop").mkdir()
    Path("shop/cart.py").write_text(APP)
    Path("broken.py").write_text("goods = (\n")


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize(
    ("query", "targets"),
    [
        ("Cart.total", ["shop.cart:Cart.total"]),
        ("total", ["shop.cart:Cart.total", "shop.cart:total"]),
        ("goods =", ["", "shop/cart.py:3"]),
        pytest.param("re:return \\w+$", ["shop/cart.py:4"], marks=pytest.mark.process),
        ("LIMIT", [""]),
        ("nothing like it", []),
    ],
)
def test_what_is_found_is_a_target_or_says_why_not(query: str, targets: list[str]) -> None:
    ran = hotlog("find", "orders", query, "--local", "--json")
    found = json.loads(ran.out)
    assert [place["target"] for place in found] == targets
    assert ran.code == (0 if targets else 1)
    assert all(place["why_not"] or place["target"] for place in found)
    for place in found:
        if place["target"]:
            assert hotlog("add", "orders", place["target"], "--dry-run", "--local").code == 0


@pytest.mark.usefixtures("code")
def test_a_pattern_that_is_none_is_refused() -> None:
    assert "[bad-query]" in hotlog("find", "orders", "re:(", "--local").err
    assert hotlog("find", "orders", " ", "--local").code == 2


# --- fields ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("code")
def test_fields_are_the_parts_of_the_json_that_were_asked_for() -> None:
    found = json.loads(hotlog("find", "orders", "total", "--local", "--fields", "target,line").out)
    assert found[0] == {"target": "shop.cart:Cart.total", "line": 2}
    assert hotlog("add", "orders", "Cart.total", "x", "--id", "k3f9", "--local", "--fields", "at").out == (
        '{"at": "shop.cart:Cart.total"}\n'
    )
    assert json.loads(hotlog("ls", "--local", "--fields", "function,rules.id,nothing").out) == [
        {"function": "orders", "rules": [{"id": "k3f9"}]}
    ]
    assert json.loads(hotlog("status", "orders", "--local", "--fields", "rules.state").out) == {
        "rules": [{"state": "pending"}]
    }
    Path(".hotlog/events.jsonl").write_text('{"hotlog":"log","rule":"k3f9","vars":{"a":1,"b":2}}\n')
    assert hotlog("tail", "orders", "--local", "--no-follow", "--fields", "rule,vars.a").out == (
        '{"rule":"k3f9","vars":{"a":1}}\n'
    )
