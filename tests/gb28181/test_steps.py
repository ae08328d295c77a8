from tongshi.gb28181.invite import Answer
from tongshi.gb28181.steps import SDP, Bye, Ended, Established, Failed, Parties, Stage
from tongshi.gb28181.steps import By as Side
from tongshi.sip.message import Request


def test_outcomes_are_values() -> None:
    answer = Answer(owner="a", host="192.0.2.20", port=1)
    assert Established(answer) == Established(answer)
    assert Failed(Stage.INVITE, 486, "Busy Here") != Failed(Stage.INVITE, None, "B")
    assert Ended(Side.LOCAL) != Ended(Side.REMOTE)


def test_defaults() -> None:
    assert not Bye(Request("BYE", "sip:a@x")).stray
    assert Parties("a", "b", "d", "sip:b@x", "sip:a@y").user_agent == "Tongshi"
    assert SDP.lower() == "application/sdp"
