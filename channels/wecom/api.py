"""The client of WeCom's API: WeChat's, with the token of an app. All times and sizes are limited."""

from __future__ import annotations

from channels.wechat.api import MOST_ANSWER, Api, read_json
from channels.wechat.errors import BadAnswer


class CorpApi(Api):
    """Talks to one host. ``app_id`` is the corp id, ``secret`` the app's.

    ``gettoken`` returns the same token until it ends (7200 s), so several processes share it without a store.
    """

    async def _fetch_token(self) -> tuple[str, float]:
        wanted = {"corpid": self._app_id, "corpsecret": self._secret}
        found, content = await self._send("GET", "/cgi-bin/gettoken", wanted, None, MOST_ANSWER)
        answer = read_json(found, content)
        try:
            return str(answer["access_token"]), float(answer["expires_in"])
        except (KeyError, ValueError, TypeError):
            raise BadAnswer(found.status_code) from None
