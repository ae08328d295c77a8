from tongshi.registry.entry import Counts


def test_counts_add_up() -> None:
    both = Counts(online=1, offline=2) + Counts(offline=1, unknown=4)
    assert both == Counts(online=1, offline=3, unknown=4)
    assert both.total == 8
    assert Counts().total == 0
