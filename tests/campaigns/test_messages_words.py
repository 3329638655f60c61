"""What becomes of the words: HTML that holds nothing but paragraphs, bold headings and lists."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import shipped
from campaigns.document import Article
from campaigns.words import article_html, fill

TAGS = re.compile(r"</?(?:p|strong|ul|li)>")


def of(body: str) -> str:
    """Return the HTML of a body."""
    return article_html(Article(title="x", digest="x", body=body))


def test_headings_paragraphs_and_items() -> None:
    body = "先别转账，听我说。\n\n怎么做\n- 停手\n- 打96110\n别的照旧。\n\n没有标题的一段话，很长很长很长很长很长很长"
    assert of(body) == (
        "<p>先别转账，听我说。</p>"
        "<p><strong>怎么做</strong></p><ul><li>停手</li><li>打96110</li></ul><p>别的照旧。</p>"
        "<p>没有标题的一段话，很长很长很长很长很长很长</p>"
    )


def test_items_first_and_windows_line_ends() -> None:
    assert of("- 一\r\n- 二\r\n\r\n\r\n  三。 ") == "<ul><li>一</li><li>二</li></ul><p>三。</p>"
    assert of(" \n ") == ""


def test_markup_is_only_text() -> None:
    assert of('<script>alert("x")</script>。') == "<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;。</p>"
    assert (
        of("- <b onclick='x'>\n- &amp;")
        == "<ul><li>&lt;b onclick=&#x27;x&#x27;&gt;</li><li>&amp;amp;</li></ul>"
    )


@given(st.text(alphabet="<>&\"'/ab- \n。停", max_size=80))
def test_no_other_tag_ever_comes_out_and_no_word_is_lost(body: str) -> None:
    made = of(body)
    bare = TAGS.sub("", made)
    assert "<" not in bare
    assert ">" not in bare
    letters = [one for one in html.unescape(bare) if one not in " \n-"]
    assert letters == [one for one in body if one not in " \n-"]
    for tag in ("p", "strong", "ul", "li"):
        assert made.count(f"<{tag}>") == made.count(f"</{tag}>")


@pytest.mark.parametrize("name", ["spring_festival", "year_end_finance", "qixi"])
def test_a_shipped_article_has_headings_and_paragraphs(name: str) -> None:
    article = shipped.load()[name].variants[0].texts.article
    assert article is not None
    made = article_html(article)
    assert made.count("<strong>") >= 4
    assert made.count("<p>") > made.count("<strong>")


def test_fill_leaves_braces_in_what_is_filled_in() -> None:
    assert fill("{a}和{b}", {"a": "{b}", "b": "二"}) == "{b}和二"
    with pytest.raises(KeyError):
        fill("{c}", {})
