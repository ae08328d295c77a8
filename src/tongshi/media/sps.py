"""What a sequence parameter set says about the picture, for H.264 and H.265.

Source: ITU-T H.264 7.3.2.1.1; ITU-T H.265 7.3.2.2 and 7.3.3; codec strings: ISO/IEC 14496-15
annex E, RFC 6381.
"""

from dataclasses import dataclass

# H.264 7.3.2.1.1: profiles whose parameter set carries the chroma format.
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_LARGEST = 16384


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture that a sequence parameter set describes.

    width, height: in pixels, after cropping.
    codec: as browsers want it, ``avc1.64001f`` or ``hvc1.1.6.L93.B0``.
    chroma: 0 none, 1 4:2:0, 2 4:2:2, 3 4:4:4.  depths: bits per sample, luma and chroma.
    profile: the bytes that a decoder configuration record repeats: 3 for H.264, 12 for H.265.
    layers: temporal layers and whether they nest (H.265 only).
    """

    width: int
    height: int
    codec: str
    chroma: int
    depths: tuple[int, int]
    profile: bytes
    layers: tuple[int, bool] = (1, True)


class Bits:
    """Bits of a raw byte sequence payload, most significant first.

    Reading past the end gives zeros and sets ``overrun``.
    """

    __slots__ = ("_at", "_length", "_value", "overrun")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._length = 8 * len(data)
        self._at = 0
        self.overrun = False

    def read(self, count: int) -> int:
        """Return the next *count* bits."""
        self._at += count
        shift = self._length - self._at
        if shift < 0:
            self.overrun = True
            return 0
        return self._value >> shift & ((1 << count) - 1)

    def ue(self) -> int:
        """Return the next unsigned Exp-Golomb number (H.264 9.1)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 31 or self.overrun:
                self.overrun = True
                return 0
        return (1 << zeros) - 1 + self.read(zeros)

    def se(self) -> int:
        """Return the next signed Exp-Golomb number (H.264 9.1.1)."""
        number = self.ue()
        return (number + 1) // 2 if number & 1 else -(number // 2)


def unescape(unit: bytes) -> bytes:
    """Return *unit* without its emulation prevention bytes."""
    return unit.replace(b"\0\0\3", b"\0\0")


def parse_h264(unit: bytes) -> Picture | None:
    """Return what the H.264 sequence parameter set *unit* says; None when it is not one."""
    if len(unit) < 5 or unit[0] & 0x1F != 7:
        return None
    profile = unit[1:4]
    bits = Bits(unescape(unit[4:]))
    bits.ue()  # seq_parameter_set_id
    chroma, depths = _chroma_h264(bits) if profile[0] in _WITH_CHROMA else (1, (8, 8))
    bits.ue()  # log2_max_frame_num_minus4
    _skip_order_count(bits)
    bits.ue()  # max_num_ref_frames
    bits.read(1)  # gaps_in_frame_num_value_allowed_flag
    width = 16 * (bits.ue() + 1)
    height = 16 * (bits.ue() + 1)
    frames_only = bits.read(1)
    height *= 2 - frames_only
    if not frames_only:
        bits.read(1)  # mb_adaptive_frame_field_flag
    bits.read(1)  # direct_8x8_inference_flag
    if bits.read(1):
        across = 2 if chroma in (1, 2) else 1
        down = (2 if chroma == 1 else 1) * (2 - frames_only)
        width, height = _crop(bits, width, height, across, down)
    if bits.overrun or not _is_sane(width, height, chroma):
        return None
    return Picture(width, height, f"avc1.{profile.hex()}", chroma, depths, profile)


def _chroma_h264(bits: Bits) -> tuple[int, tuple[int, int]]:
    chroma = bits.ue()
    if chroma == 3:
        bits.read(1)  # separate_colour_plane_flag
    depths = 8 + bits.ue(), 8 + bits.ue()
    bits.read(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.read(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, depths


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = 8
    for _ in range(size):
        last = (last + bits.se()) % 256
        if not last or bits.overrun:
            return


def _skip_order_count(bits: Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.read(1)  # delta_pic_order_always_zero_flag
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def _crop(bits: Bits, width: int, height: int, across: int, down: int) -> tuple[int, int]:
    left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
    return width - across * (left + right), height - down * (top + bottom)


def _is_sane(width: int, height: int, chroma: int) -> bool:
    return 0 < width <= _LARGEST and 0 < height <= _LARGEST and chroma <= 3


def parse_h265(unit: bytes) -> Picture | None:
    """Return what the H.265 sequence parameter set *unit* says; None when it is not one."""
    if len(unit) < 16 or unit[0] >> 1 & 0x3F != 33:
        return None
    raw = unescape(unit[2:])
    bits = Bits(raw)
    bits.read(4)  # sps_video_parameter_set_id
    layers = bits.read(3) + 1
    nested = bool(bits.read(1))
    profile = raw[1:13]
    bits.read(96)
    _skip_layers(bits, layers - 1)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.ue()
    if chroma == 3:
        bits.read(1)  # separate_colour_plane_flag
    width, height = bits.ue(), bits.ue()
    if bits.read(1):
        across, down = 2 if chroma in (1, 2) else 1, 2 if chroma == 1 else 1
        width, height = _crop(bits, width, height, across, down)
    depths = 8 + bits.ue(), 8 + bits.ue()
    if bits.overrun or len(profile) < 12 or not _is_sane(width, height, chroma):
        return None
    return Picture(
        width, height, _codec_h265(profile), chroma, depths, profile, layers=(layers, nested)
    )


def _skip_layers(bits: Bits, count: int) -> None:
    """Sub-layers of profile_tier_level, H.265 7.3.3."""
    present = [(bits.read(1), bits.read(1)) for _ in range(count)]
    if count:
        bits.read(2 * (8 - count))
    for profile, level in present:
        bits.read(88 * profile + 8 * level)


def _codec_h265(profile: bytes) -> str:
    """ISO/IEC 14496-15 E.3: profile, compatibility in reverse bit order, tier and level, flags."""
    space = ("", "A", "B", "C")[profile[0] >> 6]
    tier = "H" if profile[0] & 0x20 else "L"
    compatible = int(f"{int.from_bytes(profile[1:5], 'big'):032b}"[::-1], 2)
    flags = "".join(f".{byte:X}" for byte in profile[5:11].rstrip(b"\0"))
    return f"hvc1.{space}{profile[0] & 0x1F}.{compatible:X}.{tier}{profile[11]}{flags}"
