"""Webhooks: a party's own programs are told, over https, of what concerns it (docs/design/webhooks.md).

signatures, targets, sending   the wire: Standard Webhooks, where a request may go, how it gets there    pure
endpoints                      addresses that a party named
hearing                        who hears of which entry, and what is said
deliveries                     the outbox, and how it empties
"""
