"""The generated pages of docs/: each module yields the text of one page from the code and its data, nothing else."""
