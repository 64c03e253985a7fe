# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GptTmpl.inf: what it says of the right, and that a change touches one line and nothing else."""

from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.errors import NotUnderstood
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.template import (
    Entry,
    State,
    read_template,
    write_template,
)

FOUR = ["S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544"]
LINE = "SeImpersonatePrivilege = *S-1-5-32-544,*S-1-5-19,*S-1-5-20,*S-1-5-6"
HEAD = '[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n'


def with_line(line, newline="\r\n"):
    return f"[Privilege Rights]{newline}SeTcbPrivilege ={newline}{line}{newline}[Version]{newline}Revision=1{newline}"


def sids(template):
    return sorted(entry.sid or entry.text for entry in template.entries)


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        pytest.param(codecs.BOM_UTF16_LE, "utf-16-le", id="UTF-16LE with its mark"),
        pytest.param(b"", "utf-16-le", id="UTF-16LE without a mark"),
        pytest.param(codecs.BOM_UTF16_BE, "utf-16-be", id="UTF-16BE with its mark"),
        pytest.param(b"", "utf-16-be", id="UTF-16BE without a mark"),
        pytest.param(codecs.BOM_UTF8, "utf-8", id="UTF-8 with its mark"),
        pytest.param(b"", "utf-8", id="UTF-8 without a mark"),
        pytest.param(b"", "cp1252", id="ANSI"),
    ],
)
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"], ids=["CRLF", "LF", "CR"])
def test_every_encoding_and_newline_is_read_and_kept(mark, codec, newline):
    text = with_line(LINE, newline).replace("[Version]", f"; Lösung{newline}[Version]")
    data = mark + text.encode(codec)

    template = read_template(data)
    changed = write_template(template, ["S-1-5-32-568", *FOUR])

    assert (template.state, sids(template)) == (State.DEFINED, sorted(FOUR))
    assert write_template(template, FOUR) == data
    assert changed == mark + text.replace(
        LINE, "SeImpersonatePrivilege = *S-1-5-6,*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-32-568"
    ).encode(codec)


