"""`attach --verify`: does the function start with hotlog on it? Asked so that its handler never runs for the question.

The order of steps is what makes that so:

1. `attach` writes a fresh token into HOTLOG_ATTACHED, in the same update as everything else, and waits for the update.
2. The files are looked at (`shim_presence`): the variables, every layer, the package. Only where they leave no way around
   hotlog's shim is an invocation sent at all. Lambda then either gives it to the shim, or fails to start: a layer without
   `hotlog-exec`, a module that cannot be imported, `sys.exit` at import, a time-out. It never reaches the handler.
3. Right before, the configuration is read once more: it must be what step 1 has left. (In the milliseconds after that,
   somebody would have to take hotlog off for the handler to see the question.)
4. The invocation carries the token and is answered by the shim after INIT (`wrapper/packages/hotlog_verify.py`), whatever
   became of the package `hotlog` there: a foreign or damaged one is in the answer.
5. Where the proof of step 2 is missing, or the person may not invoke the function, nothing is sent. The log is watched
   for the next environment that other people's requests start (`start_watch`): the shim says the same there, once.

What AWS refuses (throttled, denied, a function that is not ready) has not reached the function. A request whose answer
does not come is not sent again.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.attaching import lambda_configuration, shim_presence, start_watch
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda.type_defs import InvocationResponseTypeDef

    from hotlog.client.account.aws import Aws
    from hotlog.client.attaching.lambda_configuration import Configuration

INVOKED, WATCHED = "invocation", "log"
VERIFIED, FAILED, UNSEEN = "verified", "failed", "unseen"

_TELL_EVERY_S: Final = 30.0
_PAUSE_S: Final = 2.0

# AWS, Invoke: refused before the function was reached, and may pass.
_NOT_YET: Final = frozenset(
    {
        "TooManyRequestsException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "EC2ThrottledException",
        "ServiceException",
        "SnapStartNotReadyException",
    }
)
_DENIED: Final = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})


class Verdict(NamedTuple):
    """What was seen of a function's start.

    Attributes:
        outcome: `verified`; `failed`: it does not start, or hotlog does not work in it; `unseen`: nothing was seen.
        by: `invocation` or `log`: how it was looked for.
        facts: what the shim said: version, python, handler, backend, store, state, code, reason.
        code: of what went wrong; empty where nothing did.
        reason: the same in words.
        seconds: how long it took.
    """

    outcome: str
    by: str
    facts: dict[str, Any]
    code: str = ""
    reason: str = ""
    seconds: float = 0.0


class Verification:
    """The verification of one attach.

    Args:
        aws: the account.
        invoker: the same, without attempts to send a request again, and with the patience of `patience_s`.
        function: as `attach` has left it.
        token: that it was attached with.
        say: talks to the person.
    """

    def __init__(
        self,
        aws: Aws,
        invoker: Aws,
        function: Configuration,
        token: str,
        *,
        say: Callable[[str], None],
    ) -> None:
        self._aws, self._invoker = aws, invoker
        self._function, self._token = function, token
        self._say = say

    def verdict(self) -> Verdict:
        """See how the function starts.

        Raises:
            StoreError: `changed-meanwhile`, ...
        """
        began = time.monotonic()
        doubt = shim_presence.missing_proof(self._aws, self._function.name, self._function.wiring)
        now = lambda_configuration.read(self._aws, self._function.name)
        if now.digest != self._function.digest:
            raise StoreError(
                "changed-meanwhile",
                f"somebody else has changed {now.name} since hotlog was put on it: it is as they left it, unverified.",
            )
        verdict: Verdict | str = (
            doubt and f"No invocation is sent, its handler might get it: {doubt.rstrip('.')}."
        )
        if not doubt:
            verdict = self._invoke()
        if isinstance(verdict, str):
            verdict = self._watch(verdict, now)
        return verdict._replace(seconds=round(time.monotonic() - began, 1))

    def _invoke(self) -> Verdict | str:
        """Send the question; return the verdict, or why it could not be sent."""
        from botocore.exceptions import ClientError, ReadTimeoutError

        from hotlog.stores.ssm.boto import translate_errors

        name, until = self._function.name, time.monotonic() + desk_limits.VERIFY_READY_MAX_S
        while True:
            try:
                with translate_errors("lambda:InvokeFunction", name):
                    try:
                        answer = self._invoker.client("lambda").invoke(
                            FunctionName=name,
                            InvocationType="RequestResponse",
                            Payload=json.dumps({"hotlog": {"verify": self._token}}).encode(),
                        )
                        return judge(answer, answer["Payload"].read())
                    except ReadTimeoutError:
                        slow = f"it gave no answer in {patience_s(self._function):.0f} s"
                        return Verdict(FAILED, INVOKED, {}, "start-failed", slow)
                    except ClientError as error:
                        code = error.response["Error"]["Code"]
                        if code in _DENIED:
                            return f"You may not invoke {name} (lambda:InvokeFunction is denied)."
                        if code not in _NOT_YET:
                            raise
                        if self._is_switched_off():
                            reason = "its reserved concurrency is 0, so that nobody can start it"
                            return Verdict(UNSEEN, INVOKED, {}, "not-verified", reason)
                        if time.monotonic() >= until:
                            return f"{name} takes no invocation at the moment ({code})."
            except StoreError as error:
                return Verdict(UNSEEN, INVOKED, {}, "not-verified", error.message)
            time.sleep(_PAUSE_S)

    def _is_switched_off(self) -> bool:
        """Return whether the function's concurrency is 0; who may not ask does not know it."""
        from hotlog.stores.ssm.boto import translate_errors

        try:
            with translate_errors("lambda:GetFunctionConcurrency", self._function.name):
                found = self._aws.client("lambda").get_function_concurrency(FunctionName=self._function.name)
                return found.get("ReservedConcurrentExecutions") == 0
        except StoreError:
            return False

    def _watch(self, why: str, now: Configuration) -> Verdict:
        """Wait for an environment that others start."""
        self._say(
            f"{why} Watching its log for the next start instead, for {desk_limits.VERIFY_WATCH_MAX_S / 60:.0f} minutes at most. "
            "Ctrl-C ends that, and leaves hotlog attached."
        )
        told_s = 0.0

        def tell(passed_s: float) -> None:
            nonlocal told_s
            if passed_s - told_s >= _TELL_EVERY_S:
                told_s = passed_s
                self._say(
                    f"{passed_s:.0f} s of {desk_limits.VERIFY_WATCH_MAX_S:.0f}: no environment has started yet; the next request may start one."
                )

        try:
            start = start_watch.watch(
                self._aws,
                _log_group(self._aws, now.name),
                self._token,
                now.asked_at,
                tell=tell,
            )
        except StoreError as error:
            return Verdict(UNSEEN, WATCHED, {}, "not-verified", error.message)
        if start is None:
            return Verdict(
                UNSEEN,
                WATCHED,
                {},
                "not-verified",
                f"no environment started in {desk_limits.VERIFY_WATCH_MAX_S:.0f} s",
            )
        if start.failed:
            return Verdict(FAILED, WATCHED, {}, "start-failed", start.failed)
        if not start.facts:
            return _without_shim(WATCHED, "the function started, and nothing of hotlog in it")
        return _of_facts(WATCHED, start.facts)


