"""Administrative divisions as far as this program knows them by itself: the provinces.

Names below come from the region entries of catalogs; a division that nobody named is shown by
its code.  Source: GB/T 2260-2007, provinces; GB/T 28181-2022 E.1, A.1.
"""

from tongshi.gb28181 import civil
from tongshi.gb28181.identifier import is_code

PROVINCES: dict[str, tuple[str, str]] = {
    "11": ("北京市", "Beijing"),
    "12": ("天津市", "Tianjin"),
    "13": ("河北省", "Hebei"),
    "14": ("山西省", "Shanxi"),
    "15": ("内蒙古自治区", "Inner Mongolia"),
    "21": ("辽宁省", "Liaoning"),
    "22": ("吉林省", "Jilin"),
    "23": ("黑龙江省", "Heilongjiang"),
    "31": ("上海市", "Shanghai"),
    "32": ("江苏省", "Jiangsu"),
    "33": ("浙江省", "Zhejiang"),
    "34": ("安徽省", "Anhui"),
    "35": ("福建省", "Fujian"),
    "36": ("江西省", "Jiangxi"),
    "37": ("山东省", "Shandong"),
    "41": ("河南省", "Henan"),
    "42": ("湖北省", "Hubei"),
    "43": ("湖南省", "Hunan"),
    "44": ("广东省", "Guangdong"),
    "45": ("广西壮族自治区", "Guangxi"),
    "46": ("海南省", "Hainan"),
    "50": ("重庆市", "Chongqing"),
    "51": ("四川省", "Sichuan"),
    "52": ("贵州省", "Guizhou"),
    "53": ("云南省", "Yunnan"),
    "54": ("西藏自治区", "Tibet"),
    "61": ("陕西省", "Shaanxi"),
    "62": ("甘肃省", "Gansu"),
    "63": ("青海省", "Qinghai"),
    "64": ("宁夏回族自治区", "Ningxia"),
    "65": ("新疆维吾尔自治区", "Xinjiang"),
    "71": ("台湾省", "Taiwan"),
    "81": ("香港特别行政区", "Hong Kong"),
    "82": ("澳门特别行政区", "Macao"),
}
"""Code: name in Chinese and in English."""


def region_of(civil_code: str, entry_id: str, fallback: str = "") -> str:
    """Return the division of an entry, without padding; *fallback* when it says nothing usable.

    A division is itself.  Else its civil code when that is one of a known province; else the
    first six digits of its id: devices send nothing, "CivilCode", ten digits or their own id.
    """
    if entry_id[:2] in PROVINCES and civil.is_code(entry_id):
        return civil.trimmed(entry_id)
    if civil_code[:2] in PROVINCES and civil.is_code(civil_code):
        return civil.trimmed(civil_code)
    if entry_id[:2] in PROVINCES and is_code(entry_id):
        return civil.trimmed(entry_id[:6])
    return fallback


def province_name(code: str, language: str) -> str:
    """Return the name of the province *code* in ``zh`` or ``en``; empty when it is none."""
    names = PROVINCES.get(code)
    return "" if names is None else names[language == "en"]
