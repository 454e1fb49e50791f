"""An AWS account with answers of its own, where the emulator's are wrong: each version of a function has its own code."""

from __future__ import annotations

import base64
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.canned_aws import HalfWay, canned_aws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.canned_aws import Answer

NUMBER = "123456789012"
ARN = f"arn:aws:sts::{NUMBER}:assumed-role/dev/ana"
IDENTITY = f"""\
<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{ARN}</Arn><UserId>A:ana</UserId><Account>{NUMBER}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
REFUSED = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
_LAMBDA = "GET /2015-03-31/functions"


class Account:
    """Parameters and functions of one account.

    Attributes:
        values: of each parameter, its versions.
        functions: by name, the package of each version.
        aliases: of every function, each with its versions.
        refusals: what AWS answers instead, by action and name, such as `PutParameter /hotlog/orders`, or the beginning
            of these; for Lambda by the request line.
        cut_short: code breaks off half way.
        asked: every action so far.
    """

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self.functions: dict[str, dict[str, bytes]] = {}
        self.aliases: dict[str, tuple[str, ...]] = {}
        self.refusals: dict[str, Answer] = {}
        self.cut_short = False
        self.asked: list[str] = []
        self.endpoint = ""

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve on this machine; yields the endpoint."""
        with canned_aws(self.answer) as self.endpoint:
            yield self.endpoint

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        self.asked.append(action)
        for refused, answer in self.refusals.items():
            if f"{action} {request.get('Name', '')}".startswith(refused):
                return answer
        if action == "GetCallerIdentity":
            return 200, IDENTITY
        if action == "GetMetricStatistics":
            return 403, REFUSED
        if action.startswith("GET /code/"):
            name, version = action.removeprefix("GET /code/").split("/")
            package = self.functions[name][version]
            return 200, HalfWay(package) if self.cut_short else package
        if action.startswith(_LAMBDA):
            return self._lambda(
                action.removeprefix(_LAMBDA).strip("/"), request.get("Qualifier", ["$LATEST"])[0]
            )
        return self._parameters(action, request)

    def _lambda(self, path: str, qualifier: str) -> Answer:
        name, _, rest = path.partition("/")
        if not name:
            return 200, {"Functions": [self._configuration(each, "$LATEST") for each in self.functions]}
        if name not in self.functions:
            return 404, {"__type": "ResourceNotFoundException", "message": f"Function not found: {name}"}
        if rest == "aliases":
            return 200, {"Aliases": [self._alias(alias) for alias in self.aliases]}
        version = self.aliases.get(qualifier, (qualifier,))[0]
        if version not in self.functions[name]:
            return 404, {"__type": "ResourceNotFoundException", "message": f"Function not found: {path}"}
        return 200, {
            "Configuration": self._configuration(name, version),
            "Code": {"Location": f"{self.endpoint}/code/{name}/{version}"},
        }

    def _configuration(self, name: str, version: str) -> dict[str, Any]:
        package = self.functions[name].get(version, b"")
        return {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:eu-west-1:{NUMBER}:function:{name}",
            "Version": version,
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "CodeSha256": base64.b64encode(hashlib.sha256(package).digest()).decode(),
        }

    def _alias(self, name: str) -> dict[str, Any]:
        version, *more = self.aliases[name]
        return {
            "Name": name,
            "FunctionVersion": version,
            "RoutingConfig": {"AdditionalVersionWeights": dict.fromkeys(more, 0.1)},
        }

    def _parameters(self, action: str, request: dict[str, Any]) -> Answer:
        if action == "PutParameter":
            versions = self.values.setdefault(request["Name"], [])
            versions.append(request["Value"])
            return 200, {"Version": len(versions)}
        if action == "GetParametersByPath":
            return 200, {"Parameters": [self._parameter(name) for name in self.values]}
        assert action == "GetParameter", action
        if request["Name"] not in self.values:
            return 400, {"__type": "ParameterNotFound"}
        return 200, {"Parameter": self._parameter(request["Name"])}

    def _parameter(self, name: str) -> dict[str, Any]:
        versions = self.values[name]
        return {"Name": name, "Value": versions[-1], "Version": len(versions), "LastModifiedDate": 1.0}
