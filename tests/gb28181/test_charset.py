import pytest

from tongshi.gb28181.charset import recode
from tongshi.gb28181.manscdp import codec
from tongshi.gb28181.profile import Charset
from tongshi.gb28181.version import Version

TEXT = "<Notify><Name>西门 㐀</Name></Notify>"


@pytest.mark.clause("6.10")
@pytest.mark.parametrize(
    ("charset", "label", "encoding"),
    [
        (Charset.BY_EDITION, "GB2312", "gb18030"),
        (Charset.GB2312, "GB2312", "gb18030"),
        (Charset.GB18030, "GB18030", "gb18030"),
        (Charset.UTF_8, "UTF-8", "utf-8"),
    ],
)
def test_a_body_in_each_charset(charset: Charset, label: str, encoding: str) -> None:
    body = recode(codec.encode(TEXT, Version.V2016), charset)
    assert body.decode(encoding) == f'<?xml version="1.0" encoding="{label}"?>\r\n{TEXT}'


def test_a_body_without_declaration_is_left_as_it_is() -> None:
    assert recode(b"<a/>", Charset.GB18030) == b"<a/>"
