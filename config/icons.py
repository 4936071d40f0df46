"""The few line drawings of the pages, on a grid of 24. They say nothing that a word beside them does not. Pure."""

from __future__ import annotations

DRAWN = {
    "home": "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-6h4v6",
    "video": "M3 6h12v12H3zM15 10.5l6-3.5v10l-6-3.5",
    "permission": "M12 3l7.5 3v5.5c0 4.6-3.1 7.9-7.5 9.5-4.4-1.6-7.5-4.9-7.5-9.5V6zM8.5 12l2.5 2.5 4.5-5",
    "request": "M4 13l2.5-8h11L20 13v6H4zM4 13h5l1.2 2.5h3.6L15 13h5",
    "earnings": "M12 6c4.4 0 8-1 8-2.2M4 4c0 1.2 3.6 2 8 2s8-.8 8-2-3.6-2-8-2-8 .8-8 2z"
    "M4 4v8c0 1.2 3.6 2 8 2s8-.8 8-2V4M4 12v8c0 1.2 3.6 2 8 2s8-.8 8-2v-8",
    "person": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 21c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
    "bell": "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.8 2.2H4.2zM10 21.5h4",
    "out": "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21",
    "eye": "M2 12c2.4-4.4 5.8-6.6 10-6.6S19.6 7.6 22 12c-2.4 4.4-5.8 6.6-10 6.6S4.4 16.4 2 12z"
    "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
    "upload": "M12 16V4M7.5 8.5L12 4l4.5 4.5M4 16v4h16v-4",
    "lock": "M5.5 11h13v9.5h-13zM8 11V7.5a4 4 0 0 1 8 0V11",
    "key": "M8 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12.5 12H22M19 12v3.5M16 12v2.5",
    "file": "M6 3h8l4.5 4.5V21H6zM14 3v5h4.5",
    "stop": "M8 3h8l5 5v8l-5 5H8l-5-5V8zM8.5 12h7",
    "flag": "M5 21V4h13l-2.5 4.5L18 13H5",
    "mail": "M3 6h18v12.5H3zM3.5 6.5L12 13l8.5-6.5",
}