@pytest.mark.parametrize(
    ("text", "state", "accounts"),
    [
        pytest.param(with_line(LINE), State.DEFINED, FOUR, id="as Windows writes it"),
        pytest.param(with_line("SeImpersonatePrivilege ="), State.NOBODY, [], id="nobody"),
        pytest.param(with_line("SeImpersonatePrivilege=   "), State.NOBODY, [], id="nobody, with blanks"),
        pytest.param(with_line("SeImpersonatePrivilege = ; none"), State.NOBODY, [], id="nobody, with a comment"),
        pytest.param(with_line("SeDebugPrivilege = *S-1-5-32-544"), State.NOT_DEFINED, [], id="no line"),
        pytest.param(HEAD, State.NOT_DEFINED, [], id="no section"),
        pytest.param("", State.NOT_DEFINED, [], id="an empty file"),
        pytest.param("; nothing\n\n", State.NOT_DEFINED, [], id="comments alone"),
        pytest.param(with_line(f"; {LINE}"), State.NOT_DEFINED, [], id="commented out"),
        pytest.param(f"[System Access]\n{LINE}\n", State.NOT_DEFINED, [], id="in another section"),
        pytest.param(with_line(LINE.upper()).replace("Privilege R", "PRIVILEGE r"), State.DEFINED, FOUR, id="in any case"),
        pytest.param(with_line("\tSeImpersonatePrivilege\t=\t*S-1-5-19 ,\t*S-1-5-20\t"), State.DEFINED, FOUR[1:3], id="blanks and tabs"),
        pytest.param(with_line('"SeImpersonatePrivilege" = "*S-1-5-19", "*S-1-5-20"'), State.DEFINED, FOUR[1:3], id="quoted"),
        pytest.param(
            with_line("SeImpersonatePrivilege = *S-1-5-19, \\\r\n  *S-1-5-20"), State.DEFINED, FOUR[1:3], id="wrapped after a comma"
        ),
        pytest.param(with_line("SeImpersonatePrivilege = \\\n*S-1-5-19\\\n,*S-1-5-20"), State.DEFINED, FOUR[1:3], id="wrapped elsewhere"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19,*S-1-5-20;*S-1-5-6"), State.DEFINED, FOUR[1:3], id="with a comment"),
        pytest.param(
            with_line(r"SeImpersonatePrivilege = Administrators, CONTOSO\web pool,*S-1-5-19"),
            State.DEFINED,
            ["Administrators", r"CONTOSO\web pool", "S-1-5-19"],
            id="names",
        ),
        pytest.param(with_line("SeImpersonatePrivilege = S-1-5-19"), State.DEFINED, ["S-1-5-19"], id="a SID without its asterisk"),
        pytest.param(f"[Privilege Rights]\n{LINE}", State.DEFINED, FOUR, id="no newline at the end"),
        pytest.param(f"[Privilege Rights]\n[Version]\n[privilege rights]\n{LINE}", State.DEFINED, FOUR, id="in the second section of that name"),
        pytest.param(with_line(f"SeDebugPrivilege = \\\n*S-1-5-19\n{LINE}"), State.DEFINED, FOUR, id="after a wrapped line"),
        pytest.param(with_line(f'X = "C:\\a\\"\n{LINE}'), State.DEFINED, FOUR, id="after a backslash in quotes"),
        pytest.param(with_line(f"X = 1 ; C:\\\n{LINE}"), State.DEFINED, FOUR, id="after a backslash in a comment"),
        pytest.param(with_line(f'X = say "hello\n{LINE}'), State.DEFINED, FOUR, id="after a quote that is not closed"),
        pytest.param(with_line("SeImpersonatePrivilegeX = *S-1-5-19"), State.NOT_DEFINED, [], id="another key that begins so"),
    ],
)  # fmt: skip
def test_what_a_template_says(text, state, accounts):
    data = text.encode("utf-16-le")

    template = read_template(data)

    assert (template.state, sids(template)) == (state, sorted(a.lstrip("*") for a in accounts))


def test_a_name_is_no_sid_and_a_sid_without_its_asterisk_is_a_name():
    template = read_template(with_line("SeImpersonatePrivilege = Users,S-1-5-19,*s-1-5-020").encode())

    assert template.entries == (Entry("Users", None), Entry("S-1-5-19", None), Entry("*s-1-5-020", "S-1-5-20"))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param(with_line("SeImpersonatePrivilege"), 3, "without an equals sign", id="no equals sign"),
        pytest.param(with_line('"SeImpersonatePrivilege'), 3, "without an equals sign", id="no equals sign, and a quote"),
        pytest.param(with_line("SeImpersonatePrivilege \\\n= *S-1-5-19"), 3, "without an equals sign", id="wrapped before it"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19,"), 3, "empty", id="a comma at the end"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19,,*S-1-5-6"), 3, "empty", id="two commas"),
        pytest.param(with_line("SeImpersonatePrivilege = ,"), 3, "empty", id="a comma alone"),
        pytest.param(with_line('SeImpersonatePrivilege = ""'), 3, "empty", id="empty quotes"),
        pytest.param(with_line('SeImpersonatePrivilege = "*S-1-5-19'), 3, "closed", id="quotes that are not closed"),
        pytest.param(with_line('SeImpersonatePrivilege = "*S-1-5-19" x'), 3, "comma is expected", id="text behind quotes"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19 *S-1-5-20"), 3, "neither a SID", id="two SIDs without a comma"),
        pytest.param(
            with_line("SeImpersonatePrivilege = *S-1-5-19\\ ; x\n"), 3, "comma is expected", id="a comment behind the backslash"
        ),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19,\\\n\n"), 4, "empty", id="wrapped onto an empty line"),
        pytest.param(
            with_line("SeImpersonatePrivilege = *S-1-5-19,\\\nSeTcbPrivilege = x"), 4, "neither a SID", id="wrapped onto a key"
        ),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19,\\"), 4, "neither a SID", id="wrapped onto a header"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5"), 3, "neither a SID", id="half a SID"),
        pytest.param(with_line("SeImpersonatePrivilege = *Users"), 3, "neither a SID", id="an asterisk before a name"),
        pytest.param(with_line("SeImpersonatePrivilege = A\\B\\C"), 3, "neither a SID", id="two backslashes"),
        pytest.param(with_line("SeImpersonatePrivilege = %Users%"), 3, "neither a SID", id="a text of the section Strings"),
        pytest.param(with_line("SeImpersonatePrivilege = a\x1bb"), 3, "neither a SID", id="a control character"),
        pytest.param(with_line(f"X = C:\\\n{LINE}"), 4, "backslash", id="after a line that ends with a backslash"),
        pytest.param("[Registry Values]\nX=7,C:\\\n[Privilege Rights]\n", 3, "backslash", id="a header after such a line"),
        pytest.param("[Privilege Rights\nX=1\n", 1, "bracket", id="a header without its bracket"),
        pytest.param("[Privilege Rights] X=1\n", 1, "bracket", id="text behind a header"),
        pytest.param("[ Privilege Rights ]\n", 1, "blanks", id="blanks in a header"),
        pytest.param(f"\n{LINE}\n[Privilege Rights]\n", 2, "before the first section", id="no section yet"),
        pytest.param("[A]\r\nX=\0\r\n", 2, "null", id="a null character"),
    ],
)
def test_what_cannot_be_understood_is_an_error_with_its_line(text, line, words):
    with pytest.raises(NotUnderstood, match=words) as caught:
        read_template(text.encode())

    assert caught.value.line == line


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(codecs.BOM_UTF16_LE + "[A]\r\nB=1".encode("utf-16-le") + b"\0", 2, id="half a character"),
        pytest.param(
            codecs.BOM_UTF16_LE + "[A]\r\nB=".encode("utf-16-le") + b"\x00\xd8\x41\x00", 2, id="half a pair of surrogates"
        ),
        pytest.param(codecs.BOM_UTF8 + b"[A]\n\n\xff", 3, id="no UTF-8 behind its mark"),
        pytest.param(b"[\0A\0]\0\r\0\n\0\0", 2, id="half a character without a mark"),
    ],
)
def test_bytes_of_no_encoding_are_an_error_with_their_line(data, line):
    with pytest.raises(NotUnderstood, match="bytes") as caught:
        read_template(data)

    assert caught.value.line == line


