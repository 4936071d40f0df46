"""The machines' door: `/v1/` for parties, likenesses, grants, withdrawals, decisions, permits and evidence.

Views parse, call one verb, and answer; they decide nothing. The routes are in `consent.api.urls`.
"""
