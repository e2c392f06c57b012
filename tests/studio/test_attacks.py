"""What a local web server is attacked with, and what comes of it: nothing."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx
    from studio_world import Running

PATHS = ["/", "/index.json", "/table/public/people", "/static/studio.css", "/activity", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
def test_a_second_user_of_the_machine_gets_nothing(studio: Running, path: str) -> None:
    """Without the token there is one sentence, for every address alike."""
    with studio.stranger() as client:
        answer = client.get(path)
    assert answer.status_code == 403
    assert "printed" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_guessed_token_opens_nothing(studio: Running) -> None:
    """Neither a wrong one nor an empty one nor a part of it."""
    with studio.stranger() as client:
        answers = [
            client.get("/", params={"token": given}) for given in ("", "x", studio.token[:-1])
        ]
    assert [one.status_code for one in answers] == [403, 403, 403]
    assert not any("set-cookie" in one.headers for one in answers)


def test_the_token_leaves_the_address_and_becomes_a_cookie(studio: Running) -> None:
    """Scripts cannot read the cookie, and other sites do not send it."""
    with studio.stranger() as client:
        answer = client.get("/", params={"token": studio.token, "q": "x"})
    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=x")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert studio.token not in cookie


def test_a_link_on_another_sites_page_lets_in(studio: Running) -> None:
    """As in a terminal that is a page: a redirect would lead there without the cookie."""
    sent = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    with studio.stranger(**sent) as client:
        answer = client.get("/", params={"token": studio.token, "q": "x"})
    assert (answer.status_code, answer.headers["refresh"]) == (200, "0; url=/?q=x")
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert studio.token not in answer.text


def test_the_redirect_stays_here(studio: Running) -> None:
    """A path that begins with two slashes would be another machine's name."""
    with studio.stranger() as client:
        answer = client.get(f"{studio.origin}//evil.example/?token={studio.token}")
    assert answer.headers["location"].startswith("/evil.example")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "[::1]:{port}", ""]
)
def test_a_name_that_points_here_is_refused(
    studio: Running, browser: httpx.Client, host: str
) -> None:
    """DNS rebinding: the browser sends our cookie's address, but asks for another host."""
    answer = browser.get("/", headers={"Host": host.format(port=studio.port)})
    assert answer.status_code in {400, 421}
    assert "people" not in answer.text


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1"]
)
def test_another_sites_page_may_not_ask(browser: httpx.Client, origin: str) -> None:
    """Although it is on this machine and the cookie comes along."""
    assert browser.get("/", headers={"Origin": origin}).status_code == 403
    assert browser.post("/changes", headers={"Origin": origin}).status_code == 403


def test_a_form_without_an_origin_is_refused(studio: Running) -> None:
    """Every browser sends one with a form."""
    with studio.browser() as client:
        del client.headers["Origin"]
        assert client.post("/changes").status_code == 403


def test_another_sites_image_of_a_page_is_refused(browser: httpx.Client) -> None:
    """A port of this machine is the same site to a cookie, and is told apart."""
    sent = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    del browser.headers["Origin"]
    assert browser.get("/", headers=sent).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/static/", "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/../../etc/passwd",
        "/table/..~2F..~2Fetc/passwd", "/table/public/..", "/table/public/people%2f..%2f..", "/static/studio.css/",
        "/table/public/~2f", "/table/public/~FF", "/table/public/%00", "/table/public/people~00",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file(studio: Running, browser: httpx.Client, path: str) -> None:
    """Sent as it is written, since a client would tidy it up."""
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with socket.create_connection(("127.0.0.1", studio.port), timeout=10) as wire:
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nCookie: {cookie}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
    assert int(answer.split()[1]) in {400, 404}
    assert "root:" not in answer
    assert "Traceback" not in answer


def test_a_form_that_never_comes_is_given_up(
    studio: Running, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a traceback in the terminal: whoever opens it and leaves is no fault of ours."""
    monkeypatch.setattr("amber_sql.studio.page._FORM", 0.1)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with socket.create_connection(("127.0.0.1", studio.port), timeout=10) as wire:
        wire.sendall(
            f"POST /query/people/get HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nCookie: {cookie}\r\n"
            f"Origin: {studio.origin}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: 50\r\nConnection: close\r\n\r\nform".encode()
        )
        answer = b"".join(iter(lambda: wire.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.1 408")


@pytest.mark.parametrize("path", ["/", "/index.json", "/static/studio.js", "/nothing"])
def test_every_answer_forbids_what_is_not_ours(browser: httpx.Client, path: str) -> None:
    """Neither inline script nor style, no frame, no guessing of types."""
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_it_listens_on_the_loopback_alone(studio: Running) -> None:
    """Another machine finds nothing there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own = probe.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this machine has no address but the loopback")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((own, studio.port), timeout=2)
