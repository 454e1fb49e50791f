"""The desk's one way to AWS: typed answers, a person's patience, and every fault in one sentence.

boto3 is loaded when the first client is made.
"""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, overload

from hotlog.client import desk_limits
from hotlog.client.code.library import CodeLibrary
from hotlog.client.deployed import EXEC_WRAPPER, OURS, Package, read_deployed
from hotlog.client.words import suggest_near
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    import boto3
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

    from hotlog.client.code.zip_tree import Zip
    from hotlog.client.deployed import Deployed

    class Account(Protocol):
        """Names Region and profile, as `Options` do."""

        @property
        def region(self) -> str:
            """AWS Region; empty: from the environment or the profile."""

        @property
        def profile(self) -> str:
            """AWS profile; empty: the default chain."""


_NEAR_MAX_FUNCTIONS: Final = 1_000  # a hint is not worth more than 20 pages of names
_AWS_LOGS: Final = ("https://logs.", "https://logs-fips.")

Service = Literal["cloudwatch", "ec2", "iam", "lambda", "logs", "resourcegroupstaggingapi", "ssm", "sts"]


class Aws:
    """AWS as the desk sees it: clients that are made once, and what several commands ask.

    Args:
        session: names Region and profile.
        attempts: how often to try a request before giving up.
        read_timeout_s: how long to wait for an answer.
        code: keeps the packages that were fetched; None: a library of its own, which tells nothing.

    Attributes:
        code: what functions are made of.
    """

    def __init__(
        self,
        session: Account,
        *,
        attempts: int = desk_limits.AWS_ATTEMPTS_MAX,
        read_timeout_s: float = desk_limits.AWS_READ_TIMEOUT_S,
        code: CodeLibrary | None = None,
    ) -> None:
        self.code = code or CodeLibrary()
        self._session = session
        self._attempts = attempts
        self._read_timeout_s = read_timeout_s
        self._clients: dict[str, Any] = {}
        self._boto: boto3.Session | None = None
        self._caller: tuple[str, str] | None = None
        self._lock = threading.RLock()  # clients of boto3 are for any thread, what makes them is not

    def impatient(self, read_timeout_s: float = desk_limits.AWS_READ_TIMEOUT_S) -> Aws:
        """Return the same account, asked once: what need not be answered, or must not be done twice.

        Args:
            read_timeout_s: how long to wait for the answer.
        """
        once = Aws(self._session, attempts=1, read_timeout_s=read_timeout_s, code=self.code)
        with self._lock:
            once._boto, once._lock = self._boto, self._lock  # another of this class
        return once

    @overload
    def client(self, service: Literal["cloudwatch"]) -> CloudWatchClient: ...
    @overload
    def client(
        self, service: Literal["ec2", "resourcegroupstaggingapi"]
    ) -> Any: ...  # stubs larger than all of hotlog
    @overload
    def client(self, service: Literal["iam"]) -> IAMClient: ...
    @overload
    def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    def client(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def client(self, service: Literal["ssm"]) -> SSMClient: ...
    @overload
    def client(self, service: Literal["sts"]) -> STSClient: ...
    def client(self, service: Service) -> object:
        """Return the boto3 client for one AWS service. Call it within `translate_errors`.

        Raises:
            StoreError: `no-region`, or `no-credentials` for a profile that is not there.
        """
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._open(service)
            return self._clients[service]

    def _open(self, service: Service) -> object:
        from botocore.config import Config as Settings

        from hotlog.stores.ssm.boto import open_session, translate_errors

        settings = Settings(
            connect_timeout=desk_limits.AWS_CONNECT_TIMEOUT_S,
            read_timeout=self._read_timeout_s,
            retries={"total_max_attempts": self._attempts, "mode": "standard"},
        )
        if self._boto is None:
            self._boto = open_session(self._session.region, self._session.profile)
        with translate_errors(f"open {service}", "this account"):
            client = self._boto.client(service, config=settings)
            if service == "logs" and not client.meta.endpoint_url.startswith(_AWS_LOGS):
                # Live tail has a host of its own at AWS; an endpoint that somebody configured has not.
                client = self._boto.client(service, config=settings.merge(Settings(inject_host_prefix=False)))
            return client

    def function(self, name: str, qualifier: str = "") -> Deployed:
        """Return a function's deployed configuration and package.

        Args:
            name: of the function, or its ARN without a qualifier.
            qualifier: alias or version; empty: `$LATEST`.

        Raises:
            StoreError: `unknown-function`, with near names, `unknown-qualifier`, `denied`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        aws = self.client("lambda")
        with translate_errors("lambda:GetFunction", name):
            try:
                answer = (
                    aws.get_function(FunctionName=name, Qualifier=qualifier)
                    if qualifier
                    else aws.get_function(FunctionName=name)
                )
                return read_deployed(answer)
            except aws.exceptions.ResourceNotFoundException:
                self._refuse(name, qualifier)

    def functions(self) -> Iterator[str]:
        """Yield the names of the Region's functions, page by page.

        Raises:
            StoreError: `denied`, ...
        """
        return (found["FunctionName"] for found in self.list_all())

    def list_all(self) -> Iterator[FunctionConfigurationTypeDef]:
        """Yield the configurations of the Region's functions, as AWS has them, page by page.

        Raises:
            StoreError: `denied`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        with translate_errors("lambda:ListFunctions", "*"):
            for page in self.client("lambda").get_paginator("list_functions").paginate():
                yield from page["Functions"]

    def list_configured(self) -> Iterator[tuple[str, str, bool]]:
        """Yield name and runtime of the Region's Python functions, and whether hotlog's script starts each.

        Raises:
            StoreError: `denied`, ...
        """
        for found in self.list_all():
            runtime = found.get("Runtime", "")
            if runtime and not runtime.startswith("python"):
                continue
            variables = found.get("Environment", {}).get("Variables", {})
            yield found["FunctionName"], runtime, variables.get(EXEC_WRAPPER) == OURS

    def aliases(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return the aliases of a function, each with its versions: two where traffic is shifted.

        Raises:
            StoreError: `unknown-function`, `denied`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        aws = self.client("lambda")
        found: dict[str, tuple[str, ...]] = {}
        with translate_errors("lambda:ListAliases", name):
            try:
                for page in aws.get_paginator("list_aliases").paginate(FunctionName=name):
                    for alias in page["Aliases"]:
                        more = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
                        found[alias["Name"]] = (alias["FunctionVersion"], *more)
            except aws.exceptions.ResourceNotFoundException:
                self._refuse(name, "")
        return found

    def last_hours(
        self, function: str, metric: str, statistic: Literal["Maximum", "Sum"], hours: int, period_s: int
    ) -> list[float]:
        """Return a function's metric of the last hours, one number for each period with invocations.

        Args:
            function: its name; empty: of all functions together.
            metric: of the namespace AWS/Lambda, such as `Invocations`.
            statistic: of each period.
            hours: so many.
            period_s: 60 or more.

        Raises:
            StoreError: `denied`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        until = datetime.now(UTC)
        with translate_errors("cloudwatch:GetMetricStatistics", "*"):
            points = self.client("cloudwatch").get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName=metric,
                Dimensions=[{"Name": "FunctionName", "Value": function}] if function else [],
                StartTime=until - timedelta(hours=hours),
                EndTime=until,
                Period=period_s,
                Statistics=[statistic],
            )["Datapoints"]
            return [point[statistic] for point in points]

    def layer(self, arn: str) -> Package:
        """Return where the zip of a layer is, and its digest.

        Raises:
            StoreError: `denied`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        with translate_errors("lambda:GetLayerVersion", arn):
            content = self.client("lambda").get_layer_version_by_arn(Arn=arn)["Content"]
            return Package(arn, content["CodeSha256"], content["Location"])

    def describe_layer(self, arn: str) -> str:
        """Return what a layer version says of itself.

        Raises:
            StoreError: `denied`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        with translate_errors("lambda:GetLayerVersion", arn):
            return self.client("lambda").get_layer_version_by_arn(Arn=arn)["Description"]

    def caller(self) -> tuple[str, str]:
        """Return the ARN of who asks, and the number of the account; asked once.

        Raises:
            StoreError: `denied`, `no-credentials`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        if self._caller is None:
            client = self.impatient().client("sts")
            with translate_errors("sts:GetCallerIdentity", "this account"):
                answer = client.get_caller_identity()
            self._caller = answer["Arn"], answer["Account"]
        return self._caller

    def region(self) -> str:
        """Return the Region that is asked.

        Raises:
            StoreError: `no-region`, ...
        """
        return self.client("ssm").meta.region_name

    def layers_of(self, deployed: Deployed) -> Iterator[Zip]:
        """Yield what the function's layers add to `sys.path`; see `CodeLibrary.layers_of`."""
        return self.code.layers_of(deployed, self.layer)

    def _refuse(self, name: str, qualifier: str) -> NoReturn:
        """Say what is not there, and what comes near."""
        region = self.client("lambda").meta.region_name
        if qualifier:
            known = (*self.aliases(name), "$LATEST")
            hint = suggest_near(qualifier, known) or f" It has {', '.join(known)}, and published versions."
            raise StoreError("unknown-qualifier", f"{name} has no alias or version {qualifier!r}.{hint}")
        try:
            hint = suggest_near(name, tuple(itertools.islice(self.functions(), _NEAR_MAX_FUNCTIONS)))
        except StoreError:
            hint = ""  # who may not list the functions gets no hint
        hint = hint or " Is it another Region (--region) or account (--profile)?"
        raise StoreError("unknown-function", f"there is no function {name!r} in {region}.{hint}")
