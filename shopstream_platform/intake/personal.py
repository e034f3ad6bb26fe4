"""Which columns are probably personal, by their names alone: a guess, to be checked by somebody who knows the data."""

import re

_PERSONAL = re.compile(
    r"""(?:^|_)(?:
    e_?mails? | mail_?address | phones? | phone_?numbers? | telephone | mobile | fax |
    (?:first|last|given|family|middle|maiden|full|sur|nick|user|contact|customer|patient|employee)_?names? |
    names?_(?:first|last|given|family|full) | surname | firstname | lastname | initials | login | username |
    address(?:es)?(?:_?(?:line_?)?\d)? | addr\d? | street | house_?(?:no|number) |
    zip | zip_?code | post_?code | postal_?code |
    birth\w* | dob | date_of_birth | gender | sex | nationality | religion |
    ssn | social_security\w* | passport\w* | national_?id | tax_?(?:id|number) | vat_?(?:id|number) |
    licen[cs]e_?plate |
    iban | bic | account_?holder | card_?(?:no|number|holder) | credit_?card\w* | cvv |
    ip | ip_?addr(?:ess)? | last_seen_from | user_?agent | latitude | longitude | geo_?location |
    passwords? | password_?hash | passwd | signature | photo | picture
    )$""",
    re.VERBOSE,
)
_PEOPLE = re.compile(
    r"(?:^|_)(?:person|people|customer|client|contact|user|employee|staff|patient|student|author|actor|member|teacher"
    r"|visitor|guest|subscriber|driver|owner|borrower|reader)s?(?:_(?:list|info|view|detail|profile|account)s?)?$"
)


def is_personal(table: str, column: str) -> bool:
    """Whether the column, both by their names in the warehouse, looks like one about a person."""
    if _PERSONAL.search(column):
        return True
    return column in ("name", "home") and bool(_PEOPLE.search(table))
