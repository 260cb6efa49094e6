"""Slack's error words, sorted by what they say about a call. Only words; what follows from them is for the performer.

A word that stands in no group means: Slack looked at the call and refused it, nothing happened, and a person has to see
it. It must not know who calls.
"""

from __future__ import annotations

from typing import Final

# Too fast. Slack spells it in three ways.
THROTTLED: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

# Slack itself failed; the call may have had its effect.
UNKNOWN: Final = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})

# The app may not speak at all until somebody mends its token or its installation.
TOKEN: Final = frozenset(
    {
        "account_inactive",
        "app_uninstalled",
        "enterprise_is_restricted",
        "invalid_auth",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)

# A message that can no longer be edited: it was deleted, is too old, or is not ours.
GONE: Final = frozenset(
    {"cant_update_message", "edit_window_closed", "is_inactive", "message_not_found", "thread_not_found"}
)

# The layout was refused; the same words without it may pass.
LAYOUT: Final = frozenset(
    {"block_mismatch", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)

# Nobody can do anything about these and nobody has to: the state that was asked for is there, or is a nicety.
HARMLESS_PIN: Final = frozenset({"already_pinned", "no_pin", "not_pinned", "not_pinnable"})