def test_the_right_in_two_places_is_told_with_both_lines():
    text = f"[Privilege Rights]\n{LINE}\nSEIMPERSONATEPRIVILEGE = *S-1-5-32-545\n[Privilege Rights]\nSeImpersonatePrivilege =\n"

    template = read_template(text.encode())

    assert [line.number for line in template.lines] == [2, 3, 5]
    assert sids(template) == sorted([*FOUR, "S-1-5-32-545"])


NOTHING = "[Privilege Rights]\r\nSeTcbPrivilege =\r\n[Version]\r\nRevision=1\r\n"


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        pytest.param(with_line(LINE), ["S-1-5-19"], with_line("SeImpersonatePrivilege = *S-1-5-19"), id="another list"),
        pytest.param(with_line(LINE), [], with_line("SeImpersonatePrivilege ="), id="nobody"),
        pytest.param(with_line(LINE), None, NOTHING, id="not defined"),
        pytest.param(with_line("SeImpersonatePrivilege ="), ["S-1-5-19"], with_line("SeImpersonatePrivilege = *S-1-5-19"), id="from nobody"),
        pytest.param(with_line("seimpersonateprivilege="), ["S-1-5-19"], with_line("seimpersonateprivilege=*S-1-5-19"), id="its own blanks and case"),
        pytest.param(with_line("SeImpersonatePrivilege="), [], with_line("SeImpersonatePrivilege="), id="nobody already"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19 ; why"), ["S-1-5-20"], with_line("SeImpersonatePrivilege = *S-1-5-20 ; why"),
                     id="its comment stays"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19 ; why"), [], with_line("SeImpersonatePrivilege = ; why"), id="its comment stays for nobody"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19,\\\r\n *S-1-5-20"), ["S-1-5-20"], with_line("SeImpersonatePrivilege = *S-1-5-20"),
                     id="a wrapped line becomes one"),
        pytest.param(with_line("SeImpersonatePrivilege = *S-1-5-19,\\\r\n *S-1-5-20"), None, NOTHING, id="a wrapped line goes whole"),
        pytest.param(with_line("SeImpersonatePrivilege = Users,*S-1-5-19"), ["S-1-5-19"], with_line("SeImpersonatePrivilege = *S-1-5-19"), id="a name goes"),
        pytest.param(with_line('"SeImpersonatePrivilege" = "*S-1-5-19"'), ["S-1-5-20"], with_line('"SeImpersonatePrivilege" = *S-1-5-20'),
                     id="quotes of the key stay"),
        pytest.param(NOTHING, [], NOTHING.replace("=\r\n[", "=\r\nSeImpersonatePrivilege =\r\n["), id="into the section"),
        pytest.param(NOTHING.replace("\r\n[V", "\r\n\r\n; end\r\n[V"), [], NOTHING.replace("\r\n[V", "\r\nSeImpersonatePrivilege =\r\n\r\n; end\r\n[V"),
                     id="before blank lines and comments"),
        pytest.param("[Privilege Rights]\nA = 1", ["S-1-5-19"], "[Privilege Rights]\nA = 1\nSeImpersonatePrivilege = *S-1-5-19", id="no newline at the end"),
        pytest.param("[Privilege Rights]", ["S-1-5-19"], "[Privilege Rights]\r\nSeImpersonatePrivilege = *S-1-5-19", id="a header alone"),
        pytest.param("[Privilege Rights]\nA = 1,\\\n2\n\n[Version]\n", [], "[Privilege Rights]\nA = 1,\\\n2\nSeImpersonatePrivilege =\n\n[Version]\n",
                     id="behind a wrapped line"),
        pytest.param("[Version]\nRevision=1\n", [], "[Version]\nRevision=1\n[Privilege Rights]\nSeImpersonatePrivilege =\n", id="no section yet"),
        pytest.param("[Version]\nRevision=1", [], "[Version]\nRevision=1\n[Privilege Rights]\nSeImpersonatePrivilege =", id="no section and no newline"),
        pytest.param(HEAD, None, HEAD, id="not defined already"),
        pytest.param(f"[Privilege Rights]\n{LINE}", None, "[Privilege Rights]\n", id="the last line goes"),
        pytest.param(
            f"[Privilege Rights]\n{LINE}\nA=1\nSeImpersonatePrivilege = *S-1-5-32-545\n[Privilege Rights]\nSeImpersonatePrivilege =\n",
            FOUR,
            f"[Privilege Rights]\n{LINE}\nA=1\n[Privilege Rights]\n",
            id="several become the first one",
        ),
        pytest.param(f"[Privilege Rights]\n{LINE}\nA=1\nSeImpersonatePrivilege = *S-1-5-32-545\n", None, "[Privilege Rights]\nA=1\n", id="several go"),
    ],
)  # fmt: skip
def test_a_change_touches_its_line_and_nothing_else(before, wanted, after):
    written = write_template(read_template(before.encode("utf-16-be")), wanted)

    assert written == after.encode("utf-16-be")


