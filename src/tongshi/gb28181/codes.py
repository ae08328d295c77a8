"""What the digits of an identifier mean, in Chinese and English.

Source: GB/T 28181-2022 annex E.1 (types, networks) and E.2 (industries).
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Name:
    """One meaning in both languages."""

    zh: str
    en: str


class Family(Enum):
    """The ranges of type codes in table E.1."""

    MAIN_DEVICE = "main device"
    PERIPHERAL = "peripheral"
    PLATFORM = "platform equipment"
    CENTRAL_USER = "central user"
    TERMINAL_USER = "terminal user"
    EXTERNAL_SERVER = "external server"
    EXTENSION = "extension"
    UNASSIGNED = "unassigned"


FAMILIES: tuple[tuple[range, Family, Name], ...] = (
    (range(0, 111), Family.UNASSIGNED, Name("未分配", "unassigned")),
    (range(111, 131), Family.MAIN_DEVICE, Name("前端主设备", "front-end main device")),
    (range(131, 200), Family.PERIPHERAL, Name("前端外围设备", "front-end peripheral")),
    (range(200, 300), Family.PLATFORM, Name("平台设备", "platform equipment")),
    (range(300, 400), Family.CENTRAL_USER, Name("中心用户", "central user")),
    (range(400, 500), Family.TERMINAL_USER, Name("终端用户", "terminal user")),
    (range(500, 600), Family.EXTERNAL_SERVER, Name("平台外接服务器", "external server")),
    (range(600, 1000), Family.EXTENSION, Name("扩展类型", "extension")),
)
"""Every type code belongs to exactly one row."""

TYPES: dict[int, Name] = {
    111: Name("数字硬盘录像机", "digital video recorder"),
    112: Name("视频服务器", "video server"),
    113: Name("编码器", "encoder"),
    114: Name("解码器", "decoder"),
    115: Name("视频切换矩阵", "video matrix"),
    116: Name("音频切换矩阵", "audio matrix"),
    117: Name("报警控制器", "alarm controller"),
    118: Name("网络视频录像机", "network video recorder"),
    119: Name("预留", "reserved"),
    120: Name("在线视频图像信息采集系统", "online image collecting system"),
    121: Name("视频卡口", "video checkpoint"),
    122: Name("多目设备", "multi-lens device"),
    123: Name("停车场出入口控制设备", "car-park access controller"),
    124: Name("人员出入口控制设备", "person access controller"),
    125: Name("安检设备", "security-inspection device"),
    130: Name("混合硬盘录像机", "hybrid video recorder"),
    131: Name("摄像机", "camera"),
    132: Name("网络摄像机", "network camera"),
    133: Name("显示器", "display"),
    134: Name("报警输入设备", "alarm input"),
    135: Name("报警输出设备", "alarm output"),
    136: Name("语音输入设备", "voice input"),
    137: Name("语音输出设备", "voice output"),
    138: Name("移动传输设备", "mobile transmission device"),
    139: Name("其他外围设备", "other peripheral"),
    140: Name("报警输出设备（继电器或触发器）", "alarm output (relay or trigger)"),
    141: Name("道闸", "barrier gate"),
    142: Name("智能门", "smart door"),
    143: Name("凭证识别单元", "credential reader"),
    200: Name("中心信令控制服务器", "central signalling control server"),
    201: Name("Web应用服务器", "web application server"),
    202: Name("媒体分发服务器", "media distribution server"),
    203: Name("代理服务器", "proxy server"),
    204: Name("安全服务器", "security server"),
    205: Name("报警服务器", "alarm server"),
    206: Name("数据库服务器", "database server"),
    207: Name("GIS服务器", "GIS server"),
    208: Name("管理服务器", "management server"),
    209: Name("接入网关", "access gateway"),
    210: Name("媒体存储服务器", "media storage server"),
    211: Name("信令安全路由网关", "signalling security routing gateway"),
    215: Name("业务分组", "business group"),
    216: Name("虚拟组织", "virtual organisation"),
    300: Name("中心用户", "central user"),
    400: Name("终端用户", "terminal user"),
    500: Name("视频图像信息综合应用平台", "integrated image application platform"),
    501: Name("视频图像信息运维管理平台", "operation and maintenance platform"),
    502: Name("视频图像分析系统", "image analysis system"),
    503: Name("视频图像信息数据库", "image database"),
    505: Name("视频图像分析设备", "image analysis device"),
}
"""Digits 11 to 13, where the standard gives a name of its own.

