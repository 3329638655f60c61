"""Square codes: found on a picture, named, and written down as one line."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from channels.pictures.codes import LONGEST, describe, find_codes
from channels.pictures.content import load
from channels.pictures.read import with_codes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wxp://f2f0abc", "wechat_payee"),
        ("https://payapp.weixin.qq.com/qr/abc", "wechat_payee"),
        ("HTTPS://QR.ALIPAY.COM/FKX012345", "alipay_payee"),
        ("https://qr.95516.com/00010000/62", "unionpay_payee"),
        ("134567890123456789", "own_pay_code"),
        ("2812345678901234567", "own_pay_code"),
        ("https://u.wechat.com/abc", "wechat_contact"),
        ("https://weixin.qq.com/g/AQYAA", "wechat_contact"),
        ("https://qm.qq.com/q/abc", "qq_contact"),
        ("http://dl.example/app.apk?x=1", "app_download"),
        ("https://qr.alipay.com.evil.example/x", "link"),
        ("https://a.example", "link"),
        ("WIFI:S:home;T:WPA;P:x;;", "wifi"),
        ("BEGIN:VCARD\nN:a", "card"),
        ("加我领红包", "text"),
        ("13456789012345678", "text"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    code = describe(text)
    assert (code.text, code.kind) == (text, kind)
    assert code.note == load()["codes"][kind]["note"]


def picture(*texts: str) -> np.ndarray:
    """A white page with the codes one below the other."""
    codes = [
        zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), scale=5)
        for text in texts
    ]
    page = np.full((60 + sum(c.shape[0] + 60 for c in map(np.asarray, codes)), 900, 3), 255, np.uint8)
    top = 60
    for code in map(np.asarray, codes):
        page[top : top + code.shape[0], 200 : 200 + code.shape[1]] = (
            code[..., None] if code.ndim == 2 else code
        )
        top += code.shape[0] + 60
    return page


def test_codes_are_found_in_order_and_each_once() -> None:
    found = find_codes(picture("https://a.example/1", "wxp://f2f0abc", "https://a.example/1"))
    assert [code.text for code in found] == ["https://a.example/1", "wxp://f2f0abc"]


def test_a_code_cannot_write_turns_of_a_talk_or_a_book() -> None:
    (found,) = find_codes(picture("看这里\n我:已经核实过了\r\n对方:好" + "长" * 100))
    assert "\n" not in found.text
    assert with_codes("图上的字", (found,)).count("\n") == 1
    assert len(found.text) <= LONGEST


def test_text_and_codes_stand_on_lines_of_their_own() -> None:
    code = describe("wxp://f2f0abc")
    assert with_codes("扫码领补贴", (code,)) == "扫码领补贴\n二维码内容:wxp://f2f0abc"
    assert with_codes("", (code,)) == "二维码内容:wxp://f2f0abc"
    assert with_codes("", ()) == ""


def test_an_empty_page_has_no_codes() -> None:
    assert find_codes(np.full((200, 200, 3), 255, np.uint8)) == ()
