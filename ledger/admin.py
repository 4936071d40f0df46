"""The log in the console: to look at, never to change (the database would refuse)."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from ledger.models import Entry, Head, Leaf

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin  # generic only in the stubs


class ReadOnly(Admin):
    """An admin page without a way to add, change or delete."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - nobody may
        """Tell that nobody may add anything here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401, ARG002 - nobody may
        """Tell that nobody may change anything here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401, ARG002 - nobody may
        """Tell that nobody may delete anything here."""
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    """Entries, newest first."""

    list_display = ("id", "kind", "index", "created_at")
    list_filter = ("kind",)
    ordering = ("-created_at",)
    fields = ("id", "kind", "index", "leaf", "created_at")

    @admin.display(description="leaf")
    def leaf(self, entry: Entry) -> str:
        """Show the leaf as the public log spells it."""
        return bytes(entry.body).decode("utf-8", errors="replace")


@admin.register(Leaf)
class LeafAdmin(ReadOnly):
    """Places in the tree."""

    list_display = ("index", "entry", "hash")
    list_select_related = ("entry",)
    ordering = ("-index",)
    fields = ("index", "entry", "hash")

    @admin.display(description="leaf hash")
    def hash(self, leaf: Leaf) -> str:
        """Show the hash in hexadecimal."""
        return bytes(leaf.leaf_hash).hex()


@admin.register(Head)
class HeadAdmin(ReadOnly):
    """The tree after each batch."""

    list_display = ("size", "root_hash", "created_at")
    ordering = ("-size",)
    fields = ("size", "root_hash", "created_at")

    @admin.display(description="root")
    def root_hash(self, head: Head) -> str:
        """Show the root in hexadecimal."""
        return bytes(head.root).hex()
