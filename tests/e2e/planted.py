"""Secrets to plant: of every kind, in every writing, all invented."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

SPOKEN = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
FULL_WIDTH = dict(zip("0123456789", "０１２３４５６７８９", strict=True))


def plain(number: str) -> str:
    return number


def full_width(number: str) -> str:
    return "".join(FULL_WIDTH.get(char, char) for char in number)


def spoken(number: str) -> str:
    return "".join(SPOKEN.get(char, char) for char in number)


def grouped(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def hyphened(number: str) -> str:
    return f"{number[:3]}-{number[3:7]}-{number[7:]}"


def mobile(luck: random.Random) -> str:
    return f"1{luck.choice('3456789')}" + "".join(luck.choices("0123456789", k=9))


def card(luck: random.Random) -> str:
    body = "622202" + "".join(luck.choices("0123456789", k=12))
    total = sum(sum(divmod(int(char) * (2 - at % 2), 10)) for at, char in enumerate(reversed(body)))
    return body + str(-total % 10)


def id_card(luck: random.Random) -> str:
    month, day = luck.randint(1, 12), luck.randint(1, 28)
    body = f"110105{luck.randint(1950, 2010)}{month:02}{day:02}{luck.randint(0, 999):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(weights, body, strict=True)) % 11]


def digits(luck: random.Random, count: int) -> str:
    return luck.choice("123456789") + "".join(luck.choices("0123456789", k=count - 1))


def letters(luck: random.Random, count: int) -> str:
    return "".join(luck.choices("bcdfghjklmnpqrstvwxz", k=count))


def name(luck: random.Random) -> str:
    return luck.choice("王李张刘陈杨赵黄周吴") + "".join(luck.sample("翀翯钊鋆珺瑄璟琬翾骞旻昉曈", 2))


def kinds(luck: random.Random) -> list[tuple[str, Callable[[], str], list[Callable[[str], str]]]]:
    """Sentence, secret, writings."""
    any_writing = [plain, full_width, spoken]
    return [
        ("他让我打{}，说是公安局的", lambda: mobile(luck), [*any_writing, hyphened]),
        ("对方让我把钱转到卡号{}，是不是骗子", lambda: card(luck), [*any_writing, grouped]),
        ("把身份证{}发给客服了怎么办", lambda: id_card(luck), [plain, full_width, spoken]),
        ("收到短信，验证码{}，他说要告诉他", lambda: digits(luck, 6), any_writing),
        ("客服让我报密码{}，要紧吗", lambda: digits(luck, 6), any_writing),
        ("让我发邮件到{}领奖", lambda: f"{letters(luck, 9)}@mail.example", [plain]),
        ("加我微信{}带你刷单", lambda: f"{letters(luck, 5)}_{digits(luck, 4)}", [plain]),
        ("老师让加QQ{}交费", lambda: digits(luck, 9), any_writing),
        ("说我的车{}违章了要转账", lambda: f"粤B{digits(luck, 5)}", [plain]),
        ("我叫{}，有人冒充我的名字借钱", lambda: name(luck), [plain]),
        ("包裹寄到东港街{}号5栋，说涉毒", lambda: digits(luck, 4), [plain]),
        ("香港来电+852 {}说我涉嫌洗钱", lambda: f"9{digits(luck, 3)} {digits(luck, 4)}", [plain]),
    ]


def plant(count: int, seed: int = 7) -> Iterator[tuple[str, set[str]]]:
    """Yield ``count`` messages, each with the writings of its secret that must be found nowhere."""
    luck = random.Random(seed)
    table = kinds(luck)
    for number in range(count):
        sentence, make, writings = table[number % len(table)]
        secret = make()
        written = writings[number // len(table) % len(writings)](secret)
        # Short codes occur by chance (in times, in figures): they count only with what stands around them.
        traces = {secret, written} if len(secret) > 6 else {sentence.split("，")[0].format(written)[-9:]}
        if len(secret) == 6 or len(secret) == 4:
            before, after = sentence.split("{}")
            traces = {before[-3:] + written, written + after[:3]}
        yield sentence.format(written), traces
