"""Pages speak the reader's language, programs are answered in English, and the Spanish catalogues are whole."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "consent", "provenance")
# What need not be in Spanish: the pages of the staff and of figures.
LATER = (
    "casework",
    "console",
    "hearings",
    "oversight",
    "reviewing",
    "transparency",
    "pages/transparency",
    "templates/consent/transparency",
    "templates/provenance/console",
    "templates/provenance/hearings",
    "templates/provenance/oversight",
    "templates/provenance/reviewing",
)  # fmt: skip
PLACE = re.compile(r"%\(\w+\)[sd]|<[^>]+>|\{\w+\}")
SPANISH = {"accept-language": "es-MX,es;q=0.9", "accept": "text/html"}
pytestmark = pytest.mark.django_db


def catalogue(app: str) -> Path:
    return ROOT / app / "locale/es/LC_MESSAGES/django.po"


def program(name: str) -> str:
    """Find a program of Debian's gettext; without one these tests are skipped, but on CI they fail."""
    found = shutil.which(name)
    if found is None and "CI" not in os.environ:
        pytest.skip(f"there is no {name}")
    return found or name


def compiled(app: str, folder: Path) -> dict[object, str]:
    made = folder / "made.mo"
    subprocess.run([program("msgfmt"), "--check-format", "-o", made, catalogue(app)], check=True)
    with made.open("rb") as file:
        return vars(gettext.GNUTranslations(file))["_catalog"]  # type: ignore[no-any-return]  # gettext's own


def sources(app: str) -> list[Path]:
    return [p for p in (ROOT / app).rglob("*") if p.suffix in {".py", ".html"} and "migrations" not in p.parts]


def texts(paths: list[Path], folder: Path) -> set[str]:
    """Return what is marked for translation in these files, as gettext's own program finds it; texts of one line."""
    from django.utils.translation.template import templatize

    copies = []
    for number, path in enumerate(paths):
        copy = folder / f"{number}.py"
        copy.write_text(templatize(path.read_text(), origin=path.name) if path.suffix == ".html" else path.read_text())
        copies.append(copy)
    keywords = ["gettext_noop", "gettext_lazy", "ngettext_lazy:1,2", "pgettext:1c,2", "pgettext_lazy:1c,2"]
    command = [program("xgettext"), "--language=Python", "--from-code=UTF-8", "-o", "-", "--no-wrap"]
    found = subprocess.run(
        [*command, *(f"--keyword={word}" for word in keywords), *copies], check=True, capture_output=True, text=True
    ).stdout
    return set(re.findall(r'^msgid "(.+)"$', found, re.MULTILINE))


def entries(app: str) -> list[list[tuple[str, str]]]:
    """Return each entry of a catalogue as its keywords and their texts."""
    found = []
    for entry in catalogue(app).read_text().split("\n\n")[1:]:
        said = re.findall(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.*)"((?:\n".*")*)$', entry, re.MULTILINE)
        found.append(
            [(word, first + "".join(re.findall(r'^"(.*)"$', more, re.MULTILINE))) for word, first, more in said]
        )
    return found


@pytest.mark.parametrize("app", APPS)
def test_the_compiled_catalogue_is_what_the_text_says(app: str, tmp_path: Path) -> None:
    with catalogue(app).with_suffix(".mo").open("rb") as file:
        assert vars(gettext.GNUTranslations(file))["_catalog"] == compiled(app, tmp_path)


@pytest.mark.parametrize("app", APPS)
def test_no_spanish_text_is_fuzzy_or_short_of_a_placeholder(app: str) -> None:
    text = catalogue(app).read_text()
    assert "fuzzy" not in text
    assert "#~" not in text
    assert len(entries(app)) > 30
    for entry in entries(app):
        said = [set(PLACE.findall(words)) for word, words in entry if words and word.startswith("msgstr")]
        asked = [set(PLACE.findall(words)) for word, words in entry if word.startswith("msgid")]
        assert all(places <= asked[-1] and (len(asked) > 1 or places == asked[0]) for places in said), entry


@pytest.mark.parametrize("app", APPS)
def test_every_text_is_in_the_catalogue(app: str, tmp_path: Path) -> None:
    wanted = texts(sources(app), tmp_path)
    assert len(wanted) > 30
    assert wanted - {words for entry in entries(app) for word, words in entry if word == "msgid"} == set()


@pytest.mark.parametrize("app", APPS)
def test_what_people_sign_and_what_strangers_meet_is_in_spanish(app: str, tmp_path: Path) -> None:
    now = [p for p in sources(app) if not any(part in p.as_posix() for part in LATER)]
    wanted = texts(now, tmp_path)
    assert len(wanted) > 30
    empty = {entry[0][1] for entry in entries(app) if not all(words for _, words in entry)}
    assert wanted & empty == set()


def test_a_page_speaks_the_language_of_the_browser(client: Client) -> None:
    page = client.get("/verify", headers=SPANISH)
    assert '<html lang="es"' in page.text
    assert "¿Es este vídeo lo que dice ser?" in page.text
    assert {"Accept-Language", "Cookie"} <= set(page["Vary"].split(", "))


def test_the_choice_outweighs_the_browser_and_sets_the_only_cookie(client: Client) -> None:
    assert not client.get("/verify", headers=SPANISH).cookies
    chosen = client.post("/language", {"language": "en", "next": "/verify"})
    assert (chosen.status_code, chosen["Location"]) == (302, "/verify")
    assert set(chosen.cookies) == {settings.LANGUAGE_COOKIE_NAME}
    assert '<html lang="en"' in client.get("/verify", headers=SPANISH).text


def test_the_choice_leads_nowhere_else(client: Client) -> None:
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert client.post("/language", {"language": "es", "next": target})["Location"] == "/"
    assert client.get("/language").status_code == 405


@pytest.mark.parametrize("path", ["/v1/parties/me", "/v1/nothing", "/nothing"])
def test_programs_are_answered_in_english_whatever_the_header(client: Client, path: str) -> None:
    plain = client.get(path, headers={"accept": "application/json"})
    spanish = client.get(path, headers=SPANISH | {"accept": "application/json"})
    assert plain.json() == spanish.json()
    assert "Accept-Language" not in spanish.get("Vary", "")


def test_a_file_of_the_log_depends_on_no_language(client: Client) -> None:
    Path(settings.LEDGER_PUBLIC_DIR, "checkpoint").write_text("origin\n1\nroot\n\n")
    answer = client.get("/log/checkpoint", headers=SPANISH)
    answer.close()
    assert "Accept-Language" not in answer.get("Vary", "")
    assert "Content-Language" not in answer
