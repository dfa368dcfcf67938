"""Functions get what they make and what they make it of."""
import csv
from pathlib import Path


def raw(product, rows):
    """Make some orders, of which some are wrong"""
    with open(product, 'w', newline='') as f:
        writer = csv.writer(f)
        writer.writerow(['order', 'price'])
        writer.writerows([n, n * 10 - 20] for n in range(rows))


def clean(product, upstream):
    """Leave out orders without a price, and add the tax"""
    with open(upstream['raw'], newline='') as f:
        orders = [row for row in csv.DictReader(f) if int(row['price']) > 0]
    with open(product, 'w', newline='') as f:
        writer = csv.writer(f)
        writer.writerow(['order', 'price', 'tax'])
        writer.writerows([row['order'], row['price'], int(row['price']) // 5] for row in orders)


def total(product, upstream, column):
    """Add up a column"""
    with open(upstream['clean'], newline='') as f:
        amount = sum(int(row[column]) for row in csv.DictReader(f))
    Path(product).write_text('%s: %d\n' % (column, amount))
