"""A store of one's own: rules in S3, one object for each function.

`HOTLOG_STORE=s3_rules:open_store` and `RULES_BUCKET=…` in the function; the same for the command, or `--store`. A write
names the version that it has read (`If-Match`), so S3 refuses it where somebody else wrote in between.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.stores import Answer
from hotlog.stores.edit import edit

if TYPE_CHECKING:
    from hotlog.stores import StoreOpening
    from hotlog.stores.edit import Change, Keep

_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


def open_store(opening: StoreOpening) -> S3Store:
    """Return the store; nothing is asked of S3 yet."""
    session = boto3.Session(region_name=opening.region or None, profile_name=opening.profile or None)
    return S3Store(session.client("s3"), os.environ["RULES_BUCKET"])


class S3Store:
    """Keeps the rules of the function `orders` in the object `orders.json`."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:  # noqa: ARG002  # hotlog sees to the deadline
        """Return the document; `missing` where there is none."""
        return self._find(function)[0]

    def update(self, function: str, change: Change, *, keep: Keep | None = None) -> documents.Document:
        """Read, change, write, and again where somebody else wrote in between."""
        while True:
            try:
                answer, condition = self._find(function)
            except StoreError as fault:
                if fault.code != "missing":
                    raise
                answer, condition = None, {"IfNoneMatch": "*"}
            done = edit(answer, change, keep=keep, now_s=time.time())
            if not done.changed or self._put(function, documents.dumps(done.document), condition):
                return done.document

    def functions(self) -> list[str]:
        """Return the functions that have an object."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        return [each["Key"].removesuffix(".json") for page in pages for each in page.get("Contents", [])]

    def _find(self, function: str) -> tuple[Answer, dict[str, str]]:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=f"{function}.json")
        except ClientError as fault:
            code = "missing" if fault.response["Error"]["Code"] == "NoSuchKey" else "unreachable"
            raise StoreError(code, str(fault)) from None
        text = found["Body"].read().decode()
        version = documents.loads(text).base + 1
        return Answer(text, version, found["LastModified"].timestamp()), {"IfMatch": found["ETag"]}

    def _put(self, function: str, text: str, condition: dict[str, str]) -> bool:
        try:
            self._s3.put_object(Bucket=self._bucket, Key=f"{function}.json", Body=text.encode(), **condition)
        except ClientError as fault:
            if fault.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True
