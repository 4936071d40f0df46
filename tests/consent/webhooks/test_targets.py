"""Where a webhook may go: the corpus of addresses and spellings that lead inside, and the few that do not."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.webhooks import targets
from consent.webhooks.targets import WebhookTargetRefused


def listed(text: str) -> list[str]:
    return text.split()


PRIVATE4 = listed("""
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.0.0.53 127.1.2.3
127.255.255.255 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 169.254.169.123 172.16.0.1 172.17.0.1
172.31.255.255 192.0.0.1 192.0.0.170 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1
192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 224.0.0.251 239.255.255.250
240.0.0.1 255.255.255.254 255.255.255.255
""")
INSIDE6 = listed("""
:: ::1 ::2 ::7f00:1 ::ffff:0:0 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::808:808 64:ff9b:1::1 64:ff9b:1:ffff::a00:1 100::1 100:0:0:1::1
2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1 2001:1ff:ffff::1 2001:db8::1 2001:db8:ffff::1
2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::1 2002:808:808::1 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1
8000::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 fe80::a9fe:a9fe febf::1 fec0::1 ff00::1 ff02::1 ff02::fb
ff05::2 ff0e::1 fd00::1
""")
PUBLIC = listed(
    "8.8.8.8 1.1.1.1 93.184.216.34 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 2606:4700::1111 2a00:1450::1"
)
NO_ADDRESS = [
    "",
    "localhost",
    "127.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "2130706433",
    "1.2.3",
    "1.2.3.4.5",
    "::ffff",
    "[::1]",
]

URLS = listed("""
http://example.com/ ftp://example.com/ gopher://example.com/ file:///etc/passwd javascript:alert(1) //example.com/
example.com/ https:example.com https:/example.com https:// https:/// https://:443/ https://example.com:80/
https://example.com:22/ https://example.com:25/ https://example.com:444/ https://example.com:5432/
https://example.com:6379/ https://example.com:8080/ https://example.com:8444/ https://example.com:0/
https://example.com:65536/ https://example.com:-1/ https://example.com:/ https://example.com:x/ https://example.com:4_43/
https://user@example.com/ https://user:word@example.com/ https://@example.com/ https://example.com@127.0.0.1/
https://127.0.0.1@example.com/ https://example.com#@127.0.0.1/ https://example.com/# https://example.com/#x
https://example.com\\@127.0.0.1/ https://example.com\\.internal/ https:\\\\example.com/ https://exa%6dple.com/
https://%31%32%37.0.0.1/ https://127.0.0.1/ https://127.0.0.1:8443/ https://127.1/ https://127.0.1/ https://0/ https://0.0.0.0/
https://2130706433/ https://0x7f000001/ https://0x7f.0.0.1/ https://0x7f.1/ https://017700000001/ https://0177.0.0.1/
https://127.0.0.1./ https://10.0.0.1/ https://169.254.169.254/latest/meta-data/ https://100.100.100.200/
https://192.168.1.1/ https://172.16.0.1/ https://168.63.129.16/ https://1.2.3.4.5/ https://1.2.3/ https://256.1.1.1/
https://1.1.1.1.1/ https://01.1.1.1/ https://1.1.1.0x1/ https://a.1/ https://a.0x7f/ https://[::1]/ https://[::]/ https://[::1]:8443/
https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/ https://[fe80::1%25eth0]/ https://[fe80::1]/ https://[fc00::1]/
https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/ https://[2001:db8::1]/ https://[v1.x]/ https://[127.0.0.1]/
https://[::1/ https://::1/ https://[2606:4700::1111]x/ https://x[2606:4700::1111]/ https://example.com:0443/
https://[2606:4700::1111]:/ https://localhost/ https://LOCALHOST/ https://localhost:8443/
https://a.localhost/ https://localhost.localdomain.local/ https://printer.local/ https://metadata.google.internal/
https://metadata/ https://kubernetes/ https://kubernetes.default.svc.cluster.local/ https://vault.corp/ https://nas.lan/
https://router.home/ https://x.private/ https://x.intranet/ https://1.0.0.127.in-addr.arpa/ https://x.home.arpa/
https://abc.onion/ https://example.com./ https://example..com/ https://.example.com/ https://-example.com/
https://example-.com/ https://exa_mple/ https://exam!ple.com/ https://exam,ple.com/ https://exam;ple.com/
https://*.example.com/ https://example.com,127.0.0.1/ https://(example.com)/ https://'example.com/
""")
ODD_URLS = [
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/a b",
    "https://example.com/\r\nHost: inside",
    "https://example.com/\n",
    "https://exam\tple.com/",
    "https://example.com/\x00",
    "https://example.com/\x7f",
    "https://example.com/<script>",
    'https://example.com/"',
    "https://example.com/{x}",
    "https://example.com/`",
    "https://example.com/^|",
    "https://ex\u00e4mple.com/",
    "https://example\u3002com/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://127\uff0e0\uff0e0\uff0e1/",
    "https://example.com\uff0f@127.0.0.1/",
    "https://example.com/" + "a" * 1000,
    "https://" + "a" * 64 + ".com/",
    "https://" + ".".join(["a" * 60] * 5) + ".com/",
    "",
]
GOOD = {
    "https://example.com": ("example.com", 443, "/", "example.com"),
    "https://EXAMPLE.com/Hook?a=b&c=%20": ("example.com", 443, "/Hook?a=b&c=%20", "example.com"),
    "https://example.com:443/x": ("example.com", 443, "/x", "example.com"),
    "https://hooks.example.com:8443?q": ("hooks.example.com", 8443, "/?q", "hooks.example.com:8443"),
    "https://xn--exmple-cua.com/": ("xn--exmple-cua.com", 443, "/", "xn--exmple-cua.com"),
    "https://1.1.1.1/": ("1.1.1.1", 443, "/", "1.1.1.1"),
    "https://[2606:4700::1111]:8443/": ("2606:4700::1111", 8443, "/", "[2606:4700::1111]:8443"),
}


def answering(*addresses: str) -> Any:  # noqa: ANN401 - a resolver
    return lambda _host, _port: list(addresses)


def somewhere() -> targets.Place:
    return targets.read("https://hooks.example.com/")


@pytest.mark.parametrize("address", [*PRIVATE4, *INSIDE6, *NO_ADDRESS])
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(WebhookTargetRefused):
        targets.settle(somewhere(), answering(address))


@pytest.mark.parametrize("address", [*PRIVATE4[::6], *INSIDE6[::6]])
def test_one_address_inside_among_public_ones_refuses_the_name(address: str) -> None:
    for answer in ([address, "8.8.8.8"], ["8.8.8.8", address], ["2606:4700::1111", "8.8.8.8", address]):
        with pytest.raises(WebhookTargetRefused):
            targets.settle(somewhere(), answering(*answer))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_name_that_leads_to_the_public_internet_is_pinned_to_its_address(address: str) -> None:
    assert targets.settle(somewhere(), answering(address, "8.8.8.8")).address == address


def test_a_name_without_an_address_leads_nowhere() -> None:
    with pytest.raises(WebhookTargetRefused):
        targets.settle(somewhere(), answering())


@pytest.mark.parametrize("url", [*URLS, *ODD_URLS], ids=lambda url: ascii(url)[:60])
def test_a_url_that_is_not_plainly_https_to_a_public_name_is_refused(url: str) -> None:
    with pytest.raises(WebhookTargetRefused):
        targets.read(url)


@pytest.mark.parametrize(("url", "found"), GOOD.items(), ids=list(GOOD))
def test_a_plain_url_is_read(url: str, found: tuple[str, int, str, str]) -> None:
    place = targets.read(url)
    assert (place.host, place.port, place.path, place.authority) == found
    assert place.secure


def test_the_corpus_is_large_enough() -> None:
    assert len({*PRIVATE4, *INSIDE6, *NO_ADDRESS, *URLS, *ODD_URLS}) >= 200


@given(st.ip_addresses())
def test_no_address_is_public_here_that_python_knows_to_be_another(address: Any) -> None:  # noqa: ANN401 - v4 or v6
    if targets.is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "64:ff9b::{}", "2002:{hex}::1", "::{}", "2001:0:{hex}::1"]))
def test_no_ipv4_address_is_reached_inside_an_ipv6_address(inner: ipaddress.IPv4Address, form: str) -> None:
    number = f"{int(inner) >> 16:x}:{int(inner) & 0xFFFF:x}"
    assert not targets.is_public(str(ipaddress.ip_address(form.format(number, hex=number))))


@given(st.sampled_from(targets._REFUSED4 + targets._REFUSED6), st.data())
def test_no_address_of_a_refused_network_is_public(network: Any, data: st.DataObject) -> None:  # noqa: ANN401 - v4 or v6
    assert not targets.is_public(str(network[data.draw(st.integers(0, network.num_addresses - 1))]))


@given(st.text())
def test_no_text_is_an_error_of_another_kind(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/", f"https://example.com:{text}", f"https://[{text}]/"):
        try:
            place = targets.read(url, loopback=True)
        except WebhookTargetRefused:
            continue
        assert place.port in targets.PORTS or not place.secure


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://localhost/", "http://[::1]:9/"])
def test_http_to_this_machine_is_for_development_only(url: str) -> None:
    with pytest.raises(WebhookTargetRefused):
        targets.read(url)
    place = targets.read(url, loopback=True)
    assert not place.secure
    for address in ("8.8.8.8", "10.0.0.1", "169.254.169.254"):
        with pytest.raises(WebhookTargetRefused):
            targets.settle(place, answering(address))
    assert targets.settle(place, answering("127.0.0.1")).address == "127.0.0.1"


@pytest.mark.parametrize("url", ["http://example.com/", "http://127.0.0.2/", "http://10.0.0.1/", "https://127.0.0.1/"])
def test_development_opens_nothing_else(url: str) -> None:
    with pytest.raises(WebhookTargetRefused):
        targets.read(url, loopback=True)


def test_a_resolver_that_does_not_answer_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    def silent(*_asked: object, **_more: object) -> list[Any]:
        let_go.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    began = time.monotonic()
    assert targets.lookup("example.com", 443, seconds=0.05) == []
    let_go.set()
    assert time.monotonic() - began < 25  # not for ever; how fast is not asked


def test_a_resolver_that_fails_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_asked: object, **_more: object) -> list[Any]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", failing)
    assert targets.lookup("example.com", 443, seconds=5) == []


def test_old_spellings_are_judged_by_what_the_system_reads() -> None:
    for text in ("127.1", "0x7f.1", "2130706433"):
        for address in targets.lookup(text, 443, seconds=5):
            assert not targets.is_public(address)
