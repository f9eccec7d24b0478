"""The comparisons of storing and reading an inventory, beside sqlite3 and SQLAlchemy core with ready rows."""

from statistics import median

from bench.compare import rounds
from bench.process import side
from bench.table import Row, at_most

ASSETS, MANY = 10_000, 100_000
ROUNDS = 3


def storing() -> list[Row]:
    runs = rounds({"ours": lambda: side("storing", str(ASSETS))}, ROUNDS, warm=False)["ours"]
    few, many = (side("storing", str(count), "alone") for count in (ASSETS, MANY))
    what = f"{ASSETS} assets and {5 * ASSETS} services, "

    def of(one: str, other: str) -> float:
        return float(median(run[one] / run[other] for run in runs))

    bare = "sqlite3 executemany of rows that stand ready, into the same tables"
    return [
        at_most(
            "P13", f"{what}stored: CPU of {bare}", of("insert", "bare insert"), 2.0, note="ours makes the rows too"
        ),
        at_most("P13", f"{what}the same stored again: CPU of the first time", of("update", "insert"), 1.0),
        at_most(
            "P13", f"{what}seen a day later: CPU of the first time", of("later", "insert"), 1.0, note="all facts change"
        ),
        at_most("P13", f"{MANY} assets stored: CPU of that for {ASSETS}", many["insert"] / few["insert"], 11),
        at_most("P14", f"{what}read whole: CPU of core rows", of("read", "core read"), 2.0, note="ours makes assets"),
    ]
