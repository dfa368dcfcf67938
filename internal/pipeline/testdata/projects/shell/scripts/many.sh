cat "{{upstream['get']}}" > {{product.x}}
cat "{{upstream['get']}}" > {{product['y']}}
{% for p in product %}wc {{p}}
{% endfor %}
