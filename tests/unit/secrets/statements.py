"""Secrets in SQL, in rows of tables, and beside the names of their columns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy.exc

from tests.unit.secrets.rows import MARK, Maker, Row, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = """
ALTER USER app IDENTIFIED BY '§'
CREATE USER app WITH PASSWORD '§'
CREATE USER 'app'@'%' IDENTIFIED WITH mysql_native_password BY '§'
ALTER ROLE app ENCRYPTED PASSWORD '§'
SET PASSWORD FOR app = '§'
CREATE LOGIN app WITH PASSWORD = '§'
UPDATE users SET password = '§' WHERE id = 7
UPDATE users SET name = 'Ana', password_hash = '§' WHERE id = 7
SELECT id FROM users WHERE email = 'ana@example.com' AND password = '§'
SELECT * FROM sessions WHERE session_token = '§'
INSERT INTO users (email, password) VALUES ('ana@example.com', '§')
INSERT INTO users (password, email) VALUES ('§', 'ana@example.com')
insert into api_keys(owner, api_key, active) values (7, '§', true)
INSERT INTO users (email, password) VALUES ('bob@example.com', 'x9x9x9x9'), ('ana@example.com', '§')
INSERT INTO "user" ("id", "token") VALUES (1, '§')
SELECT id FROM users WHERE password = crypt('§', password)
COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=x;aws_secret_access_key=§'
[SQL: INSERT INTO users (email, password) VALUES (%s, %s)] [parameters: ('ana@example.com', '§')]
[SQL: UPDATE users SET password=%(password)s] [parameters: {'password': '§', 'id': 7}]
executing INSERT INTO users (name, password) VALUES (?, ?) with ('ana', '§')
user,password,active\\nana,§,1\\nbob,sunflower77,1
id;name;senha\\n1;ana;§
| user | password |\\n|---|---|\\n| ana | § |
"""


def rows() -> Iterator[Row]:
    """Statements as text, statements with parameters beside them, and tables."""
    for number, text in enumerate(TEXTS.strip().splitlines()):
        secret = Maker(text).password()
        filled = text.replace(MARK, secret).replace("\\n", "\n")
        yield Row(f"sql {text[:40]}", one_of(number, {"sql": filled}, {"fault": RuntimeError(filled)}, {"entry": {"query": filled}}), secret)  # fmt: skip
    for number, (variables, secret) in enumerate(_beside()):
        yield Row(f"beside {number}", variables, secret)


def _beside() -> Iterator[tuple[dict[str, Any], str]]:
    made = [Maker(f"beside {number}").fill("{a13}") for number in range(20)]
    insert = "INSERT INTO users (email, password) VALUES (%s, %s)"
    yield {"statement": insert, "params": ("ana@example.com", made[0])}, made[0]
    yield {"sql": "UPDATE users SET password = ? WHERE id = ?", "args": (made[1], 7)}, made[1]
    yield (
        {"query": "SELECT 1 FROM users WHERE email = $1 AND password_hash = $2", "values": ["ana", made[2]]},
        made[2],
    )
    yield {"call": {"sql": insert, "parameters": ["ana", made[3]]}}, made[3]
    yield {"call": SimpleNamespace(statement=insert, params=("ana", made[4]))}, made[4]
    yield (
        {"fault": sqlalchemy.exc.StatementError("failed", insert, ("ana", made[5]), ValueError("x"))},
        made[5],
    )
    yield {"sql": insert, "seq_of_params": [("ana", made[6]), ("bob", "x1x1x1x1")]}, made[6]
    yield (
        {
            "statement": "INSERT INTO users (email, password) VALUES (:e, :p)",
            "parameters": {"e": "ana", "p": made[7]},
        },
        made[7],
    )
    yield (
        {
            "call": {
                "sql": "update users set token = :t",
                "parameters": [{"name": "t", "value": {"stringValue": made[8]}}],
            }
        },
        made[8],
    )
    yield {"table": [["user", "password"], ["ana", made[9]], ["bob", "x1x1x1x1"]]}, made[9]
    yield {"columns": ["id", "api_key"], "rows": [[1, made[10]], [2, "x1x1x1x1"]]}, made[10]
    yield {"result": {"columns": ["id", "api_key"], "rows": [[1, made[11]]]}}, made[11]
    yield (
        {
            "result": {
                "columnMetadata": [{"name": "id"}, {"name": "password"}],
                "records": [[{"longValue": 1}, {"stringValue": made[12]}]],
            }
        },
        made[12],
    )
    yield {"result": {"fields": ["id", "token"], "data": [(1, made[13])]}}, made[13]
    yield {"header": ("id", "password"), "row": (1, made[14])}, made[14]
    yield {"sheet": {"values": [["name", "Passwort"], ["ana", made[15]]]}}, made[15]
    yield {"description": [("id", 23), ("password", 25)], "row": (7, made[16])}, made[16]
    yield {"rows": [{"id": 7, "password": made[17]}]}, made[17]
    yield {"item": {"pk": {"S": "u#7"}, "password": {"S": made[18]}}}, made[18]
    yield {"item": {"pk": {"S": "u#7"}, "tokens": {"L": [{"S": made[19]}]}}}, made[19]
