# The placeholders are replaced before bash runs this.
set -e
cat {{upstream['total-*']['total-price']}} {{upstream['total-*']['total-tax']}} > {{product}}
