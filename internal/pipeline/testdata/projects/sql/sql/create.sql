/*
Create the numbers.

More.
*/
{% import 'macros/columns.sql' as m %}
CREATE TABLE {{product}} AS
SELECT {{ m.columns(['x', 'y']) }} FROM (SELECT 1 AS x, 2 AS y) LIMIT {{limit}}