@pytest.mark.parametrize(
    ("existing", "wanted", "line"),
    [
        pytest.param(None, ["S-1-5-20", "S-1-5-6", "S-1-5-19"], "SeImpersonatePrivilege = *S-1-5-6,*S-1-5-19,*S-1-5-20", id="no file, a list"),
        pytest.param(None, [], "SeImpersonatePrivilege =", id="no file, nobody"),
        pytest.param(b"", ["S-1-5-19"], "SeImpersonatePrivilege = *S-1-5-19", id="an empty file"),
        pytest.param(codecs.BOM_UTF8 + b"\r\n", ["S-1-5-19"], "SeImpersonatePrivilege = *S-1-5-19", id="a file of blanks"),
    ],
)  # fmt: skip
def test_a_file_of_our_own_is_utf_16_with_its_mark_and_crlf(existing, wanted, line):
    written = write_template(None if existing is None else read_template(existing), wanted)

    assert written == codecs.BOM_UTF16_LE + (f"{HEAD}[Privilege Rights]\r\n{line}\r\n").encode("utf-16-le")


@pytest.mark.parametrize(
    "existing",
    [pytest.param(None, id="no file"), pytest.param(b"", id="an empty file"), pytest.param(HEAD.encode(), id="a head alone")],
)
def test_nothing_is_written_for_a_right_that_is_not_defined(existing):
    assert write_template(None if existing is None else read_template(existing), None) == existing


@pytest.mark.parametrize(
    ("text", "others"),
    [
        pytest.param(with_line(LINE), True, id="another right"),
        pytest.param(f"{HEAD}[Privilege Rights]\n{LINE}\n", False, id="the right alone"),
        pytest.param(
            f"{HEAD}[Privilege Rights]\nSeImpersonatePrivilege = *S-1-5-19,\\\n*S-1-5-20\n", False, id="the right alone, wrapped"
        ),
        pytest.param(HEAD, False, id="a head alone"),
        pytest.param(f"{HEAD}[System Access]\n; nothing\n", False, id="an empty section"),
        pytest.param(f"{HEAD}[System Access]\nMinimumPasswordAge = 1\n", True, id="a setting of another section"),
        pytest.param(f'{HEAD}[Registry Keys]\n"machine\\x",2,"D:"\n', True, id="a setting without an equals sign"),
    ],
)
def test_whether_there_are_other_settings(text, others):
    assert read_template(text.encode()).others is others


# Random files: lines of any sections around the right's own.

