"""A browser on WebKitGTK that stores its profile, for WebKitWebDriver: `webkit_browser.py FOLDER`.

MiniBrowser under automation stores nothing of its session (docs/adr/0034). This program makes the same web view with a session
in `FOLDER`. It calls WebKitGTK's C interface through ctypes, so the tests need no other package than `webkit2gtk-driver`.
"""

import ctypes
import sys
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_bool, c_char_p, c_int, c_ulong, c_void_p
from typing import Any

_GTK, _WEBKIT, _OBJECT = (ctypes.CDLL(name) for name in ("libgtk-3.so.0", "libwebkit2gtk-4.1.so.0", "libgobject-2.0.so.0"))


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(library, name)
    function.restype, function.argtypes = result, list(arguments)  # type: ignore[attr-defined]
    return function


_connect = _function(_OBJECT, "g_signal_connect_data", c_ulong, c_void_p, c_char_p, c_void_p, c_void_p, c_void_p, c_int)
_new = _function(_OBJECT, "g_object_new", c_void_p, c_ulong, c_char_p, c_void_p, c_char_p, c_void_p, c_void_p)
_Signal = CFUNCTYPE(c_void_p, c_void_p, c_void_p, c_void_p)


def main(folder: str) -> None:
    """Serve one automation session until the driver ends it."""
    _function(_GTK, "gtk_init", None, c_void_p, c_void_p)(None, None)
    folders = _function(_WEBKIT, "webkit_website_data_manager_new", c_void_p, c_char_p, c_char_p, c_char_p, c_char_p, c_void_p)
    data, cache = f"{folder}/data".encode(), f"{folder}/cache".encode()
    manager = folders(b"base-data-directory", data, b"base-cache-directory", cache, None)
    context = _function(_WEBKIT, "webkit_web_context_new_with_website_data_manager", c_void_p, c_void_p)(manager)
    _function(_WEBKIT, "webkit_web_context_set_automation_allowed", None, c_void_p, c_bool)(context, True)
    _function(_WEBKIT, "webkit_web_context_set_cache_model", None, c_void_p, c_int)(context, 1)  # a web browser's
    of_view = _function(_WEBKIT, "webkit_web_view_get_type", c_ulong)()
    window = _function(_GTK, "gtk_window_new", c_void_p, c_int)(0)
    kept: list[Any] = []

    def create_view(*_: object) -> int:
        view = _new(of_view, b"web-context", context, b"is-controlled-by-automation", 1, None)
        _function(_GTK, "gtk_container_add", None, c_void_p, c_void_p)(window, view)
        _function(_GTK, "gtk_window_set_default_size", None, c_void_p, c_int, c_int)(window, 800, 900)
        _function(_GTK, "gtk_widget_show_all", None, c_void_p)(window)
        return int(view)

    def started(_: int, session: int, __: int) -> None:
        info = _function(_WEBKIT, "webkit_application_info_new", c_void_p)()
        _function(_WEBKIT, "webkit_application_info_set_name", None, c_void_p, c_char_p)(info, b"MiniBrowser")
        _function(_WEBKIT, "webkit_automation_session_set_application_info", None, c_void_p, c_void_p)(session, info)
        kept.append(_Signal(create_view))
        _connect(session, b"create-web-view", kept[-1], None, None, 0)

    kept.append(_Signal(started))
    _connect(context, b"automation-started", kept[-1], None, None, 0)
    _function(_GTK, "gtk_main", None)()


if __name__ == "__main__":
    main(sys.argv[1])
