"""The Python steps of the example: files in, files and a database out."""
import csv
import sqlite3

import digdag


def transform(out):
    with open(f"{out}/customers.csv") as f:
        names = dict(csv.reader(f))
    revenue = {}
    rows = 0
    with open(f"{out}/orders.csv") as f:
        for _, customer, amount in csv.reader(f):
            revenue[customer] = revenue.get(customer, 0) + int(amount)
            rows += 1
    with open(f"{out}/revenue.csv", "w", newline="") as f:
        csv.writer(f).writerows(sorted((names[c], r) for c, r in revenue.items()))
    digdag.env.store({"rows": rows, "total": sum(revenue.values())})


def check(out, total):
    with open(f"{out}/revenue.csv") as f:
        found = sum(int(amount) for _, amount in csv.reader(f))
    if found != int(total):
        raise ValueError(f"revenue.csv sums up to {found}, not {total}")


def load(out, session_date):
    db = sqlite3.connect("build/warehouse.db")
    with db, open(f"{out}/revenue.csv") as f:
        db.execute("CREATE TABLE IF NOT EXISTS revenue (day, name, amount, UNIQUE (day, name))")
        db.executemany(
            "INSERT OR REPLACE INTO revenue VALUES (?, ?, ?)",
            [(session_date, name, int(amount)) for name, amount in csv.reader(f)],
        )
    db.close()
