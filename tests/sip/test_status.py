from tongshi.sip.status import REASONS


def test_every_phrase_belongs_to_a_status_and_fits_a_line() -> None:
    for status, phrase in REASONS.items():
        assert 100 <= status < 700
        assert phrase.isascii()
        assert phrase.isprintable()
        assert phrase
