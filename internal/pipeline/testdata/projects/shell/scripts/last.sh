{% for name in upstream['m*'] %}{{name}} {{upstream['m*'][name]['x']}}{% endfor %} {{upstream["get"]}} > {{product}}
