"""A body as a peer of an odd charset wants it.

Bodies are written once, as the edition says (``manscdp.codec``); the few peers that need another
label or other bytes get them here.  Source: GB/T 28181-2022 6.10; field.
"""

import re

from tongshi.gb28181.profile import Charset

_LABEL = re.compile(rb'(<\?xml[^>]*encoding=")[^"]*(")')


def recode(body: bytes, charset: Charset) -> bytes:
    """Return *body*, GB18030 with a declaration, as *charset*.

    GB2312 and GB18030 share their bytes: a character that GB2312 lacks is kept, for most receivers
    that ask for GB2312 read it nevertheless.
    """
    if charset is Charset.BY_EDITION:
        return body
    if charset is Charset.UTF_8:
        body = body.decode("gb18030", "replace").encode("utf-8")
    return _LABEL.sub(rb"\g<1>" + charset.name.replace("_", "-").encode() + rb"\g<2>", body, 1)
