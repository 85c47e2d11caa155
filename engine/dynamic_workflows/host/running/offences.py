"""Repeat offenders: code whose sandboxes end by its own doing again and again waits longer and longer for the next."""

from __future__ import annotations

from dynamic_workflows.host.protocols import Clock
from dynamic_workflows.shared.errors import SandboxUnavailable
from dynamic_workflows.shared.limits import OFFENCE_DELAY_MAX_MS, OFFENCES_FORGIVEN_MS, OFFENCES_FREE

OFFENCES = ("abuse", "crashed", "hung", "limit")  # not what others do to a sandbox: killed, evicted, frame lost


def own_doing(reason: str) -> bool:
    """Return whether the end of a sandbox was its code's own doing."""
    return reason.partition(":")[0] in OFFENCES


class Offences:
    """How often in a row the sandboxes of a loader id ended by its code's doing, and when it may have the next one.

    It is kept in memory: an engine that starts again has destroyed every sandbox and gives everybody a first one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, tuple[int, int, str]] = {}  # count, time of the last, its reason

    def note(self, loader_id: str, reason: str) -> int:
        """Take note of the end of a sandbox that ran; return how many in a row were offences, this one included."""
        if not own_doing(reason):
            return 0
        now = self._clock.elapsed()
        self._forget(now)
        count = self._records.get(loader_id, (0, 0, ""))[0] + 1
        self._records[loader_id] = count, now, reason
        return count

    def check(self, loader_id: str) -> None:
        """Return if a loader id may have a sandbox now.

        Raises:
            SandboxUnavailable: not yet.
        """
        if loader_id not in self._records:
            return
        count, at, reason = self._records[loader_id]
        if count <= OFFENCES_FREE:
            return
        left = at + min(1_000 << min(count - OFFENCES_FREE - 1, 20), OFFENCE_DELAY_MAX_MS) - self._clock.elapsed()
        if left > 0:
            name = loader_id.replace("\0", " ")
            raise SandboxUnavailable(
                f"The sandboxes of {name} ended {count} times in a row ({reason}): it gets the next one in {left} ms."
            )

    def _forget(self, now: int) -> None:
        kept = {id: one for id, one in self._records.items() if now - one[1] < OFFENCES_FORGIVEN_MS}
        self._records = kept
