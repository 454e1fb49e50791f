"""What `attach --verify` does with a verdict: says it, and puts back the configuration of a function that does not start."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.attaching import attachment, lambda_configuration, shim_presence
from hotlog.client.attaching.preflight import Note
from hotlog.client.attaching.verification import (
    INVOKED,
    UNSEEN,
    VERIFIED,
    Verdict,
    Verification,
    patience_s,
)
from hotlog.client.deployed import EXEC_WRAPPER, OURS
from hotlog.errors import HotlogError, StoreError

if TYPE_CHECKING:
    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk
    from hotlog.client.attaching.attachment import Wiring
    from hotlog.client.attaching.lambda_configuration import Configuration

_TOKEN_BYTES: Final = 12

# By the code of what failed: what to do about it.
_WAYS_OUT: Final = {
    "start-failed": "Where it does not start without hotlog either, mend that first; else `hotlog doctor {name}` looks "
    "for what is in the way.",
    "shadowed-module": "The function has a module of its own with a name of Python's own: rename that.",
    "foreign-hotlog": "The function has a module or package of its own called `hotlog`: rename that.",
    "no-shim": "Something else comes before the layer's shim: `hotlog doctor {name}` looks for it.",
}
_WAY_OUT: Final = "`hotlog doctor {name}` looks for what is in the way."


class Verified(NamedTuple):
    """The result of a verification.

    Attributes:
        verdict: what was seen.
        restored: whether the configuration is again what it was before.
        error: what the command ends with; None where all is well.
    """

    verdict: Verdict
    restored: bool
    error: HotlogError | None

    def document(self) -> dict[str, object]:
        """Return the outcome as data for `--json`."""
        verdict = self.verdict
        return {
            "outcome": verdict.outcome,
            "by": verdict.by,
            "start": verdict.facts,
            "code": verdict.code,
            "reason": verdict.reason,
            "seconds": verdict.seconds,
            "restored": self.restored,
        }


def new_token() -> str:
    """Return a random token for one attach."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def word_of(token: str) -> str:
    """Return the word of the mark variable that holds a token, valid from now on."""
    return attachment.verify_word(token, int(time.time()) + desk_limits.VERIFY_ANNOUNCE_S)


def plan(aws: Aws, name: str, wiring: Wiring, *, unpublished: str) -> Note:
    """Say, for a dry run, how the function would be verified.

    Args:
        aws: the account.
        name: of the function.
        wiring: that it would have.
        unpublished: stands for the layer, where that is yet to be published.
    """
    doubt = shim_presence.missing_proof(aws, name, wiring, unpublished=unpublished)
    if doubt:
        return Note(
            "verify",
            f"no invocation would be sent, and the log be watched for the next start: {doubt.rstrip('.')}.",
        )
    return Note("verify", "one invocation would be sent, which hotlog answers in place of the handler.")


def verify(desk: Desk, before: Configuration, after: Configuration, token: str) -> Verified:
    """See whether the function starts; where it does not, give it back the configuration it had.

    Args:
        desk: asks, and tells what it waits for.
        before: the function before the attach.
        after: as the attach has left it.
        token: of this attach.
    """
    aws = desk.aws()
    invoker = aws.impatient(read_timeout_s=patience_s(after))
    verification = Verification(aws, invoker, after, token, say=desk.talk.say)
    try:
        verdict = verification.verdict()
    except StoreError as error:
        verdict = Verdict(UNSEEN, INVOKED, {}, error.code, error.message)
    except KeyboardInterrupt:
        desk.talk.say(f"{after.name} is not verified. {_stays_on(after.name)}")
        raise
    if verdict.outcome == VERIFIED:
        return Verified(verdict, restored=False, error=None)
    if verdict.outcome == UNSEEN:
        return Verified(verdict, restored=False, error=_unseen(desk, after, verdict))
    try:
        lambda_configuration.restore(aws, before, after)
    except StoreError as error:
        message = f"{_describe_failure(after, verdict)} It could not be put back: {error.message}"
        if f"hotlog detach {after.name}" not in message and error.code != "not-restored":
            message = f"{message} {_stays_on(after.name)}"
        return Verified(verdict, restored=False, error=HotlogError(error.code, message))
    except KeyboardInterrupt:
        desk.talk.say(f"{_describe_failure(after, verdict)} It is not put back. {_stays_on(after.name)}")
        raise
    return Verified(verdict, restored=True, error=_make_error(before, verdict))


def describe(name: str, verified: Verified) -> list[str]:
    """Return how a start that was seen went, in sentences; what went wrong is said by the error."""
    verdict, facts = verified.verdict, verified.verdict.facts
    if verdict.outcome != VERIFIED:
        return []
    seen = "the handler did not run" if verdict.by == INVOKED else "as its log says"
    starts = (
        f"{name} starts with hotlog {facts.get('version') or 'of its own'} in it, on Python {facts.get('python')}, handler "
        f"{facts.get('handler')} ({verdict.seconds} s, {seen})."
    )
    sentences = [starts]
    if facts.get("code"):
        sentences.append(f"{facts.get('reason')} [{facts['code']}]")
    elif not facts.get("backend"):
        sentences.append(
            "No rule can be installed there: hotlog does not know this interpreter. [unsupported-interpreter]"
        )
    if facts.get("store"):
        sentences.append(f"Its rules could not be read there, so that none works yet. [{facts['store']}]")
    return sentences


def _stays_on(name: str) -> str:
    return f"hotlog stays on it: `hotlog detach {name}` takes it off."


def _describe_failure(function: Configuration, verdict: Verdict) -> str:
    does = "does not start" if verdict.code == "start-failed" else "does not work with hotlog"
    return f"{function.name} {does}: {verdict.reason.rstrip('.')}."


def _make_error(before: Configuration, verdict: Verdict) -> HotlogError:
    name = before.name
    back = "Its configuration is again what it was before."
    if before.wiring.variables.get(EXEC_WRAPPER) == OURS:
        back = f"{back} That had hotlog in it already: `hotlog detach {name}` takes it off."
    way_out = _WAYS_OUT.get(verdict.code, _WAY_OUT).format(name=name)
    return HotlogError(verdict.code, f"{_describe_failure(before, verdict)} {back} {way_out}")


def _unseen(desk: Desk, function: Configuration, verdict: Verdict) -> HotlogError:
    name = function.name
    return HotlogError(
        verdict.code,
        f"whether {name} starts with hotlog was not seen: {verdict.reason.rstrip('.')}. hotlog stays on it. Verify it again "
        f"with `{desk.options.command('attach', name, '--verify')}`, or take it off with `{desk.options.command('detach', name)}`.",
    )
