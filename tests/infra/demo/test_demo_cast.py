"""The cast: everybody findable, every role played, nobody's number used twice."""

import re
from collections import Counter

from infra.demo.cast import NETWORK
from infra.demo.staff import ELSEWHERE, Person
from tenants.roles import roles

EVERYBODY: list[Person] = [
    *(person for dealer in NETWORK.dealers for person in dealer.staff),
    *NETWORK.group.staff,
    *NETWORK.oem.staff,
    *NETWORK.operators,
]


def test_every_dealer_has_every_role_of_a_dealer() -> None:
    wanted = {name for name, role in roles().items() if "dealer" in role.kinds}
    for dealer in NETWORK.dealers:
        assert {person.role for person in dealer.staff} == wanted
        assert len(dealer.named("crc_specialist")) >= 3


def test_every_role_is_played() -> None:
    assert {person.role for person in EVERYBODY} == set(roles())


def test_each_region_has_its_manager_and_dealers() -> None:
    regions = {person.region for person in NETWORK.oem.staff if person.role == "oem_regional_manager"}
    assert regions == set(NETWORK.regions) == {dealer.region for dealer in NETWORK.dealers}
    assert set(NETWORK.oem.members) == {dealer.slug for dealer in NETWORK.dealers}
    assert len(NETWORK.group.members) == 3


def test_names_addresses_and_mobiles_are_nobody_elses() -> None:
    assert max(Counter(person.email for person in EVERYBODY).values()) == 1
    assert max(Counter(person.mobile for person in EVERYBODY).values()) == 1
    assert max(Counter(person.name for person in EVERYBODY).values()) == 1
    for dealer in NETWORK.dealers:
        assert not set(dealer.technicians) & {person.name for person in dealer.staff}


def test_mobiles_are_made_up_and_addresses_lead_nowhere() -> None:
    for person in EVERYBODY:
        assert re.fullmatch(r"1540\d{7}", person.mobile)
        assert person.email.endswith(".example")
    assert {person.language for person in EVERYBODY} == {"zh-hans", "en"}


def test_who_works_in_two_stores_is_found_in_both() -> None:
    for email, slug, role in ELSEWHERE:
        assert role in {person.role for person in NETWORK.dealer(slug).staff}
        assert [person.email for person in EVERYBODY].count(email) == 1
        assert email not in {person.email for person in NETWORK.dealer(slug).staff}
