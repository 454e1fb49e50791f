"""The way to Parameter Store with boto3: clients, and every fault of AWS in one sentence with the way out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hotlog import __builtins__, config
from hotlog.errors import StoreError
from hotlog.stores import Answer
from hotlog.stores.ssm.errors import make_refusal, no_region, not_aws, unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session
    from botocore.config import Config
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterHistoryTypeDef, ParameterTypeDef


def open_session(region: str, profile: str) -> Session:
    """Return a session of boto3's. Clients of one session share AWS's service models, 30 ms of reading each time.

    Args:
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.

    Raises:
        StoreError: `no-credentials`: there is no such profile.
    """
    import boto3  # 200 ms of a cold start

    with translate_errors("a new session", "AWS"):
        # botocore knows AWS_DEFAULT_REGION only; everybody expects AWS_REGION to work.
        return boto3.Session(profile_name=profile or None, region_name=region or config.read().region or None)


def ssm_client(session: Session, settings: Config) -> SSMClient:
    """Return a new client for Systems Manager.

    Args:
        session: whose Region and credentials it takes.
        settings: time limits and retries.

    Raises:
        StoreError: `no-region`, `no-credentials`.
    """
    with translate_errors("a new client", "Systems Manager"):
        return session.client("ssm", config=settings)


@contextmanager
def translate_errors(action: str, resource: str) -> Iterator[None]:
    """Translate botocore's exceptions into `StoreError`.

    Args:
        action: what is tried, in IAM's words where it has some, such as `ssm:GetParameter`.
        resource: what it is tried on.

    Raises:
        StoreError: `missing`, `denied`, `throttled`, `unreachable`, `no-region`, `no-credentials`,
            `expired-credentials`, `bad-credentials`, `clock-skew` or `refused`.
    """
    from botocore import exceptions as boto  # with boto3, see `open_session`
    from botocore.parsers import ResponseParserError

    try:
        yield
    except boto.ClientError as fault:
        error, status = fault.response.get("Error", {}), fault.response.get("ResponseMetadata", {})
        raise make_refusal(
            error.get("Code", ""),
            error.get("Message", "") or str(fault),
            status.get("HTTPStatusCode", 0),
            action=action,
            resource=resource,
        ) from fault
    except boto.NoRegionError as fault:
        raise no_region() from fault
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
        ResponseParserError,
        LookupError,
        TypeError,
        AttributeError,
    ) as fault:  # an answer of another shape: a proxy, a login page
        raise not_aws(fault, action=action, resource=resource) from fault
    except (boto.BotoCoreError, ValueError) as fault:  # ValueError: AWS_ENDPOINT_URL is no URL
        raise unreachable(fault, action=action, resource=resource) from fault


def get_parameter(client: SSMClient, name: str) -> Answer:
    """Return the parameter as it is now.

    Raises:
        StoreError: as `translate_errors`.
    """
    with translate_errors("ssm:GetParameter", name):
        return answer_of(client.get_parameter(Name=name, WithDecryption=True)["Parameter"])


def answer_of(parameter: ParameterTypeDef | ParameterHistoryTypeDef) -> Answer:
    """Return a version of a parameter, from boto3's answer."""
    return Answer(parameter["Value"], parameter["Version"], parameter["LastModifiedDate"].timestamp())
