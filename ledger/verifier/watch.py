"""One round of watching a published log: that it still is what it was, and that what is new follows from it."""

import os
import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from .findings import CouldNotCheck, NotTrue, Unreadable, require
from .logformat import LogKey, SignedRoot, verified_checkpoint
from .memory import Memory
from .policy import Policy, fresh
from .replay import Replay
from .tiles import Read, Unreachable, content, ends, path_of
from .tree import WIDTH


class Stale(Exception):  # noqa: N818 - a verdict, not a fault of the program
    """The log says nothing false, but nothing new either; it may recover, so this is not remembered."""


class Watch:
    """A log under watch. `folder` is where it lies if it is a folder; `state` names the file of evidence."""

    def __init__(
        self,
        read: Read,
        memory: Memory,
        keys: Sequence[LogKey],
        policies: Sequence[Policy],
        *,
        max_age: float | None,
        folder: Path | None,
        state: Path,
    ) -> None:
        self.read, self.memory, self.keys, self.policies = read, memory, keys, policies
        self.max_age, self.folder = max_age, folder
        self.evidence = state.with_name(state.name + ".evidence")
        self.replay: Replay | None = None  # None: to be taken from memory
        if memory.fact("origin") not in (None, keys[0].name):
            raise Unreadable(f"the state is of the log {memory.fact('origin')!r}")

    def round(self, *, now: float, share: float) -> SignedRoot:
        """Look once, and read this share of the old files again; return what held.

        Raises `NotTrue` for what broke, now or in any round before; `Stale` and `Unreachable` for what may recover.
        """
        if (broken := self.memory.fact("broken")) is not None:
            raise NotTrue(str(broken))
        try:
            with self.memory.round():
                text, signed = self._round(share)
        except (CouldNotCheck, sqlite3.Error):
            self.replay = None  # what was read on belongs to a round that did not happen
            raise
        except NotTrue as why:
            raise self._broken(str(why)) from why
        except Exception as why:  # a file that nobody can read as what it should be
            raise self._broken(f"malformed ({type(why).__name__})") from why
        self._check_age(text, now)
        return signed

    def _round(self, share: float) -> tuple[str, SignedRoot]:
        replay = self.replay = self.replay or self.memory.replay()
        text = self._checkpoint()
        signed = verified_checkpoint(text, *self.keys)
        for policy in self.policies:
            policy.cosigned_at(text)
        self._compare(text, signed, replay)
        self._extend(text, signed, replay)
        for place, width, digest in self.memory.places(share):
            self._again(place, width, digest)
        return text, signed

    def _checkpoint(self) -> str:
        try:
            return self.read("checkpoint").decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotTrue("the checkpoint is no text") from error
        except OSError as error:
            if self.memory.fact("checkpoint") is None:
                raise Unreachable(f"there is no checkpoint yet ({type(error).__name__})") from error
            raise NotTrue("the checkpoint is gone") from error

    def _compare(self, text: str, signed: SignedRoot, replay: Replay) -> None:
        """Compare with the last checkpoint that held: a log never shrinks, and has one root at each size."""
        size = replay.growth.size
        if signed.size < size:
            raise self._forked(f"the log shrank from {size} to {signed.size}", text)
        if signed.size == size and self.memory.fact("checkpoint") and signed.root != replay.growth.root():
            raise self._forked(f"there are two checkpoints of size {size}", text)

    def _extend(self, text: str, signed: SignedRoot, replay: Replay) -> None:
        require(signed.size, "the log is empty")
        replay.advance(self.read, signed.size, self._seen)
        if replay.growth.root() != signed.root:
            raise self._forked(f"the entries do not lead from the last checkpoint to that of size {signed.size}", text)
        for flaw in (replay.tile_flaw, replay.state_flaw):
            if flaw is not None:
                raise NotTrue(flaw)
        self.memory.keep(replay)
        self.memory.put("checkpoint", text)
        self.memory.put("origin", self.keys[0].name)

    def _seen(self, place: str, width: int, data: bytes) -> None:
        self.memory.keep_place(place, width, sha256(data).digest())

    def _again(self, place: str, width: int, digest: bytes) -> None:
        """Read a place again, and whatever is still there of the time before it had this width."""
        data = content(self.read, place, width)
        require(sha256(data).digest() == digest, f"{place} has changed")
        stops = ends(place, data, width)
        for narrow in self._narrower(place, width):
            try:
                partial = self.read(path_of(place, narrow))
            except OSError:
                self.memory.forget_partial(place, narrow)
            else:
                require(partial == data[: stops[narrow - 1]], f"{path_of(place, narrow)} has changed")

    def _narrower(self, place: str, width: int) -> set[int]:
        """Return the partial widths to look at: all in the folder; of a server, which lists nothing, those seen."""
        if self.folder is None:
            found = set(self.memory.partials(place))
        else:
            partials = self.folder / f"{place}.p"
            names = [path.name for path in partials.glob("*")]  # empty if there is no such folder, or no more
            found = {int(name) for name in names if name.isascii() and name.isdecimal()}
        return {narrow for narrow in found if 0 < narrow <= width and narrow < WIDTH}

    def _check_age(self, text: str, now: float) -> None:
        if self.max_age is None:
            return
        try:
            fresh(min((policy.cosigned_at(text) for policy in self.policies), default=0), now, self.max_age)
        except NotTrue as why:
            raise Stale(str(why)) from why

    def _forked(self, why: str, text: str) -> NotTrue:
        """Leave both notes as evidence, on disk before it is remembered that something broke."""
        held = str(self.memory.fact("checkpoint") or "")
        with self.evidence.open("w", encoding="utf-8") as file:
            file.write(f"{why}\n\n--- the last that held\n{held}\n--- the one found now\n{text}")
            file.flush()
            os.fsync(file.fileno())
        return NotTrue(f"{why}; both notes are in {self.evidence}")

    def _broken(self, why: str) -> NotTrue:
        """Remember for ever what broke, unless nothing ever held: then it may be the key that is wrong."""
        self.replay = None
        with self.memory.round():
            if self.memory.fact("checkpoint") is not None:
                self.memory.put("broken", why)
        return NotTrue(why)
