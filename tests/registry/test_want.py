from tongshi.registry.want import Want


def test_a_choice_is_for_something_unless_it_says_otherwise() -> None:
    assert Want("device", "alarm") == Want("device", "alarm", "", True, 0)
