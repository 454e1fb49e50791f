"""The way to Parameter Store with boto3: clients, and every fault of AWS in one sentence with the way out."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from hotlog import config
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.config import Config
    from botocore.exceptions import ClientError
    from mypy_boto3_ssm import SSMClient

# AWS's own codes, by what can be done about them. Systems Manager sends most of them with status 400.
_CODES: Final = {
    "ParameterNotFound": "missing",
    "AccessDenied": "denied",
    "AccessDeniedException": "denied",
    "UnauthorizedOperation": "denied",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "ThrottledException": "throttled",
    "RequestLimitExceeded": "throttled",
    "TooManyRequestsException": "throttled",
    "TooManyUpdates": "throttled",
    "ExpiredToken": "expired-credentials",
    "ExpiredTokenException": "expired-credentials",
    "RequestExpired": "expired-credentials",
    "IncompleteSignature": "bad-credentials",
    "InvalidClientTokenId": "bad-credentials",
    "InvalidSignatureException": "bad-credentials",
    "MissingAuthenticationTokenException": "bad-credentials",
    "SignatureDoesNotMatch": "bad-credentials",
    "UnrecognizedClientException": "bad-credentials",
    "InternalServerError": "unreachable",
    "ServiceUnavailable": "unreachable",
}
_SKEW_SIGNS: Final = ("Signature expired", "Signature not yet current")
_SERVER_FAULT: Final = 500
_FORBIDDEN: Final = 403


def ssm_client(settings: Config, *, region: str, profile: str) -> SSMClient:
    """A new client for Systems Manager.

    Args:
        settings: time limits and retries.
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.

    Raises:
        StoreError: `no-region`, `no-credentials`.
    """
    import boto3  # 200 ms of a cold start

    with told("a new client", "Systems Manager"):
        # botocore knows AWS_DEFAULT_REGION only; everybody expects AWS_REGION to work.
        session = boto3.Session(
            profile_name=profile or None, region_name=region or config.read().region or None
        )
        return session.client("ssm", config=settings)


@contextmanager
def told(action: str, resource: str) -> Iterator[None]:
    """Tell the faults of botocore as `StoreError`.

    Args:
        action: what is tried, in IAM's words where it has some, such as `ssm:GetParameter`.
        resource: what it is tried on.

    Raises:
        StoreError: `missing`, `denied`, `throttled`, `unreachable`, `no-region`, `no-credentials`,
            `expired-credentials`, `bad-credentials`, `clock-skew` or `refused`.
    """
    from botocore import exceptions as boto  # with boto3, see `ssm_client`

    try:
        yield
    except boto.ClientError as fault:
        raise _refusal(fault, action, resource) from fault
    except boto.NoRegionError as fault:
        raise StoreError("no-region", "no AWS Region is known: set AWS_REGION or add --region.") from fault
    except (boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError, boto.TokenRetrievalError) as fault:
        raise StoreError(
            "expired-credentials", f"the sign-in to AWS has ended ({fault}): run `aws sso login`."
        ) from fault
    except (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.ProfileNotFound,
    ) as fault:
        raise StoreError(
            "no-credentials", f"there are no AWS credentials ({fault}): sign in, or add --profile."
        ) from fault
    except boto.ParamValidationError as fault:
        raise StoreError("refused", f"{action} on {resource} is no valid request: {fault}") from fault
    except (
        LookupError,
        TypeError,
        AttributeError,
    ) as fault:  # an answer of another shape: a proxy, a login page
        raise StoreError(
            "unreachable",
            f"the answer to {action} on {resource} is not AWS's ({fault!r}): check AWS_ENDPOINT_URL and the proxy.",
        ) from fault
    except (boto.BotoCoreError, ValueError) as fault:  # ValueError: AWS_ENDPOINT_URL is no URL
        raise StoreError(
            "unreachable",
            f"no usable answer to {action} on {resource} ({fault}): check the network, the Region and AWS_ENDPOINT_URL.",
        ) from fault


def _refusal(fault: ClientError, action: str, resource: str) -> StoreError:
    error = fault.response.get("Error", {})
    name, words = error.get("Code", ""), error.get("Message", "") or str(fault)
    code = _CODES.get(name) or _code_of_status(fault)
    if code == "bad-credentials" and words.startswith(_SKEW_SIGNS):
        code = "clock-skew"
    told = StoreError(code, _SENTENCES[code].format(action=action, resource=resource, name=name, words=words))
    if code == "denied" and ":" in action:
        told.add_note(f"  {policy_line(action, resource, words)}")
    return told


_ARNS: Final = {
    "lambda": "arn:aws:lambda:*:*:function:{}",
    "logs": "arn:aws:logs:*:*:log-group:{}:*",
    "ssm": "arn:aws:ssm:*:*:parameter{}",
}
_IN_WORDS = re.compile(r"on resource: (arn:\S+?)\.?(?:\s|$)")


def policy_line(action: str, resource: str, words: str = "") -> str:
    """The statement of an IAM policy that allows an action.

    Args:
        action: such as `ssm:GetParameter`.
        resource: what it is done to, as `told` got it: an ARN, or a name from which one is made.
        words: what AWS said; where it names the ARN, that one is taken.
    """
    named = _IN_WORDS.search(words)
    if named:
        resource = named[1]
    elif not resource.startswith("arn:"):
        pattern = _ARNS.get(action.partition(":")[0], "*") if resource != "*" else "*"
        resource = pattern.format(resource)
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": resource})


def _code_of_status(fault: ClientError) -> str:
    status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= _SERVER_FAULT:
        return "unreachable"
    return "denied" if status == _FORBIDDEN else "refused"


_SENTENCES: Final = {
    "missing": "there is no parameter {resource}: the first `hotlog add` makes it.",
    "denied": "AWS denies {action} on {resource}: allow it in IAM. {words}",
    "throttled": "AWS throttles {action} on {resource} ({name}): try again in some seconds.",
    "unreachable": "AWS failed to do {action} on {resource} ({name}: {words}): try again.",
    "expired-credentials": "the AWS credentials have expired ({name}): sign in again.",
    "bad-credentials": "AWS does not accept the credentials ({name}): check the keys, or add --profile. {words}",
    "clock-skew": "the clock of this machine is wrong: set it, AWS accepts 5 minutes of difference. {words}",
    "refused": "AWS refused {action} on {resource} ({name}): {words}",
}