def patience_s(function: Configuration) -> float:
    """Return how long to wait for the answer: INIT, its repetition within the time limit, and the network."""
    return min(desk_limits.INIT_MAX_S + function.timeout_s + 10.0, desk_limits.VERIFY_ANSWER_MAX_S)


def judge(answer: InvocationResponseTypeDef, payload: bytes) -> Verdict:
    """Return the verdict that the answer of `Invoke` stands for.

    Args:
        answer: of `Invoke`.
        payload: its body.
    """
    try:
        found = json.loads(payload)
    except ValueError:
        found = payload.decode(errors="replace")
    if answer.get("FunctionError"):
        return Verdict(FAILED, INVOKED, {}, "start-failed", _error_in(found))
    facts = found.get("hotlog") if isinstance(found, dict) else None
    if isinstance(facts, dict) and "state" in facts:
        return _of_facts(INVOKED, facts)
    return _without_shim(INVOKED, "something else than hotlog answered")


def _of_facts(by: str, facts: dict[str, Any]) -> Verdict:
    if facts.get("state") == "working":
        return Verdict(VERIFIED, by, facts)
    code = str(facts.get("code") or "not-wrapped")
    return Verdict(FAILED, by, facts, code, str(facts.get("reason") or "hotlog stepped aside"))


def _without_shim(by: str, reason: str) -> Verdict:
    return Verdict(FAILED, by, {}, "no-shim", reason)


def _error_in(found: object) -> str:
    if isinstance(found, dict) and "errorMessage" in found:
        kind, message = str(found.get("errorType", "")), str(found["errorMessage"])
        return f"{kind}: {message}" if kind else message
    return str(found)[:200]


def _log_group(aws: Aws, name: str) -> str:
    try:
        return aws.function(name).log_group
    except StoreError:  # who may read logs need not be one who may look at functions
        return f"/aws/lambda/{name}"
