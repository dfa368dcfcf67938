{% macro columns(names) -%}
{% for n in names %}{{ n }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}
