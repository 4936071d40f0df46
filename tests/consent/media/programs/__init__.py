"""Programs that a sandboxed child runs in the tests: each tries one thing that it must not be able to do."""
