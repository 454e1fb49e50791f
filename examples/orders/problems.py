"""What can be wrong with a request, each with the status it is answered with."""

from __future__ import annotations


class Problem(Exception):
    """Answered to the client, not raised to Lambda."""

    status = 500
    code = "problem"


class Wrong(Problem):
    status = 400
    code = "bad-request"


class Unknown(Problem):
    status = 404
    code = "not-found"


class OutOfStock(Problem):
    status = 409
    code = "out-of-stock"
