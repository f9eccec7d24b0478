"""Side by side with peers on one machine: ratios of one run, A B A B, never absolute figures."""
