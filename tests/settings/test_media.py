from tongshi.settings import DownloadSettings, MediaSettings


def test_there_are_two_ports_for_each_stream() -> None:
    media = MediaSettings()
    assert media.ports_to - media.ports_from + 1 >= 2 * media.sessions


def test_one_device_does_not_take_all_downloads() -> None:
    downloads = DownloadSettings()
    assert downloads.per_device < downloads.at_once
