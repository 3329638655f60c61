"""What an operator sets up once at WeChat: menu, tags, QR codes; and whether the account works at all."""

from __future__ import annotations

from collections.abc import Mapping

from channels.wechat.api import Api
from channels.wechat.errors import ApiError, NoToken, Table
from channels.wechat.words import SCENE, MenuItem, Words

LONGEST_CODE_SECONDS = 2_592_000  # of a temporary QR code: 30 days
SHOW = "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="
MOST_TAG_BYTES = 30


def menu_of(words: Words) -> dict[str, object]:
    """Return the menu as WeChat takes it."""
    return {
        "button": [{"name": top, "sub_button": [_entry(item) for item in items]} for top, items in words.menu]
    }


async def put_menu(api: Api, words: Words) -> None:
    """Replace the account's menu. Raises as ``Api.post``."""
    await api.post("/cgi-bin/menu/create", menu_of(words))


async def make_code(api: Api, scene: str, permanent: bool) -> str:
    """Return the address of a QR code's picture. Raises ``ValueError`` for a bad scene, else as ``Api.post``."""
    if not SCENE.fullmatch(scene):
        raise ValueError("a scene has 1 to 64 letters, digits and _ : . -")
    wanted: dict[str, object] = {"action_info": {"scene": {"scene_str": scene}}}
    if permanent:
        wanted |= {"action_name": "QR_LIMIT_STR_SCENE"}
    else:
        wanted |= {"action_name": "QR_STR_SCENE", "expire_seconds": LONGEST_CODE_SECONDS}
    return SHOW + str((await api.post("/cgi-bin/qrcode/create", wanted))["ticket"])


async def make_tag(api: Api, name: str) -> int:
    """Return the number of a new tag. Raises ``ValueError`` for a bad name, else as ``Api.post``."""
    if not 0 < len(name.encode()) <= MOST_TAG_BYTES:
        raise ValueError(f"a tag's name has at most {MOST_TAG_BYTES} bytes")
    found: Mapping[str, object] = (await api.post("/cgi-bin/tags/create", {"tag": {"name": name}}))["tag"]
    return int(str(found["id"]))


async def check(api: Api, table: Table) -> str | None:
    """Return what an operator must mend before WeChat talks to us, None when it does."""
    try:
        await api.check()
    except (ApiError, NoToken) as error:
        meaning = table.get(error.code)
        if meaning is not None and meaning.tell:
            return meaning.tell
        return f"WeChat answered {error.code}" if error.code else "WeChat's API cannot be reached"
    return None


def _entry(item: MenuItem) -> dict[str, str]:
    return {"type": "scancode_waitmsg" if item.scan else "click", "name": item.title, "key": item.key}
