"""Options of every uvicorn server of this project: no access log, no server or date header, no trust in proxies' headers."""

from typing import Any

OPTIONS: dict[str, Any] = {
    "ws": "none",
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "date_header": False,
    "proxy_headers": False,
}
