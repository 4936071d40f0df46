"""The story that `./dev demo` tells, and its people."""
