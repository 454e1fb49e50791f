"""What stands around a function and decides what attaching hotlog to it means: each question is one note.

Whoever may not ask one of these questions is told so, and can attach all the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.attaching import permissions
from hotlog.client.attaching.attachment import REFRESH, SINK, STORE
from hotlog.client.attaching.bad_addresses import iter_bad_addresses
from hotlog.errors import HotlogError, LocationError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.client.account.aws import Aws
    from hotlog.client.attaching.lambda_configuration import Configuration

PYTHONPATH: Final = "PYTHONPATH"
_STACK_TAG: Final = "aws:cloudformation:stack-name"


class Note(NamedTuple):
    """Something to know before, or to do after.

    Attributes:
        code: stable word, such as `published-versions`.
        text: one or two sentences.
    """

    code: str
    text: str


def collect_notes(aws: Aws, function: Configuration, layer: str) -> list[Note]:
    """Return every note about a function that gets hotlog's layer.

    Args:
        aws: the account.
        function: as it is configured.
        layer: ARN of the layer version; empty: one that is yet to be published.

    Raises:
        HotlogError: `code-signing`: the layer would be refused; `foreign-hotlog`: it would do nothing.
    """
    found: list[Note] = []
    for question in (
        _addresses,
        _own_hotlog,
        _pythonpath,
        _stack,
        _versions,
        _check_provisioned,
        _network,
        _reads,
    ):
        found += _ask(question, aws, function)
    found += _ask(lambda aws, function: _signing(aws, function, layer), aws, function)
    return found


def _ask(
    question: Callable[[Aws, Configuration], Iterator[Note]], aws: Aws, function: Configuration
) -> list[Note]:
    try:
        return list(question(aws, function))
    except StoreError as fault:
        if fault.code != "denied":
            raise
        return [Note("not-asked", fault.message)]


def _addresses(_: Aws, function: Configuration) -> Iterator[Note]:
    variables = function.wiring.variables
    for code, sentence in iter_bad_addresses(variables.get(STORE, ""), variables.get(SINK, "")):
        yield Note(code, sentence)


def _own_hotlog(aws: Aws, function: Configuration) -> Iterator[Note]:
    from hotlog.client.account.own_hotlog import find_own_hotlog  # which fetches the function's code

    try:
        own = find_own_hotlog(aws, aws.function(function.name))
    except (StoreError, LocationError) as fault:
        yield Note(
            "not-asked", f"whether the function brings a hotlog of its own cannot be seen: {fault.message}"
        )
        return
    if own is None:
        return
    if not own.is_ours:
        raise HotlogError(
            "foreign-hotlog",
            f"{own.place} is another project's: hotlog would find it at each start, and do nothing. Give that module "
            "another name, or leave it out of the package.",
        )
    yield Note("own-copy", f"{own.place} is hotlog-lambda: that copy wraps the handler, not the layer's.")


def _pythonpath(_: Aws, function: Configuration) -> Iterator[Note]:
    if PYTHONPATH in function.wiring.variables:
        yield Note(
            "own-pythonpath",
            "the function sets PYTHONPATH, so Lambda leaves all layers out of its path: hotlog's script adds the layer's "
            "folder for the start, and takes it out again before the handler's module is imported.",
        )


def _stack(aws: Aws, function: Configuration) -> Iterator[Note]:
    from hotlog.stores.ssm.boto import translate_errors

    with translate_errors("lambda:ListTags", function.arn):
        tags = aws.client("lambda").list_tags(Resource=function.arn)["Tags"]
    if _STACK_TAG in tags:
        yield Note(
            "drift",
            f"the stack {tags[_STACK_TAG]} manages this function: its next deployment takes hotlog off again, and until "
            "then the stack has drifted. `--snippet` prints what to put into the template instead.",
        )


def _versions(aws: Aws, function: Configuration) -> Iterator[Note]:
    aliases = {
        name: [version for version in versions if version != "$LATEST"]
        for name, versions in aws.aliases(function.name).items()
    }
    published = {name: versions for name, versions in aliases.items() if versions}
    if published:
        shown = ", ".join(f"{name} ({' and '.join(versions)})" for name, versions in published.items())
        yield Note(
            "published-versions",
            f"published versions keep the configuration they were published with, and these aliases point at some: {shown}. "
            "Publish a new version and point the alias at it, else their callers never meet hotlog.",
        )
    if function.snap_start:
        yield Note("snap-start", "SnapStart works on published versions: publish a new one.")


def _check_provisioned(aws: Aws, function: Configuration) -> Iterator[Note]:
    from hotlog.stores.ssm.boto import translate_errors

    client = aws.client("lambda")
    with translate_errors("lambda:ListProvisionedConcurrencyConfigs", function.name):
        try:
            found = client.list_provisioned_concurrency_configs(FunctionName=function.name)
        except client.exceptions.ProvisionedConcurrencyConfigNotFoundException:
            return
    names = [entry["FunctionArn"].rpartition(":")[2] for entry in found["ProvisionedConcurrencyConfigs"]]
    if names:
        yield Note(
            "provisioned-concurrency",
            f"provisioned environments serve {', '.join(names)}: they keep the version they were started with, until "
            "the alias points at a new one and they have been started anew.",
        )


def _network(aws: Aws, function: Configuration) -> Iterator[Note]:
    if service := find_missing_endpoint(aws, function.arn, function.vpc):
        yield Note(
            "no-endpoint",
            f"the function runs in {function.vpc}, which has no endpoint for {service}. Without one, and without a NAT "
            "gateway on its subnets' route, it cannot read its rules: each read waits for its deadline, then backs off.",
        )


def find_missing_endpoint(aws: Aws, arn: str, vpc: str) -> str:
    """Return the service of Systems Manager that a VPC has no endpoint for; empty where it has one, or there is no VPC.

    Raises:
        StoreError: `denied`, ...
    """
    if not vpc:
        return ""
    from hotlog.stores.ssm.boto import translate_errors

    region = arn.split(":")[3]
    service = f"com.amazonaws.{region}.ssm"
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "service-name", "Values": [service]}]
    with translate_errors("ec2:DescribeVpcEndpoints", "*"):
        found = aws.client("ec2").describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
    return "" if any(endpoint["State"].lower() == "available" for endpoint in found) else service


def _reads(aws: Aws, function: Configuration) -> Iterator[Note]:
    """Say where the quota of Parameter Store does not bear a read at each invocation, of all functions with hotlog and this one."""
    from hotlog.client.account.load import describe_load, measure_account, measure_all
    from hotlog.rules.document import EACH

    if function.wiring.variables.get(REFRESH, EACH) not in {EACH, "background"}:
        return
    everything = measure_all(aws)
    if everything is None or everything.reads_per_s(EACH) <= everything.share_per_s:
        return
    count, load = measure_account(aws, function.name)
    if load.reads_per_s(EACH) > load.share_per_s:
        yield Note("reads-over-quota", f"{describe_load(count, load)}. Attach it with --refresh auto.")


def _signing(aws: Aws, function: Configuration, layer: str) -> Iterator[Note]:
    from hotlog.stores.ssm.boto import translate_errors

    client = aws.client("lambda")
    with translate_errors("lambda:GetFunctionCodeSigningConfig", function.name):
        arn = client.get_function_code_signing_config(FunctionName=function.name).get("CodeSigningConfigArn")
    if not arn:
        return
    with translate_errors("lambda:GetCodeSigningConfig", arn):
        config = client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    if layer:
        with translate_errors("lambda:GetLayerVersion", layer):
            if client.get_layer_version_by_arn(Arn=layer)["Content"].get("SigningJobArn"):
                return
    if config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"] == "Enforce":
        raise HotlogError(
            "code-signing",
            f"{function.name} takes only signed code ({arn}), layers too. Build the layer with `hotlog layer build`, "
            "sign it with one of its profiles, publish that, and attach it with --layer.",
        )
    yield Note("code-signing", f"the layer is not signed, and {arn} warns of that: an entry in CloudTrail.")


def find_missing(
    aws: Aws, role: str, statements: list[permissions.Statement]
) -> list[permissions.Statement] | None:
    """Return the statements that the function's role lacks; None where IAM does not say.

    Args:
        aws: the account.
        role: ARN of the function's role.
        statements: what hotlog needs.
    """
    from hotlog.stores.ssm.boto import translate_errors

    denied = []
    try:
        for statement in statements:
            with translate_errors("iam:SimulatePrincipalPolicy", role):
                answer = aws.client("iam").simulate_principal_policy(
                    PolicySourceArn=role,
                    ActionNames=list(statement.actions),
                    ResourceArns=[statement.resource],
                )
                decisions = {result["EvalDecision"] for result in answer["EvaluationResults"]}
            if decisions != {"allowed"}:
                denied.append(statement)
    except StoreError:
        return None
    return denied


def grant_command(role: str, statements: list[permissions.Statement]) -> str:
    """Return the AWS CLI command that gives the function's role these statements."""
    policy = json.dumps(permissions.policy_of(statements))
    name = role.rpartition("/")[2]
    return f"aws iam put-role-policy --role-name {name} --policy-name hotlog --policy-document '{policy}'"
