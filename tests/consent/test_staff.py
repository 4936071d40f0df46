"""Who acts for the platform, and that two of them are two."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User

from consent import staff

MAY = "consent.view_grant"


@pytest.fixture
def moderator() -> User:
    user = User.objects.create_user("moderator", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_grant"))
    return User.objects.get(pk=user.pk)  # permissions are cached on the instance


@pytest.mark.django_db
def test_a_member_acts_under_a_number_and_never_a_name(moderator: User) -> None:
    assert staff.member(moderator, may=MAY).actor == f"staff:{moderator.pk}"


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_a_closed_or_ordinary_account_is_refused(moderator: User, change: dict[str, bool]) -> None:
    User.objects.filter(pk=moderator.pk).update(**change)
    with pytest.raises(staff.StaffRefused):
        staff.member(User.objects.get(pk=moderator.pk), may=MAY)


@pytest.mark.django_db
def test_a_permission_that_was_not_given_is_refused_by_name(moderator: User) -> None:
    with pytest.raises(staff.StaffRefused) as refusal:
        staff.member(moderator, may="consent.delete_grant")
    assert "consent.delete_grant" in str(refusal.value.remedy)


def test_nobody_is_their_own_second() -> None:
    with pytest.raises(staff.SecondPersonNeeded):
        staff.require_another("staff:7", staff.Staff(7))
    staff.require_another("staff:8", staff.Staff(7))


@pytest.mark.parametrize("first", ["", "party:7", "system:consent"])
def test_what_no_member_of_staff_proposed_has_no_first_person(first: str) -> None:
    with pytest.raises(staff.SecondPersonNeeded):
        staff.require_another(first, staff.Staff(7))
