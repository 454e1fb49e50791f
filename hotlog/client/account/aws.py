"""The commands' one way to AWS: typed answers, a person's patience, and every fault in one sentence.

Of a function's variables only hotlog's own settings are kept; of the others the names alone, so that no command can show a
value by mistake. boto3 is loaded when the first client is made.
"""

from __future__ import annotations

import difflib
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, NoReturn, overload

from hotlog import config, limits
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    import boto3
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef, GetFunctionResponseTypeDef
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

    from hotlog.config import Config

    class Account(Protocol):
        """Names Region and profile, as `Options` do."""

        @property
        def region(self) -> str:
            """AWS Region; empty: from the environment or the profile."""

        @property
        def profile(self) -> str:
            """AWS profile; empty: the default chain."""


_NEAR_MAX_FUNCTIONS: Final = 1_000  # a hint is not worth more than 20 pages of names
# What a person may see of a function's variables: settings of hotlog and of the platform, never the application's.
_SETTINGS: Final = ("HOTLOG", "AWS_LAMBDA_")
_AWS_LOGS: Final = ("https://logs.", "https://logs-fips.")

Service = Literal["cloudwatch", "ec2", "iam", "lambda", "logs", "ssm", "sts"]


class Package(NamedTuple):
    """Where a zip with code can be fetched.

    Attributes:
        name: how messages call it: the function's name or the layer's ARN.
        sha256: of the zip, as AWS writes it (base64).
        url: presigned, good for ten minutes.
    """

    name: str
    sha256: str
    url: str


class Deployed(NamedTuple):
    """A function, or one version of it, as it is deployed.

    Attributes:
        name: of the function.
        arn: of what was asked for; with the version or alias, where one was.
        version: `$LATEST` or a number.
        runtime: such as `python3.13`; empty for a container image.
        handler: such as `app.handler`; empty for a container image.
        role: ARN of the execution role.
        layers: ARNs of the layers, in the order they are laid over each other.
        log_group: where it logs.
        package: its zip; None for a container image.
        config: hotlog's settings on it.
        wrapper: AWS_LAMBDA_EXEC_WRAPPER.
        variables: the names of all its variables.
    """

    name: str
    arn: str
    version: str
    runtime: str
    handler: str
    role: str
    layers: tuple[str, ...]
    log_group: str
    package: Package | None
    config: Config
    wrapper: str
    variables: tuple[str, ...]


class Aws:
    """AWS as the commands see it: clients that are made once, and what several commands ask.

    Args:
        session: names Region and profile.
        attempts: how often to try a request before giving up.
        read_timeout_s: how long to wait for an answer.
    """

    def __init__(
        self,
        session: Account,
        *,
        attempts: int = limits.AWS_ATTEMPTS_MAX,
        read_timeout_s: float = limits.AWS_READ_TIMEOUT_S,
    ) -> None:
        self._session = session
        self._attempts = attempts
        self._read_timeout_s = read_timeout_s
        self._clients: dict[str, Any] = {}
        self._boto: boto3.Session | None = None

    @overload
    def client(self, service: Literal["cloudwatch"]) -> CloudWatchClient: ...
    @overload
    def client(self, service: Literal["ec2"]) -> Any: ...  # its stubs are larger than all of hotlog
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
        if service not in self._clients:
            self._clients[service] = self._opened(service)
        return self._clients[service]

    def _opened(self, service: Service) -> object:
        import boto3
        from botocore.config import Config as Settings

        from hotlog.stores.ssm.boto import translate_errors

        settings = Settings(
            connect_timeout=limits.AWS_CONNECT_TIMEOUT_S,
            read_timeout=self._read_timeout_s,
            retries={"total_max_attempts": self._attempts, "mode": "standard"},
        )
        with translate_errors(f"open {service}", "this account"):
            if self._boto is None:  # one for all clients: each would read botocore's tables anew
                region = (
                    self._session.region or config.read().region or None
                )  # botocore knows AWS_DEFAULT_REGION only
                self._boto = boto3.Session(profile_name=self._session.profile or None, region_name=region)
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
                return _deployed(answer)
            except aws.exceptions.ResourceNotFoundException:
                self._refuse(name, qualifier)

    def functions(self) -> Iterator[str]:
        """Yield the names of the Region's functions, page by page.

        Raises:
            StoreError: `denied`, ...
        """
        from hotlog.stores.ssm.boto import translate_errors

        with translate_errors("lambda:ListFunctions", "*"):
            for page in self.client("lambda").get_paginator("list_functions").paginate():
                for function in page["Functions"]:
                    yield function["FunctionName"]

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

    def last_day(
        self, function: str, metric: str, statistic: Literal["Maximum", "Sum"], period_s: int
    ) -> list[float]:
        """Return a function's metric of the last 24 hours, one number for each period with invocations.

        Args:
            function: its name.
            metric: of the namespace AWS/Lambda, such as `Invocations`.
            statistic: of each period.
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
                Dimensions=[{"Name": "FunctionName", "Value": function}],
                StartTime=until - timedelta(days=1),
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

    def _refuse(self, name: str, qualifier: str) -> NoReturn:
        """Say what is not there, and what comes near."""
        region = self.client("lambda").meta.region_name
        if qualifier:
            known = (*self.aliases(name), "$LATEST")
            hint = _near(qualifier, known) or f" It has {', '.join(known)}, and published versions."
            raise StoreError("unknown-qualifier", f"{name} has no alias or version {qualifier!r}.{hint}")
        try:
            hint = _near(name, tuple(itertools.islice(self.functions(), _NEAR_MAX_FUNCTIONS)))
        except StoreError:
            hint = ""  # who may not list the functions gets no hint
        hint = hint or " Is it another Region (--region) or account (--profile)?"
        raise StoreError("unknown-function", f"there is no function {name!r} in {region}.{hint}")


def _near(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _deployed(answer: GetFunctionResponseTypeDef) -> Deployed:
    found: FunctionConfigurationTypeDef = answer["Configuration"]
    variables = found.get("Environment", {}).get("Variables", {})
    settings = {name: value for name, value in variables.items() if name.startswith(_SETTINGS)}
    name = found["FunctionName"]
    package = None
    if found.get("PackageType", "Zip") == "Zip":
        package = Package(name, found["CodeSha256"], answer["Code"]["Location"])
    return Deployed(
        name=name,
        arn=found["FunctionArn"],
        version=found["Version"],
        runtime=found.get("Runtime", ""),
        handler=found.get("Handler", ""),
        role=found.get("Role", ""),
        layers=tuple(layer["Arn"] for layer in found.get("Layers", ())),
        log_group=found.get("LoggingConfig", {}).get("LogGroup", "") or f"/aws/lambda/{name}",
        package=package,
        config=config.read(settings),
        wrapper=settings.get("AWS_LAMBDA_EXEC_WRAPPER", ""),
        variables=tuple(variables),
    )
