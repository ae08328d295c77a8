"""What the benchmark loads, started and stopped."""

from pathlib import Path

import pytest

from tongshi.cli.bench import registrar
from tongshi.cli.bench.registrar import Kamailio, Ours
from tongshi.errors import EngineFailed
from tongshi.sim.load import Devices

WORD = "12345678"


@pytest.mark.network
def test_ours_serves_settles_and_writes(tmp_path: Path) -> None:
    server = Ours(WORD)
    try:
        with Devices(server.target, 50) as devices:
            assert devices.register().done == 50
            server.settle()
            server.store(tmp_path)
            assert devices.keep_alive_at(500, 0.1).done == 50
        assert (tmp_path / "tongshi.db").exists()
        assert server.spent() > 0
    finally:
        server.stop()


def test_without_kamailio_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "kamailio", lambda: None)
    with pytest.raises(EngineFailed, match="not installed"):
        Kamailio(WORD, tmp_path)


@pytest.mark.network
def test_a_kamailio_that_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrar, "kamailio", lambda: "/bin/echo")
    monkeypatch.setattr(registrar, "_PATIENCE", 0.3)
    with pytest.raises(EngineFailed, match="did not start"):
        Kamailio(WORD, tmp_path)
