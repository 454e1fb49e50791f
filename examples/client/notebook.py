"""A session with `hotlog.Client`, cell by cell, as in a notebook. It runs as it stands, on files: no AWS account is needed.

    python examples/client/notebook.py

With an account, `hotlog.Client(region="eu-central-1")` takes the place of the first cell, and customers that of `order()`.
"""

# %% A desk: here on files, beside a copy of the order API
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import hotlog
from hotlog.local import Environment

ORDERS = Path(__file__).parents[1] / "orders"
home = Path(
    shutil.copytree(ORDERS, Path(tempfile.mkdtemp()) / "orders", ignore=shutil.ignore_patterns("__pycache__"))
)
os.chdir(home)
client = hotlog.Client(store="file:.hotlog")


def show(*what: object) -> None:
    """Print one line."""
    sys.stdout.write(" ".join(map(str, what)) + "\n")


# %% The function runs, as in Lambda
running = Environment(
    "app.handler",
    function="orders",
    store="file:.hotlog",
    sink="file:.hotlog/events.jsonl",
    variables={"ORDERS_DB": str(home / "orders.db")},
)
running.__enter__()
payload = json.loads((ORDERS / "events" / "order-wrong-total.json").read_text())


def order() -> str:
    """Order what the customer complains about; return the answer."""
    return str(running.invoke(payload).payload["body"])


show("the answer:", order())

# %% Where is the total made? What could be logged there?
place = client.find("orders", "total = goods")[0]
show(place.target, "in", place.qualname, "|", place.text)
show("names:", *client.code("orders").names(place.file, place.line).names)

# %% What is wrong with a rule, before it is stored: all of it at once
[checked] = client.check("orders", [{"at": place.target, "message": "{goodz} of {self.total()}"}])
for fault in checked.faults:
    show(fault.field, fault.code, "|", fault.message)

# %% Two rules in one write
done = client.change(
    "orders",
    add=[
        {"at": place.target, "message": "goods={goods} percent={percent}", "group": "hunt", "for_s": 600},
        {"at": "line_price", "message": "a price of {line.sku}", "group": "hunt", "for_s": 600},
    ],
)
show("stored:", *(f"{each.rule.id} at {each.rule.at}" for each in done.rules))

# %% What they log: a page and a cursor, with which any process goes on
cursor = client.events("orders").cursor
messages: list[str] = []
for _ in range(20):
    order()
    page = client.events("orders", cursor, kinds=["log"], follow_s=1)
    cursor = page.cursor
    messages += [event["message"] for event in page.events]
    if len(messages) > 1:
        break
show(*(f"logged: {message}" for message in messages))

# %% What became of each, in a sentence
for status in client.status("orders").rules:
    show(status.rule.id, status.verdict)

# %% The rules go, all of the group
[gone] = client.remove_group("hunt")
show("removed:", *(entry["id"] for entry in gone.removed))
order()
running.__exit__(None, None, None)
show("rules left:", len(client.rules("orders").rules))
