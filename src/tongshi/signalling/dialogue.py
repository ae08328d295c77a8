"""A talk by one INVITE of ours, whose sound goes both ways.

::

    our INVITE, s=Talk, sendrecv --> 200 --> ACK --> sound goes both ways

Sources: GB/T 28181-2016 9.12 and the field (``s=Talk``).
"""

from tongshi.errors import RemoteProtocolError
from tongshi.gateway.engine import Speak, Transport
from tongshi.gb28181.broadcast import G711A, Hearing
from tongshi.gb28181.description import PCMA, Direction, Purpose, Setup
from tongshi.gb28181.invite import Offer, agree
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import Parties
from tongshi.gb28181.subject import Subject
from tongshi.signalling.calls import Call
from tongshi.signalling.talk import Holding

_SETUPS = {
    Transport.UDP: None,
    Transport.TCP_PASSIVE: Setup.PASSIVE,
    Transport.TCP_ACTIVE: Setup.ACTIVE,
}
_PASSIVE = Transport.TCP_PASSIVE


class Dialogue(Holding):
    """A talk by one INVITE of ours, both ways."""

    async def run(self) -> None:
        """See Attempt.

        Raises PeerSilent or PeerRefused (stage ``invite``), PeerSilent (``connect``),
        RemoteProtocolError, Exhausted, EngineFailed.
        """
        ssrc = self._lease()
        transport = self._desk.transport
        source = self._neighbour.address.host
        port = await self._open(Speak(self.talk.stream, transport, (source,), hears=True))
        offer = self._offer(port, ssrc, transport)
        own, means = self._means.own, self._means
        address, channel = self._neighbour.address, self.talk.key.target_id
        parties = Parties(
            own.id, channel, own.realm, own.uri(channel, address), own.contact_uri(address)
        )
        subject = Subject(channel, ssrc, own.id, own.new_token()[:10])
        caller = Caller(parties, offer, subject, new_token=own.new_token)
        call = Call(caller, address, means.exchange, lambda: self.talk.end("peer"))
        means.calls[call.call_id] = call
        self._held.callback(means.calls.pop, call.call_id, None)
        self._held.push_async_callback(self._hang_up, call)
        profile = own.profile_of(self._neighbour.device_id)
        answer = await call.establish(within=profile.invite_timeout or means.invite)
        agreement = agree(offer, answer, call.source.host)
        if agreement.tcp != offer.tcp or (not agreement.port and transport is not _PASSIVE):
            text = f"{channel} answers with another transport, or no port"
            raise RemoteProtocolError(text, clause="GB/T 28181-2022 D.1", status=488)
        hearing = Hearing(
            agreement.tcp, agreement.connect, agreement.host, agreement.port, int(ssrc), hears=True
        )
        await self._start(hearing, ssrc, follow=answer.host != agreement.host)

    def _offer(self, port: int, ssrc: str, transport: Transport) -> Offer:
        return Offer(
            owner=self._means.own.id,
            host=self._media_host(),
            port=port,
            purpose=Purpose.TALK,
            kind="audio",
            tcp=transport is not Transport.UDP,
            setup=_SETUPS[transport],
            direction=Direction.SENDRECV,
            payloads=(PCMA,),
            ssrc=ssrc,
            format=G711A,
        )

    async def _hang_up(self, call: Call) -> None:
        await call.hang_up(within=self._patience)
