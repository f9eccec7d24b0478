"""Cases that people labelled, and how well the tool does on them."""
