"""Words for the public, in the store: the fact desk, messages on their way, promises."""
