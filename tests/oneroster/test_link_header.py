"""`Link` headers as servers write them."""

import pytest
from yarl import URL

from oneroster_operator.oneroster.link_header import NextLink, next_link

PAGE = URL("https://sis.example/ims/oneroster/v1p1/users")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", NextLink.UNSAID),
        ("nonsense", NextLink.UNSAID),
        ('<https://sis.example/users?offset=3>; rel="next"', NextLink.HERE),
        ("</users?offset=3>; rel=next", NextLink.HERE),
        ('<users?offset=3,4>; title="a"; REL="last next"', NextLink.HERE),
        ('<http://sis.example:8080/users?offset=3>; rel="next"', NextLink.HERE),
        ('<https://sis.example/a>; rel="first", <https://sis.example/b>; rel="next"', NextLink.HERE),
        ('<https://sis.example/a>;rel="first",<https://sis.example/b>;rel="last"', NextLink.NONE),
        ('<https://elsewhere.example/users?offset=3>; rel="next"', NextLink.ELSEWHERE),
        ('<//elsewhere.example/users>; rel="next"', NextLink.ELSEWHERE),
        ('<https://sis.example/b>; title="b, the second; or so"; rel="next"', NextLink.HERE),
        ('<https://[broken>; rel="next"', NextLink.ELSEWHERE),
    ],
)
def test_what_a_header_says_of_the_next_page(header: str, says: NextLink) -> None:
    assert next_link([header], PAGE) is says


def test_links_may_have_a_header_each() -> None:
    first, following = '<https://sis.example/a>; rel="first"', '<https://elsewhere.example/b>; rel="next"'
    assert next_link([], PAGE) is NextLink.UNSAID
    assert next_link([first, following], PAGE) is NextLink.ELSEWHERE
