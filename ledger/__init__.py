"""An append-only, publicly verifiable transparency log. It knows bytes and keys, never consent."""
