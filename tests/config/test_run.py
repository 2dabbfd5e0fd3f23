"""What bin/run says when it cannot start."""

import socket

import pytest

from config import devserver


def test_a_busy_port_is_named_with_a_way_out(capsys, monkeypatch):
    monkeypatch.setattr(devserver.signal, "signal", lambda *_: None)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert devserver.main(["--port", str(port)]) == 1
    message = capsys.readouterr().err
    assert f"Le port {port} est déjà utilisé" in message
    assert f"bin/run --port {port + 1}" in message


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "٣"])
def test_a_wrong_port_is_refused(capsys, port):
    with pytest.raises(SystemExit, match="2"):
        devserver.main([f"--port={port}"])
    assert "n'est pas un numéro de port" in capsys.readouterr().err


def test_a_wrong_port_in_the_environment_is_refused_too(capsys, monkeypatch):
    monkeypatch.setenv("PORT", "huit mille")
    with pytest.raises(SystemExit, match="2"):
        devserver.main([])
    assert "« huit mille »" in capsys.readouterr().err
