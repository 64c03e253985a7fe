# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import (
    NAMES,
    app_pool_sid,
    parse_sid,
    restricted_service_sid,
    service_sid,
    simple_lower,
    simple_upper,
    sort_key,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from fleet.windows import names

# Public values: [MS-LSAT] 3.1.1.1.2, [MS-DTYP] 2.4.2.4, outputs of whoami /all, exports of secedit.
SERVICES = {
    "ALG": "S-1-5-80-2387347252-3645287876-2469496166-3824418187-3586569773",
    "DPS": "S-1-5-80-2970612574-78537857-698502321-558674196-1451644582",
    "WdiServiceHost": "S-1-5-80-3139157870-2983391045-3678747466-658725712-1809340420",
    "MSSQLSERVER": "S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003",
    "TrustedInstaller": "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    "W3SVC": "S-1-5-80-989796750-4090848350-2040919084-978865222-2182970707",
}
APP_POOLS = {
    "DefaultAppPool": "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415",
    ".NET v4.5": "S-1-5-82-271721585-897601226-2024613209-625570482-296978595",
    ".NET v4.5 Classic": "S-1-5-82-3876422241-1344743610-1729199087-774402673-2621913236",
    ".NET v2.0": "S-1-5-82-3682073875-1643277370-2842298652-3532359455-2406259117",
    ".NET v2.0 Classic": "S-1-5-82-4068219030-1673637257-3279585211-533386110-4122969689",
    "Classic .NET AppPool": "S-1-5-82-1036420768-1044797643-1061213386-2937092688-4282445334",
}
PRINT_SPOOLER = "S-1-5-99-216390572-1995538116-3857911515-2404958512-2623887229"


@pytest.mark.parametrize(("name", "sid"), SERVICES.items())
def test_a_service_has_the_published_sid_in_any_case(name, sid):
    assert service_sid(name) == service_sid(name.lower()) == service_sid(name.upper()) == sid


@pytest.mark.parametrize(("name", "sid"), APP_POOLS.items())
def test_an_application_pool_has_the_published_sid_in_any_case(name, sid):
    assert app_pool_sid(name) == app_pool_sid(name.upper()) == sid


def test_a_restricted_service_has_the_published_sid():
    assert restricted_service_sid("PrintSpoolerService") == PRINT_SPOOLER


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("Größendienst", "GRÖßENDIENST", True, id="o umlaut has a capital of one unit"),
        pytest.param("Größendienst", "GRÖSSENDIENST", False, id="sharp s is not two letters"),
        pytest.param("ﬁx", "FIX", False, id="a ligature is not two letters"),
        pytest.param("ŉ", "ʼN", False, id="n with an apostrophe is not two letters"),
        pytest.param("ᾳ", "ᾼ", True, id="iota subscript has a capital of one unit"),
        pytest.param("ǆ", "ǅ", True, id="a digraph and its title case"),
        pytest.param("𐐨", "𐐀", False, id="beyond the first plane, units stay"),
    ],
)
def test_names_of_services_are_mapped_unit_by_unit(one, other, same):
    for product, fleet in ((service_sid, names.service_sid), (restricted_service_sid, None)):
        assert (product(one) == product(other)) is same
        assert fleet is None or [fleet(one), fleet(other)] == [product(one), product(other)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("ΟΔΟΣ", "οδοσ", True, id="no final sigma"),
        pytest.param("ΟΔΟΣ", "οδος", False, id="a final sigma is another name"),
        pytest.param("İis", "iis", True, id="dotted capital I is one unit"),
        pytest.param("İis", "i\u0307is", False, id="and not two"),
    ],
)
def test_names_of_pools_are_mapped_unit_by_unit(one, other, same):
    assert (app_pool_sid(one) == app_pool_sid(other)) is same
    assert [names.app_pool_sid(one), names.app_pool_sid(other)] == [app_pool_sid(one), app_pool_sid(other)]


def test_the_fleet_maps_case_as_the_product_and_by_a_table_of_its_own():
    text = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10400))))

    for product, fleet in ((simple_upper, names.upper), (simple_lower, names.lower)):
        assert {
            (hex(ord(char)), one, other) for char, one, other in zip(text, product(text), fleet(text), strict=True) if one != other
        } == set()


@given(st.text())
def test_case_never_changes_the_length_of_a_name(text):
    assert len(simple_upper(text)) == len(simple_lower(text)) == len(text)
    assert simple_upper(text) == "".join(map(simple_upper, text))
    assert simple_lower(text) == "".join(map(simple_lower, text))


@pytest.mark.parametrize(
    ("sid", "name"),
    [
        pytest.param(SERVICES["W3SVC"], r"NT SERVICE\W3SVC", id="service"),
        pytest.param(APP_POOLS["DefaultAppPool"], r"IIS APPPOOL\DefaultAppPool", id="pool"),
        pytest.param(PRINT_SPOOLER, r"RESTRICTED SERVICES\PrintSpoolerService", id="restricted service"),
        pytest.param("S-1-5-32-568", r"BUILTIN\IIS_IUSRS", id="well-known"),
    ],
)
def test_a_known_sid_is_readable_without_a_host(sid, name):
    assert NAMES[sid] == name


@pytest.mark.parametrize(
    ("text", "sid"),
    [
        pytest.param("S-1-5-32-544", "S-1-5-32-544", id="as Windows prints it"),
        pytest.param("*S-1-5-32-544", "S-1-5-32-544", id="with the star of GptTmpl.inf"),
        pytest.param("s-1-5-19", "S-1-5-19", id="lower case"),
        pytest.param("S-1-0x5-19", "S-1-5-19", id="hexadecimal authority"),
        pytest.param("S-1-0x100000000-1", "S-1-0x000100000000-1", id="authority beyond 32 bit"),
        pytest.param("administrators", None, id="a symbol is none"),
        pytest.param(r"CORP\S-1-5", None, id="a name that contains one is none"),
    ],
)
def test_a_sid_is_read(text, sid):
    assert parse_sid(text) == sid


@pytest.mark.parametrize(
    "text",
    [
        "S-1-5",
        "S-1",
        "S-2-5-32",
        "S-1-5-",
        "S-1-5-32-",
        "S-1-5-4294967296",
        "S-1-5-32-544 ",
        "S-1-5-x",
        "S-1--5",
        "**S-1-5-6",
        "S-1-5" + "-1" * 16,
    ],
)
def test_what_begins_like_a_sid_and_is_none_is_refused(text):
    if text.startswith("**"):
        assert parse_sid(text) is None
        return
    with pytest.raises(BadInput, match="malformed SID"):
        parse_sid(text)


sids = st.builds(
    lambda authority, subs: "-".join(["S-1", str(authority), *map(str, subs)]),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15),
)


@given(sids)
def test_every_sid_survives_reading(sid):
    assert parse_sid(sid) == parse_sid("*" + sid) == parse_sid(sid.lower()) == sid


@given(st.lists(sids))
def test_sorting_goes_by_the_numbers(many):
    keys = [sort_key(sid) for sid in sorted(many, key=sort_key)]
    assert keys == sorted(keys)
