{% set columns = ['x', 'y'] %}
SELECT {{columns | join(', ')}} FROM {{upstream['two']['a']}}, {{upstream.numbers_view}}
