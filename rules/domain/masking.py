"""What lists show of a person: enough to tell two apart at the desk, too little for a burglar (centre.md, 35)."""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "*"
#: Surnames of two characters: the mask begins after them, else 欧阳娜 would read as somebody called 欧.
COMPOUND_SURNAMES: Final = frozenset(
    (
        *("欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛"),
        *("尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容"),
        *("仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘", "子车", "亓官", "司寇", "巫马"),
        *("公西", "颛孙", "壤驷", "漆雕", "乐正", "宰父", "谷梁", "拓跋", "轩辕", "令狐", "段干", "百里"),
        *("呼延", "东郭", "南门", "羊舌", "微生", "梁丘", "左丘", "西门", "第五", "南荣", "东里", "淳于"),
        *("达奚", "褚师"),
    )
)
#: Numbers of an address; written out they are one only before what they number: 三河镇 is a town.
_NUMBERS: Final = re.compile(r"\d+|[〇零一二三四五六七八九十百两]+(?=[栋幢座号室楼层户]|单元)")
#: Between the parts of names of Uyghurs, Tibetans and foreigners; several code points are in use.
_DOTS: Final = "·•・‧∙．"


def mask_name(name: str) -> str:
    """王小英 as 王*英, 王英 as 王*, 欧阳娜 as 欧阳*, 阿不都·热西提 as 阿**·***, John Smith as J*** S****.

    The number of characters stays, so that two neighbours can be told apart. Empty stays empty.
    """
    name = name.strip()
    masked = _mask_parts(name)
    # A name so short that keeping its beginning would keep all of it.
    return masked if MASK in masked else MASK * len(name)


def _mask_parts(name: str) -> str:
    for dot in _DOTS:
        if dot in name:
            first, *rest = name.split(dot)
            return dot.join([_keep(first, 1), *(MASK * len(part) for part in rest)])
    if " " in name:
        return " ".join(_keep(part, 1) for part in name.split())
    if name.isascii():
        return _keep(name, 1)
    return _mask_chinese(name)


def _mask_chinese(name: str) -> str:
    surname = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    if len(name) <= surname + 1:
        return _keep(name, surname if len(name) > surname else 0)
    return name[:surname] + MASK * (len(name) - surname - 1) + name[-1]


def _keep(text: str, count: int) -> str:
    return text[:count] + MASK * (len(text) - count)


def mask_address(address: str, *, typed: str = "") -> str:
    """东风路3栋502 as 东风路*栋***: the village and the street stay, no home can be found by them.

    What whoever asks has typed of it stays too: they know that much, and must see which of two homes it is.
    """
    begins = address.find(typed) if typed else -1
    kept = range(begins, begins + len(typed)) if begins >= 0 else range(0)
    hidden = {place for found in _NUMBERS.finditer(address) for place in range(*found.span()) if place not in kept}
    return "".join(MASK if place in hidden else letter for place, letter in enumerate(address))


def mask_phone(number: str) -> str:
    """13812345678 as 138****5678; a fixed line keeps its area code and the last two digits, a short number all."""
    if len(number) <= 5:
        return number
    if len(number) == 11 and number.startswith("1"):
        return number[:3] + MASK * 4 + number[7:]
    if number.startswith("0"):
        area = 3 if number[1] in "12" else 4
        return number[:area] + MASK * max(0, len(number) - area - 2) + number[-2:]
    return number[:3] + MASK * max(0, len(number) - 5) + number[-2:]


def mask_identity(number: str) -> str:
    """An identity number as 320***********123X; another document keeps its first and last character."""
    if len(number) == 18:
        return number[:3] + MASK * 11 + number[14:]
    if len(number) <= 2:
        return MASK * len(number)
    return number[0] + MASK * (len(number) - 2) + number[-1]
