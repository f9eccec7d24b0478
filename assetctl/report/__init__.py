"""One view with final texts and numbers, and one small writer per format."""
