"""Names, telephone numbers and identity numbers as they are in China."""

from __future__ import annotations

from datetime import date

import pytest

from rules.domain import identity, phones
from rules.domain.masking import mask_address, mask_identity, mask_name, mask_phone
from rules.domain.phones import PhoneKind, PhoneUnreadable

TODAY = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小英", "王*英"),
        ("王英", "王*"),
        ("王", "*"),
        ("欧阳娜", "欧阳*"),
        ("欧阳娜娜", "欧阳*娜"),
        ("欧阳", "欧*"),
        ("李王小英", "李**英"),
        ("阿不都·热西提", "阿**·***"),
        ("阿不都•热西提•买买提", "阿**•***•***"),
        ("John Smith", "J*** S****"),
        ("Anna", "A***"),
        ("𠮷野家", "𠮷*家"),
        ("  王小英 ", "王*英"),
        ("", ""),
        ("华·", "**"),
        ("J", "*"),
        ("J S", "***"),
    ],
)
def test_a_masked_name_tells_neighbours_apart_and_names_nobody(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812345678", "138****5678"),
        ("051312345678", "0513******78"),
        ("01012345678", "010******78"),
        ("4001234567", "400*****67"),
        ("+447700900123", "+44********23"),
        ("12349", "12349"),
        ("119", "119"),
    ],
)
def test_a_masked_number_can_be_recognised_but_not_dialled(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@pytest.mark.parametrize(
    ("address", "typed", "masked"),
    [
        ("东风路3栋502", "", "东风路*栋***"),
        ("东风路3栋502", "东风路", "东风路*栋***"),
        ("东风路3栋502", "3栋502", "东风路3栋502"),
        ("东风路3栋502", "9栋", "东风路*栋***"),
        ("三河镇五组十二号", "", "三河镇五组**号"),
        ("长江路１２号二单元三零一室", "", "长江路**号*单元***室"),
        ("河边的亭子", "", "河边的亭子"),
        ("", "", ""),
    ],
)
def test_a_masked_address_leads_to_no_door_but_the_one_that_was_typed(address: str, typed: str, masked: str) -> None:
    assert mask_address(address, typed=typed) == masked


def test_a_masked_identity_keeps_the_ends() -> None:
    assert mask_identity("32068119400101123X") == "320***********123X"
    assert mask_identity("H1234567") == "H******7"
    assert mask_identity("A1") == "**"


@pytest.mark.parametrize(
    ("typed", "kind", "number", "extension"),
    [
        ("13812345678", PhoneKind.MOBILE, "13812345678", None),
        ("138 1234 5678", PhoneKind.MOBILE, "13812345678", None),
        ("+86 138-1234-5678", PhoneKind.MOBILE, "13812345678", None),
        ("0086 13812345678", PhoneKind.MOBILE, "13812345678", None),
        ("138１２３４５６７８", PhoneKind.MOBILE, "13812345678", None),
        ("0513-83512345", PhoneKind.FIXED, "051383512345", None),
        ("(0513)8351234", PhoneKind.FIXED, "05138351234", None),
        ("（010）62345678转123", PhoneKind.FIXED, "01062345678", "123"),
        ("021-62345678-8001", PhoneKind.FIXED, "02162345678", "8001"),
        ("0513 83512345 分机 12", PhoneKind.FIXED, "051383512345", "12"),
        ("0513-83512345 ext. 12", PhoneKind.FIXED, "051383512345", "12"),
        ("+86 513 8351 2345", PhoneKind.FIXED, "051383512345", None),
        ("400-123-4567", PhoneKind.SERVICE_400, "4001234567", None),
        ("8001234567", PhoneKind.SERVICE_400, "8001234567", None),
        ("110", PhoneKind.SHORT, "110", None),
        ("119", PhoneKind.SHORT, "119", None),
        ("120", PhoneKind.SHORT, "120", None),
        ("12345", PhoneKind.SHORT, "12345", None),
        ("12349", PhoneKind.SHORT, "12349", None),
        ("95598", PhoneKind.SHORT, "95598", None),
        ("+44 7700 900123", PhoneKind.FOREIGN, "+447700900123", None),
        ("0044 7700 900123", PhoneKind.FOREIGN, "+447700900123", None),
        ("+1 (613) 555-0123", PhoneKind.FOREIGN, "+16135550123", None),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, kind: PhoneKind, number: str, extension: str | None) -> None:
    phone = phones.normalise(typed)
    assert phone is not None
    assert (phone.kind, phone.number, phone.extension, phone.typed) == (kind, number, extension, typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "83512345",
        "12812345678",
        "1381234567",
        "138123456789",
        "no number",
        "13812345678转5",
        "1" * 41,
        "+86",
        "٣٣٣",
    ],
)
def test_what_cannot_be_dialled_is_no_number(typed: str) -> None:
    assert phones.normalise(typed) is None
    with pytest.raises(PhoneUnreadable):
        phones.read(typed)


def test_a_fixed_line_gets_voice_and_never_a_text() -> None:
    fixed, mobile = phones.read("0513-83512345-9"), phones.read("13812345678")
    assert (fixed.textable, fixed.e164, fixed.stored) == (False, "+8651383512345", "051383512345;ext=9")
    assert (mobile.textable, mobile.e164, mobile.stored) == (True, "+8613812345678", "13812345678")
    assert phones.read("110").e164 is None
    assert phones.read("+447700900123").e164 == "+447700900123"
    assert phones.last_four(mobile) == "5678"


def made(first_17: str) -> str:
    return first_17 + identity.check_digit(first_17)


def test_an_identity_number_tells_its_birth_date() -> None:
    # The worked example of GB 11643.
    example = identity.read("11010519491231002x", today=TODAY)
    assert (example.valid, example.number, example.birth_date) == (True, "11010519491231002X", date(1949, 12, 31))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("110105194912310021", identity.Reason.CHECK_DIGIT),
        ("11010519491231002", identity.Reason.SHAPE),
        ("011010519491231002", identity.Reason.SHAPE),
        ("H1234567", identity.Reason.SHAPE),
        ("１１０１０５１９４９１２３１００２Ｘ", identity.Reason.SHAPE),
        (made("11010519490230002"), identity.Reason.BIRTH_DATE),
        (made("11010518490101002"), identity.Reason.BIRTH_DATE),
        (made("11010520270101002"), identity.Reason.BIRTH_DATE),
    ],
)
def test_a_number_that_cannot_be_one_says_why(typed: str, reason: identity.Reason) -> None:
    found = identity.read(typed, today=TODAY)
    assert (found.valid, found.reason, found.birth_date) == (False, reason, None)
