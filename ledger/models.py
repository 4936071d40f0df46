"""What the log stores. Rows of Entry, Leaf and Head are only ever inserted: triggers in the migrations refuse the rest.

No foreign key leaves this app. The triggers stop accidents; against somebody who owns the database only the
checkpoint outside it counts (see `ledger.publisher` and `ledger.fsck`).
"""

import uuid

from django.db import models
from django.db.models.functions import Now

from ledger import base64url
from ledger.entry import decode


class SubjectKey(models.Model):
    """The key under which everything private about one subject is sealed, itself wrapped by the vault's root key.

    `wrapped` is `None` once the subject is erased: the row stays, so that no new key is ever made in its place.
    """

    subject = models.CharField(max_length=200, unique=True)  # "party:<uuid>" or "system:<name>"
    root_key_id = models.CharField(max_length=64)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(erased_at=None, wrapped__isnull=False)
                | models.Q(erased_at__isnull=False, wrapped=None),
                name="ledger_key_gone_means_erased",
            ),
        )

    def __str__(self) -> str:
        return self.subject


class Sealed(models.Model):
    """A small secret, encrypted under its subject's key and bound to its context.

    `ciphertext` is `None` once the subject is erased; the row stays, because records of other apps point at it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No constraint of the database: rows of keys are never deleted, sealing reads the row, `ledger_fsck` compares.
    subject_key = models.ForeignKey(SubjectKey, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    context = models.CharField(max_length=200)
    ciphertext = models.BinaryField(null=True)  # 12 bytes of nonce, then AES-256-GCM

    class Meta:
        verbose_name_plural = "sealed"

    def __str__(self) -> str:
        return self.context


class Blob(models.Model):
    """A sealed file under `LEDGER_VAULT_DIR`. `erased_at` is `None` while it can still be read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_key = models.ForeignKey(SubjectKey, on_delete=models.PROTECT, related_name="+")
    context = models.CharField(max_length=200)
    size = models.BigIntegerField()  # bytes of plaintext
    created_at = models.DateTimeField(db_default=Now())
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.context


class Entry(models.Model):
    """One act on record: `body` is the leaf as it stands in the public log, `sealed` opens its commitment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    body = models.BinaryField()
    sealed = models.OneToOneField(Sealed, on_delete=models.PROTECT, related_name="entry")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "entries"
        constraints = (
            models.UniqueConstraint(models.Value(1), condition=models.Q(kind="log.opened"), name="ledger_one_genesis"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def commit_text(self) -> str:
        """The commitment as the leaf spells it: unpadded base64url."""
        return str(decode(bytes(self.body))["commit"])

    @property
    def commit(self) -> bytes:
        """The 32 bytes of the commitment."""
        return base64url.decode(self.commit_text)

    @property
    def index(self) -> int | None:
        """The place in the log; `None` until the sequencer gives it one. Asked afresh each time."""
        return Leaf.objects.filter(entry_id=self.pk).values_list("index", flat=True).first()


class Pending(models.Model):
    """An entry that has no place in the log yet. A trigger on Entry makes the row; only a Leaf lets it go."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+", db_constraint=False)  # by a trigger

    class Meta:
        verbose_name_plural = "pending"

    def __str__(self) -> str:
        return str(self.entry_id)


class Leaf(models.Model):
    """The place of an entry in the tree. `leaf_hash` is H(0x00 || body), RFC 9162 section 2.1.1."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+", db_constraint=False)  # by a trigger
    leaf_hash = models.BinaryField()

    class Meta:
        verbose_name_plural = "leaves"

    def __str__(self) -> str:
        return str(self.index)


class Head(models.Model):
    """The tree after one batch. `edge` is its compact range: one 32-byte hash per bit of `size`, largest first."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    edge = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.size)


class Fence(models.Model):
    """One row: the number of the sequencer that leads. Who comes with a smaller one has been replaced."""

    epoch = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.epoch)


class GrantState(models.Model):
    """What holds of one grant after the newest `state.recorded`: derived from the entries by the sequencer.

    `number` counts grant.recorded entries from 0 in log order. See `ledger.state` for the other columns.
    """

    number = models.BigIntegerField(primary_key=True)
    commit = models.BinaryField(unique=True)
    status = models.SmallIntegerField()
    last_index = models.BigIntegerField()
    expiry = models.BigIntegerField()

    def __str__(self) -> str:
        return f"grant {self.number}"


class StateNode(models.Model):
    """The root of 16^level grants' records, from grant number * 16^level on; only of complete ones."""

    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("level", "number"), name="ledger_statenode_place"),)

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class StatusChunk(models.Model):
    """1,024 bytes of the status list: two bits for each of 4,096 grants. The last chunk is shorter."""

    number = models.BigIntegerField(primary_key=True)
    bits = models.BinaryField()

    class Meta:
        verbose_name_plural = "status chunks"

    def __str__(self) -> str:
        return str(self.number)


class FollowerCursor(models.Model):
    """How far a follower has read: `next_index` is the first leaf that it has not handled."""

    name = models.CharField(max_length=100, primary_key=True)
    next_index = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
