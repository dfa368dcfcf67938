{# upstream['commented'] #}
{% for up in upstream %}-- {{up}}
{% endfor %}
CREATE TABLE {{product['a']}} AS SELECT * FROM {{upstream["create"]}};
CREATE VIEW {{product.b}} AS SELECT * FROM {{product['a']}}
