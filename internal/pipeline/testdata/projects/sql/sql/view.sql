-- from {{upstream.create}}
CREATE VIEW {{product.name}} AS SELECT * FROM {{upstream['create']}} -- {{product}}
