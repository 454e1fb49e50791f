"""The secrets that the environment's variables hold: those that were there at the start, and what the application adds.

An application reads `DB_PASSWORD` from a vault and puts it into the environment, where its libraries look for it. So each safe
point asks whether the environment has changed, which takes a microsecond, and only then what is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog import config as config_
from hotlog.redaction.secret_names import Names

if TYPE_CHECKING:
    from hotlog.config import Config


class EnvironmentSecrets:
    """Remembers each secret value that a variable has had: what was replaced may still be in use.

    Args:
        config: the owner's additions and exceptions among the names, and the credentials of the start.
    """

    def __init__(self, config: Config) -> None:
        self._hides = Names(config.redact, config.redact_keep).hides
        self._start = config.secrets
        self._own: tuple[str, ...] = ()
        self._named: tuple[str, ...] = ()
        self._seen: dict[bytes, bytes] | None = None
        if not self.have_changed():  # they cannot be asked for cheaply
            self._named = config_.values_named(self._hides)

    @property
    def known(self) -> tuple[str, ...]:
        """Return the values that may not be shown, the latest last."""
        return (*self._start, *self._own, *self._named)

    def add(self, secret: str) -> None:
        """Remember a secret of hotlog's own."""
        if secret not in self._own:
            self._own = (*self._own, secret)[-limits.ENVIRONMENT_SECRETS_MAX :]

    def have_changed(self) -> bool:
        """Return whether a variable holds a secret that was not known when this was asked last."""
        now = config_.environment_now()
        if now is None or now == self._seen:
            return False
        self._seen = dict(now)
        found = (*self._named, *config_.values_named(self._hides, self._seen))
        latest = dict.fromkeys(reversed(found))
        before = self._named
        self._named = tuple(latest)[: limits.ENVIRONMENT_SECRETS_MAX][::-1]
        return set(self._named) != set(before)
