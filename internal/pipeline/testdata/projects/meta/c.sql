{% set product = SQLRelation(['main', 'c', 'table']) %}
CREATE TABLE {{product}} AS SELECT 1
