"""Policy checks: loaded from YAML, evaluated in three values, judged with their evidence."""
