"""The line for slots: lanes take turns, and in each those that go on are before those that begin (design, 6)."""

from __future__ import annotations

from collections import deque

from dynamic_workflows.host.history.instance import Instance


class Lane:
    """What is in line of one version of one tenant's code, or of one workflow that no tenant owns."""

    __slots__ = ("beginning", "going_on", "runs", "waiting")

    def __init__(self) -> None:
        self.going_on: deque[int] = deque()
        self.beginning: deque[int] = deque()
        self.runs = 0
        self.waiting = 0  # of its runs, those that wait for a sandbox: until they have it, no other is begun

    @property
    def busy(self) -> bool:
        """Whether it has anything to run."""
        return bool(self.runs or self.going_on or self.beginning)


class Lanes:
    """All lanes. Whoever goes on comes before everybody who begins, and the lanes take turns in both."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._going_on: dict[Lane, None] = {}  # in the order of their turns
        self._beginning: dict[Lane, None] = {}
        self._in_line: set[int] = set()

    def __contains__(self, uid: int) -> bool:
        return uid in self._in_line

    def of(self, instance: Instance) -> Lane:
        """Return the lane of an instance."""
        owner = instance.tenant or f"\0{instance.workflow}"
        return self._lanes.setdefault((owner, instance.version or ""), Lane())

    def holds(self, lane: object) -> bool:
        """Return whether a lane has anything to run."""
        return isinstance(lane, Lane) and lane.busy

    def add(self, instance: Instance) -> bool:
        """Put an instance in line; return False where it is already."""
        if instance.uid in self._in_line:
            return False
        self._in_line.add(instance.uid)
        lane = self.of(instance)
        (lane.going_on if instance.priority else lane.beginning).append(instance.uid)
        self.offer(lane)
        return True

    def offer(self, lane: Lane) -> None:
        """Let a lane have its turns, behind all others, if it has anybody to begin."""
        if lane.waiting:
            return
        if lane.going_on:
            self._going_on.setdefault(lane)
        if lane.beginning:
            self._beginning.setdefault(lane)

    def take(self) -> int | None:
        """Return who is next, or None."""
        for turns in (self._going_on, self._beginning):
            while turns:
                lane = next(iter(turns))
                del turns[lane]
                line = lane.going_on if turns is self._going_on else lane.beginning
                if line and not lane.waiting:
                    uid = line.popleft()
                    self._in_line.discard(uid)
                    self.offer(lane)
                    return uid
        return None
