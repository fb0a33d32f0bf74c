"""Words for the public: facts, playbooks, the linter, approval, and promises that are watched."""
