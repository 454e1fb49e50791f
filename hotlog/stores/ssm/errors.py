"""What AWS refuses, in one sentence with the way out: the same for boto3 and for the reader in Lambda."""

from __future__ import annotations

import json
import re
from typing import Final

from hotlog import __builtins__
from hotlog.errors import StoreError

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


def make_refusal(name: str, words: str, status: int, *, action: str, resource: str) -> StoreError:
    """Return the `StoreError` that stands for an error answer of AWS.

    Args:
        name: AWS's code, such as `ThrottlingException`; empty where the answer names none.
        words: what AWS says about it.
        status: of the HTTP answer.
        action: what was tried, in IAM's words where it has some, such as `ssm:GetParameter`.
        resource: what it was tried on.
    """
    code = _CODES.get(name) or _code_of_status(status)
    if code == "bad-credentials" and words.startswith(_SKEW_SIGNS):
        code = "clock-skew"
    told = StoreError(code, _SENTENCES[code].format(action=action, resource=resource, name=name, words=words))
    if code == "denied" and ":" in action:
        told.add_note(f"  {policy_line(action, resource, words)}")
    return told


def no_region() -> StoreError:
    """Return the error that no Region is known."""
    return StoreError("no-region", "no AWS Region is known: set AWS_REGION or add --region.")


def not_aws(fault: object, *, action: str, resource: str) -> StoreError:
    """Return the `StoreError` for an answer that is not AWS's, such as a proxy's or a login page."""
    return StoreError(
        "unreachable",
        f"the answer to {action} on {resource} is not AWS's ({fault!r}): check AWS_ENDPOINT_URL and the proxy.",
    )


def unreachable(fault: object, *, action: str, resource: str) -> StoreError:
    """Return the error for no answer, or none in time."""
    return StoreError(
        "unreachable",
        f"no usable answer to {action} on {resource} ({fault}): check the network, the Region and AWS_ENDPOINT_URL.",
    )


_ARNS: Final = {
    "lambda": "arn:aws:lambda:*:*:function:{}",
    "lambda:PublishLayerVersion": "arn:aws:lambda:*:*:layer:{}",
    "logs": "arn:aws:logs:*:*:log-group:{}:*",
    "ssm": "arn:aws:ssm:*:*:parameter{}",
}
_UNNAMED: Final = frozenset(
    {"lambda:ListLayerVersions", "ssm:DescribeParameters"}
)  # AWS grants them for all or none
_OF_A_KEY: Final = "The ciphertext refers to"  # and AWS does not say which
_IN_WORDS = re.compile(r"perform: (\w+:\w+) on resource: (arn:\S+?)\.?(?:\s|$)")


def policy_line(action: str, resource: str, words: str = "") -> str:
    """Return the statement of an IAM policy that allows an action.

    Args:
        action: such as `ssm:GetParameter`.
        resource: what it is done to, as `told` got it: an ARN, or a name from which one is made.
        words: what AWS said; where it names action and ARN, those are taken: a read may have lacked the key of a parameter.
    """
    named = _IN_WORDS.search(words)
    if named:
        action, resource = named.groups()
    elif words.startswith(_OF_A_KEY):
        action, resource = "kms:Decrypt", "arn:aws:kms:*:*:key/KEY"
    elif not resource.startswith("arn:"):
        pattern = _ARNS.get(action) or _ARNS.get(action.partition(":")[0], "*")
        resource = "*" if resource == "*" or action in _UNNAMED else pattern.format(resource)
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": resource})


def _code_of_status(status: int) -> str:
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