The 2022 text prints 201 twice; the second, the media distribution server, is 202.
"""

NETWORKS: dict[int, Name] = {
    0: Name("公安视频传输网", "public-security video network"),
    1: Name("公安视频传输网", "public-security video network"),
    2: Name("行业专网", "industry private network"),
    3: Name("政法信息网", "political and legal affairs network"),
    4: Name("公安移动信息网", "public-security mobile network"),
    5: Name("公安信息网", "public-security information network"),
    6: Name("电子政务外网", "e-government extranet"),
    7: Name("互联网等公共网络", "Internet and other public networks"),
    8: Name("专线", "leased line"),
    9: Name("预留", "reserved"),
}
"""Digit 14.  Codes given before 2022 use it as a part of the serial, mostly 0."""

_NAMED_INDUSTRIES: dict[int, Name] = {
    0: Name("社会治安路面接入", "social security: road surface"),
    1: Name("社会治安社区接入", "social security: community"),
    2: Name("社会治安内部接入", "social security: internal"),
    3: Name("社会治安其他接入", "social security: other"),
    4: Name("交通路面接入", "traffic: road surface"),
    5: Name("交通卡口接入", "traffic: checkpoint"),
    6: Name("交通内部接入", "traffic: internal"),
    7: Name("交通其他接入", "traffic: other"),
    8: Name("城市管理接入", "city management"),
    9: Name("卫生环保接入", "health and environment"),
    10: Name("商检海关接入", "commodity inspection and customs"),
    11: Name("教育部门接入", "education authorities"),
    12: Name("民航接入", "civil aviation"),
    13: Name("铁路接入", "railway"),
    14: Name("航运接入", "shipping"),
    40: Name("农、林、牧、渔业接入", "agriculture"),
    41: Name("采矿业接入", "mining"),
    42: Name("制造业接入", "manufacturing"),
    43: Name("电力、热力、燃气及水生产和供应业接入", "power, heat, gas and water"),
    44: Name("建筑业接入", "construction"),
    45: Name("批发和零售业接入", "wholesale and retail"),
    46: Name("交通运输、仓储和邮政业接入", "transport and post"),
    47: Name("住宿和餐饮业接入", "accommodation and catering"),
    48: Name("信息传输、软件和信息技术服务业接入", "information technology and software"),
    49: Name("金融业接入", "finance"),
    50: Name("房地产业接入", "real estate"),
    51: Name("租赁和商务服务业接入", "leasing and business services"),
    52: Name("科学研究和技术服务业接入", "science and technical services"),
    53: Name("水利、环境和公共设施管理业接入", "water, environment and public facilities"),
    54: Name("居民服务、修理和其他服务业接入", "residents' services"),
    55: Name("教育接入", "education"),
    56: Name("卫生和社会工作接入", "health and social work"),
    57: Name("文化、体育和娱乐业接入", "culture, sports and entertainment"),
    58: Name("公共管理、社会保障和社会组织接入", "public administration"),
    59: Name("国际组织接入", "international organisations"),
}

INDUSTRIES: dict[int, Name] = (
    {code: Name("预留1", "reserved 1") for code in range(15, 40)}
    | {code: Name("预留2", "reserved 2") for code in range(60, 90)}
    | {code: Name("自定义", "custom") for code in range(90, 100)}
    | _NAMED_INDUSTRIES
)
"""Digits 9 and 10; all of 0 to 99 are there."""


def family_of(type_code: int) -> Family:
    """Return the family of *type_code*, 0..999."""
    return next(family for codes, family, _ in FAMILIES if type_code in codes)


def type_name(type_code: int) -> Name:
    """Return what *type_code*, 0..999, stands for: its own name, else its family's."""
    own = TYPES.get(type_code)
    return own or next(name for codes, _, name in FAMILIES if type_code in codes)