CODINGS = st.sampled_from(
    [(codecs.BOM_UTF16_LE, "utf-16-le"), (b"", "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF8, "utf-8"), (b"", "utf-8")]
)  # fmt: skip
WORDS = st.text(st.characters(codec="utf-16", exclude_characters='\r\n\0\\[];="', exclude_categories=("Cs", "Cc")), max_size=8)
KEYS = WORDS.filter(lambda word: word.strip() and word.strip().lower() != "seimpersonateprivilege")
OTHERS = st.one_of(
    st.builds("{} = {}".format, KEYS, WORDS),
    st.builds("{}={}".format, KEYS, WORDS),
    st.builds("; {}".format, WORDS),
    st.just(""),
    st.just("SeTcbPrivilege ="),
    st.just('Note = "a; \\"'),
)
SIDS = st.lists(st.builds("S-1-5-21-{}-{}".format, st.integers(0, 2**32 - 1), st.integers(0, 9999)), max_size=5, unique=True)
SECTIONS = st.lists(
    st.tuples(st.sampled_from(["[Unicode]", "[Version]", "[System Access]", "[privilege rights]"]), st.lists(OTHERS, max_size=4)),
    max_size=4,
)
BLANK = st.sampled_from(["", " ", "\t", "  "])
KEY = st.sampled_from(["SeImpersonatePrivilege", "seimpersonateprivilege", "SEIMPERSONATEPRIVILEGE", '"SeImpersonatePrivilege"'])


@st.composite
def files(draw):
    """Bytes of a file, the SIDs that it gives the right to (None: not defined), and its lines but that one."""
    rows = [row for header, lines in draw(SECTIONS) for row in (header, *lines)]
    wanted = draw(st.none() | SIDS)
    line = None
    if wanted is not None:
        blank = draw(BLANK)
        quote = draw(st.sampled_from(["", '"']))
        value = f"{blank},{draw(BLANK)}".join(f"{quote}*{sid}{quote}" for sid in wanted)
        line = f"{draw(BLANK)}{draw(KEY)}{draw(BLANK)}={draw(BLANK)}{value}{draw(BLANK)}{draw(st.sampled_from(['', '; why']))}"
        rows += ["[Privilege Rights]", *draw(st.lists(OTHERS, max_size=2)), line, *draw(st.lists(OTHERS, max_size=2))]
    newline = draw(st.sampled_from(["\r\n", "\n", "\r"]))
    mark, codec = draw(CODINGS)
    text = newline.join(rows) + draw(st.sampled_from(["", newline]))
    return mark + text.encode(codec), wanted, line, mark, codec


@given(files())
def test_any_file_is_read_and_written_as_it_is(file):
    data, wanted, *_rest = file

    template = read_template(data)

    assert (None if template.state is State.NOT_DEFINED else sids(template)) == (None if wanted is None else sorted(wanted))
    assert write_template(template, wanted) == data


@given(files(), st.none() | SIDS)
def test_a_list_that_is_written_is_read_and_every_other_line_stays(file, new):
    data, _wanted, line, mark, codec = file
    written = write_template(read_template(data), new)
    again = read_template(written)

    assert (None if again.state is State.NOT_DEFINED else sids(again)) == (None if new is None else sorted(new))
    assert write_template(again, new) == written
    before = data[len(mark) :].decode(codec)
    if before.strip():  # else it is a file of our own
        after = written[len(mark) :].decode(codec)
        new_header = [] if new is None or "[privilege rights]" in before.lower() else ["[Privilege Rights]"]
        assert written.startswith(mark)
        assert rows_but(line, after) == rows_but(line, before) + new_header


def rows_but(line, text):
    """The lines of a text, without those that set the right."""
    rows = re.split("\r\n|\r|\n", text)
    rows = rows if rows[-1] else rows[:-1]
    return [row for row in rows if row != line and not row.strip().lower().replace('"', "").startswith("seimpersonateprivilege")]


@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused(data):
    try:
        template = read_template(data)
    except NotUnderstood:
        return
    assert write_template(template, [entry.sid for entry in template.entries] if template.lines else None) is not None


@pytest.mark.size
def test_a_file_of_blanks_and_backslashes_costs_no_more_than_its_length():
    """Hostile texts that make backtracking expressions slow; the test would not end if one did."""
    for hostile in (" " * 200_000 + "x", "\\ " * 100_000, '"' * 200_001, "[" * 200_000, "a\t" * 100_000, "*S-1-5-19 " * 20_000):
        for line in (hostile, f"SeImpersonatePrivilege = {hostile}", f"SeImpersonatePrivilege = *S-1-5-19,{hostile}"):
            try:
                read_template(f"[Privilege Rights]\n{line}\n".encode())
            except NotUnderstood:
                continue
