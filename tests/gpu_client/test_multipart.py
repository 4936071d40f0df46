"""Reading forms."""

from __future__ import annotations

import contextlib

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_client.reference_renderer.multipart import MAX_PARTS, FormUnreadable, parse

TYPE = "multipart/form-data; boundary=b"


def part(name: str, value: str = "x") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


@given(st.binary(max_size=3000), st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_a_form_of_our_client_comes_back_as_it_was_sent(data: bytes, prompt: str) -> None:
    files = [("prompt", (None, prompt.encode(), "text/plain")), ("parent", ("0.sealed", data, "application/x"))]
    request = httpx2.Request("POST", "http://x", files=files)
    read = parse(request.headers["content-type"], request.read())
    assert [(p.name, p.filename, p.data) for p in read] == [
        ("prompt", None, prompt.encode()),
        ("parent", "0.sealed", data),
    ]
    assert read[0].text == prompt
    assert read[1].media_type == "application/x"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", part("a") + b"--b--"),
        (TYPE, b""),
        (TYPE, part("a")),
        (TYPE, part("a") + part("a") + b"--b--"),
        (TYPE, b"preamble\r\n" + part("a") + b"--b--"),
        (TYPE, b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
        (TYPE, b"--b\r\nno colon\r\n\r\nx\r\n--b--"),
        (TYPE, b"".join(part(str(n)) for n in range(MAX_PARTS + 1)) + b"--b--"),
        (TYPE, b"--b\r\nX: " + b"y" * 5000 + b"\r\n\r\nx\r\n--b--"),
    ],
)
def test_what_is_not_one_plain_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(FormUnreadable):
        parse(content_type, body)


@given(st.binary(max_size=400))
def test_noise_is_refused_or_read_but_never_breaks(noise: bytes) -> None:
    with contextlib.suppress(FormUnreadable):
        parse(TYPE, b"--b\r\n" + noise)
